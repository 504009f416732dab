//! What a stable code of the exchange, or of the people's page, means. Apart from `errors.ts`, so that the first paint does not carry
//! what only the screens of the exchange say.
import * as m from '../paraglide/messages.js';
import { errorText } from './errors';

const EXCHANGE: Record<string, () => string> = {
  'account.unknown': m.error_account_unknown,
  'device.access_ended': m.error_device_access_ended,
  'device.unknown': m.error_device_unknown,
  'change.checksum': m.error_change_unreadable,
  'change.duplicate_seq': m.error_change_forked,
  'change.foreign_actor': m.error_change_foreign,
  'change.malformed': m.error_change_unreadable,
  'change.missing_deps': m.error_change_follows,
  'change.not_a_change': m.error_change_unreadable,
  'change.not_canonical': m.error_change_unreadable,
  'change.panicked': m.error_change_unreadable,
  'change.postponed': m.error_server_busy,
  'change.seq_gap': m.error_change_follows,
  'change.start_op': m.error_change_unreadable,
  'change.too_big': m.error_change_too_big,
  'change.unknown_actor': m.error_change_unreadable,
  'change.unknown_operation': m.error_change_unreadable,
  'change.unsaveable': m.error_change_unreadable,
  'change.unsupported': m.error_change_unreadable,
  'document.other_kind': m.error_change_unreadable,
  'exchange.refused': m.error_exchange_versions,
  'exchange.unasked': m.error_exchange_damaged,
  'frame.malformed': m.error_exchange_damaged,
  'frame.protocol_too_new': m.error_exchange_versions,
  'frame.too_large': m.error_exchange_too_large,
  'quarantine.follows': m.error_change_follows,
  'quarantine.gone': m.error_quarantine_gone,
  'request.content_type': m.error_exchange_versions,
  'request.cross_site': m.error_exchange_versions,
  'request.malformed': m.error_exchange_versions,
  'request.too_large': m.error_exchange_too_large,
  'route.method': m.error_exchange_versions,
  'route.unknown': m.error_exchange_versions,
  'session.expired': m.error_session_expired,
  'proof.missing': m.error_proof_wrong,
  'proof.wrong': m.error_proof_wrong,
  'proof.stale': m.error_proof_stale,
  'device.unconfirmed': m.error_device_unconfirmed,
  'confirm.wrong': m.error_confirm_wrong,
  'factor.missing': m.error_factor_missing,
  'factor.required': m.error_factor_required,
  'passkey.cancelled': m.error_passkey_cancelled,
  'passkey.known': m.error_passkey_known,
  'passkey.over': m.error_passkey_over,
  'passkey.too_many': m.error_passkey_too_many,
  'passkey.unavailable': m.error_passkey_unavailable,
  'passkey.unknown': m.error_passkey_unknown,
  'passkey.wrong': m.error_passkey_wrong,
  'account.scope': m.error_account_scope,
  'scope.outside': m.error_scope_outside,
};

/** A code of the exchange in words. */
export function exchangeText(code: string): string {
  return EXCHANGE[code]?.() ?? errorText(code);
}
