//! Waits, numbers of changes, and what the codes of the lock mean, in words.
import { isolate, m, region } from '../../i18n';

/** The lock's own codes, and what storage says. The lock screen is the first that is seen: it does not load the others. */
const ERRORS: Record<string, () => string> = {
  'pin.wrong': m.error_pin_wrong,
  'pin.wait': m.error_pin_wait,
  'pin.short': m.error_pin_short,
  'pin.easy': m.error_pin_easy,
  'pin.memory': m.error_pin_memory,
  'passkey.unable': m.error_passkey_unable,
  'passkey.refused': m.error_passkey_refused,
  'passkey.wrong': m.error_passkey_wrong,
  'lock.changed': m.error_lock_changed,
  'lock.demanded': m.error_lock_demanded,
  'storage.full': m.error_storage_full,
  'storage.failed': m.error_storage_failed,
};

export const lockErrorText = (code: string): string => ERRORS[code]?.() ?? m.error_other({ code: isolate(code) });

/** '12 secondes', '5 minutes', '1 heure'; rounded up, so that it is never '0'. */
export function waitText(wait_ms: number): string {
  const seconds = Math.max(1, Math.ceil(wait_ms / 1000));
  const [amount, unit] =
    seconds < 60 ? [seconds, 'second'] : seconds < 3600 ? [Math.ceil(seconds / 60), 'minute'] : [Math.ceil(seconds / 3600), 'hour'];
  return isolate(new Intl.NumberFormat(region(), { style: 'unit', unit, unitDisplay: 'long' }).format(amount));
}

/** '3 changements' */
export const changesText = (count: number): string => m.sync_changes({ count });
