// Written by `make types` from shared/src/permission.rs.
import type { Capability } from "./Capability";
import type { Role } from "./Role";

export const PERMISSIONS: Record<Role, readonly Capability[]> = {
  volunteer: ["add_person", "change_person", "add_contact", "add_association", "add_to_roster", "mark", "withdraw_mark", "write_dossier", "submit_dossier", "export_dossier"],
  coordinator: ["add_person", "change_person", "join_people", "read_contact", "add_contact", "change_contact", "add_association", "change_association", "add_event", "change_event", "add_to_roster", "mark", "withdraw_mark", "add_dossier", "write_dossier", "submit_dossier", "give_visa", "move_stage", "give_back", "see_access", "manage_access", "read_sheet", "seal_sheet", "export_dossier", "read_directory", "read_figures"],
  staff: ["add_person", "change_person", "join_people", "read_contact", "add_contact", "change_contact", "add_association", "change_association", "add_event", "change_event", "add_to_roster", "mark", "withdraw_mark", "add_dossier", "write_dossier", "submit_dossier", "give_visa", "move_stage", "correct_stage", "change_call", "give_back", "see_access", "manage_access", "judge_quarantine", "read_journal", "answer_people", "run_retention", "read_sheet", "seal_sheet", "export_dossier", "read_directory", "read_figures", "set_targets"],
  admin: ["add_person", "change_person", "join_people", "read_contact", "add_contact", "change_contact", "add_association", "change_association", "add_event", "change_event", "add_to_roster", "mark", "withdraw_mark", "add_dossier", "write_dossier", "submit_dossier", "give_visa", "move_stage", "correct_stage", "change_call", "change_settings", "give_back", "see_access", "manage_access", "judge_quarantine", "read_journal", "answer_people", "run_retention", "read_sheet", "seal_sheet", "export_dossier", "read_directory", "read_figures", "set_targets", "connect_programs"],
  auditor: ["read_sheet", "export_dossier", "read_figures"],
};

/** Whom each may let in and out. */
export const GOVERNS: Record<Role, readonly Role[]> = {
  volunteer: [],
  coordinator: ["volunteer"],
  staff: ["volunteer", "coordinator", "auditor"],
  admin: ["volunteer", "coordinator", "staff", "admin", "auditor"],
  auditor: [],
};
