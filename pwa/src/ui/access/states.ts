//! How a device stands, in words and in a tone.
import { isolate, m, moment } from '../../i18n';
import { exchangeText } from '../../i18n/exchange';
import { durationText } from '../sync/words';
import type { DeviceRow } from './access';

/** Away for so long, a phone may have been lost without anybody saying so. In days. */
const AWAY_DAYS_MAX = 14;
/** Work that lies on one phone alone for longer than this is at risk. */
const UNSENT_MS_MAX = 24 * 60 * 60 * 1000;
/** Above it a browser begins to throw things away. */
const STORAGE_PERCENT_MAX = 90;
/** Less is what any two clocks differ by. */
const CLOCK_OFF_MS = 2 * 60_000;
const DAY_MS = 24 * 60 * 60 * 1000;

export interface State {
  words: string;
  tone: 'plain' | 'olive' | 'ochre' | 'terracotta';
  icon: 'check' | 'alert' | 'clock' | 'lock' | 'error';
  /** For sorting: who needs somebody comes first. */
  rank: number;
}

export function stateOf(device: DeviceRow, now_ms: number): State {
  if (device.revoked_ms !== null) {
    if (device.rescued_ms !== null) return { words: m.access_state_rescued(), tone: 'plain', icon: 'check', rank: 5 };
    if (device.unsent) return { words: m.access_state_may_hold(), tone: 'terracotta', icon: 'error', rank: 1 };
    return { words: m.access_state_ended(), tone: 'plain', icon: 'lock', rank: 6 };
  }
  if (device.code !== null) return { words: m.access_state_waits(), tone: 'ochre', icon: 'clock', rank: 0 };
  if (device.last_exchange_ms === undefined) return { words: m.access_state_never(), tone: 'plain', icon: 'clock', rank: 3 };
  if (risksOf(device, now_ms).length > 0) return { words: m.access_state_risk(), tone: 'ochre', icon: 'alert', rank: 2 };
  return { words: m.access_state_fine(), tone: 'olive', icon: 'check', rank: 4 };
}

/** Why work on this device may be lost, in sentences. */
export function risksOf(device: DeviceRow, now_ms: number): string[] {
  if (device.last_exchange_ms === undefined || device.revoked_ms !== null) return [];
  const away_ms = now_ms - device.last_exchange_ms;
  const percent = device.storage_percent ?? 0;
  return [
    ...(device.unsent && away_ms > UNSENT_MS_MAX ? [m.access_risk_unsent({ count: device.unsent })] : []),
    ...(away_ms > AWAY_DAYS_MAX * DAY_MS ? [m.access_risk_away({ days: isolate(durationText(away_ms)) })] : []),
    ...(device.persisted === false ? [m.access_risk_not_kept()] : []),
    ...(percent >= STORAGE_PERCENT_MAX ? [m.access_risk_full({ percent })] : []),
  ];
}

/** What it said of itself at its last exchange, line by line: what, and how it is. */
export function saidOf(device: DeviceRow, now_ms: number): [what: string, how: string][] {
  if (device.last_exchange_ms === undefined) return [];
  const { last_exchange_ms, clock_offset_ms = 0, storage_percent = null, failure = null } = device;
  const kept = { true: m.access_kept_yes(), false: m.access_kept_no(), null: m.access_unknown() };
  const locks = { none: m.access_lock_none(), pin: m.access_lock_pin(), passkey: m.access_lock_passkey() };
  const off = Math.abs(clock_offset_ms) > CLOCK_OFF_MS;
  const duration = isolate(durationText(clock_offset_ms));
  return [
    [m.access_said_last(), `${moment(last_exchange_ms)} (${m.access_ago({ time: isolate(durationText(now_ms - last_exchange_ms)) })})`],
    [m.access_said_unsent(), device.unsent ? m.sync_device_unsent({ count: device.unsent }) : m.access_unsent_none()],
    [m.access_said_kept(), kept[String(device.persisted ?? null) as keyof typeof kept]],
    [m.access_said_installed(), device.installed ? m.access_installed() : m.access_tab()],
    [m.access_said_storage(), storage_percent === null ? m.access_unknown() : m.access_percent({ percent: storage_percent })],
    [m.access_said_lock(), locks[device.lock ?? 'none']],
    [
      m.access_said_clock(),
      !off ? m.access_clock_right() : clock_offset_ms > 0 ? m.access_clock_ahead({ duration }) : m.access_clock_behind({ duration }),
    ],
    [m.access_said_build(), device.app_build ?? ''],
    [m.access_said_failure(), failure ? `${exchangeText(failure.code)} (${moment(failure.at_ms)})` : m.access_failure_none()],
  ];
}
