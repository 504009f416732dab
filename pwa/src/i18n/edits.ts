//! What edits are called, for those that are refused. Apart from `labels.ts`: the first paint says nothing of them.
import type { Edit } from '../generated/Edit';
import * as m from '../paraglide/messages.js';

const EDITS: Record<Edit['do'], () => string> = {
  set_field: m.edit_set_field,
  create_person: m.edit_create_person,
  add_phone: m.edit_add_phone,
  add_email: m.edit_add_email,
  create_association: m.edit_create_association,
  create_event: m.edit_create_event,
  add_to_roster: m.edit_add_to_roster,
  check_in: m.edit_check_in,
  undo: m.edit_undo,
  register_walk_in: m.edit_register_walk_in,
  create_dossier: m.edit_create_dossier,
  copy_dossier: m.edit_copy_dossier,
  edit_section: m.edit_edit_section,
  read_again: m.edit_read_again,
  settle_section: m.edit_settle_section,
  add_line: m.edit_add_line,
  add_time: m.edit_add_time,
  set_line_state: m.edit_set_line_state,
  add_row: m.edit_add_row,
  keep_row: m.edit_keep_row,
  look: m.edit_look,
  settle_marks: m.edit_settle_marks,
  link_same: m.edit_link_same,
  not_same: m.edit_not_same,
  publish_call: m.edit_publish_call,
  confirm_rule: m.edit_confirm_rule,
  create_call: m.edit_create_call,
  move_stage: m.edit_move_stage,
  review_dossier: m.edit_review_dossier,
  give_visa: m.edit_give_visa,
  set_consent: m.edit_set_consent,
  add_slot: m.edit_add_slot,
  add_trainer: m.edit_add_trainer,
  add_paper: m.edit_add_paper,
  keep_event_row: m.edit_keep_event_row,
  link_event: m.edit_link_event,
  set_headcount: m.edit_set_headcount,
  sign: m.edit_sign,
  withdraw_signature: m.edit_withdraw_signature,
};

/** What kind of thing somebody meant to do: 'pointage', "ligne de budget". */
export const editLabel = (edit: Edit): string => EDITS[edit.do]();
