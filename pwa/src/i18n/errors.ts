//! What a stable code means, and what to do about it.
import * as m from '../paraglide/messages.js';
import { isolate } from './format';

const ERRORS: Record<string, () => string> = {
  'invite.unknown': m.error_invite_unknown,
  'invite.expired': m.error_invite_expired,
  'invite.used': m.error_invite_used,
  'invite.withdrawn': m.error_invite_withdrawn,
  'invite.too_many': m.error_invite_too_many,
  'enroll.name_missing': m.error_enroll_name_missing,
  'enroll.name_too_long': m.error_enroll_name_too_long,
  'enroll.slow_down': m.error_enroll_slow_down,
  'request.slow_down': m.error_request_slow_down,
  'server.unreachable': m.error_server_unreachable,
  'server.busy': m.error_server_busy,
  'server.timeout': m.error_server_busy,
  'server.stopping': m.error_server_busy,
  'server.failed': m.error_server_failed,
  'session.none': m.error_session_none,
  'device.revoked': m.error_device_revoked,
  'account.disabled': m.error_account_disabled,
  'role.forbidden': m.error_role_forbidden,
  'storage.full': m.error_storage_full,
  'storage.failed': m.error_storage_failed,
  'edit.document_unknown': m.error_edit_document_unknown,
  'edit.row_unknown': m.error_edit_row_unknown,
  'edit.field_unknown': m.error_edit_field_unknown,
  'edit.value_invalid': m.error_edit_value_invalid,
  'edit.text_too_long': m.error_edit_text_too_long,
  'edit.name_missing': m.error_edit_name_missing,
  'edit.notice_not_read': m.error_edit_notice_not_read,
  'edit.reason_missing': m.error_edit_reason_missing,
  'sheet.unknown': m.error_sheet_unknown,
  'sheet.empty': m.error_sheet_empty,
  'sheet.no_badge_key': m.error_sheet_no_badge_key,
  'sheet.nothing_new': m.error_sheet_nothing_new,
  'sheet.paper_failed': m.error_sheet_paper_failed,
  'edit.row_in_use': m.error_row_in_use,
  'edit.document_full': m.error_edit_document_full,
  'permission.not_allowed': m.error_permission_not_allowed,
  'permission.sealed': m.error_permission_sealed,
  'permission.no_such_edit': m.error_permission_no_such_edit,
  'plan.changed': m.error_plan_changed,
  'document.unknown': m.error_document_unknown,
  'rewrite.kind': m.error_rewrite_kind,
  'rewrite.questions_open': m.error_rewrite_questions_open,
  'rewrite.changes_wait': m.error_rewrite_changes_wait,
  'stage.jump': m.error_stage_jump,
  'edit.failed': m.error_edit_failed,
  'change.document_full': m.error_change_document_full,
};

/** A code in words. One that is not known here is shown as it is, for whoever is asked for help. */
export function errorText(code: string): string {
  return ERRORS[code]?.() ?? m.error_other({ code: isolate(code) });
}
