// Written by `make types` from shared/src/stage.rs.
import type { Capability } from "./Capability";
import type { Field } from "./Field";

export type Need = "association" | "call" | "convention" | "sections" | "budget" | "visa";

export interface Move {
  from: string;
  to: string;
  who: Capability;
  needs: readonly Need[];
  records: readonly Field[];
  says_why: boolean;
}

export const MOVES: readonly Move[] = [
  { from: "", to: "idea", who: "move_stage", needs: [], records: [], says_why: false },
  { from: "", to: "accompaniment", who: "move_stage", needs: [], records: [], says_why: false },
  { from: "", to: "writing", who: "move_stage", needs: ["association", "call"], records: [], says_why: false },
  { from: "idea", to: "accompaniment", who: "move_stage", needs: [], records: [], says_why: false },
  { from: "accompaniment", to: "writing", who: "move_stage", needs: ["association", "call"], records: [], says_why: false },
  { from: "writing", to: "visa", who: "submit_dossier", needs: ["association", "call", "convention", "sections", "budget"], records: [], says_why: false },
  { from: "visa", to: "filed", who: "submit_dossier", needs: ["visa"], records: ["portal_reference", "filed_day"], says_why: false },
  { from: "filed", to: "instruction", who: "move_stage", needs: [], records: [], says_why: false },
  { from: "instruction", to: "granted", who: "move_stage", needs: [], records: ["decision_day", "granted_cents"], says_why: false },
  { from: "instruction", to: "refused", who: "move_stage", needs: [], records: ["decision_day", "decision_remarks"], says_why: false },
  { from: "instruction", to: "deferred", who: "move_stage", needs: [], records: ["decision_day", "decision_remarks"], says_why: false },
  { from: "granted", to: "agreed", who: "move_stage", needs: [], records: ["agreement_day", "agreement_number"], says_why: false },
  { from: "agreed", to: "running", who: "move_stage", needs: [], records: [], says_why: false },
  { from: "running", to: "interim_report", who: "move_stage", needs: [], records: [], says_why: false },
  { from: "running", to: "final_report", who: "move_stage", needs: [], records: [], says_why: false },
  { from: "interim_report", to: "final_report", who: "move_stage", needs: [], records: [], says_why: false },
  { from: "final_report", to: "closed", who: "move_stage", needs: [], records: [], says_why: false },
  { from: "refused", to: "closed", who: "move_stage", needs: [], records: [], says_why: false },
  { from: "refused", to: "writing", who: "move_stage", needs: ["association", "call"], records: [], says_why: false },
  { from: "deferred", to: "writing", who: "move_stage", needs: ["association", "call"], records: [], says_why: false },
  { from: "idea", to: "closed", who: "move_stage", needs: [], records: [], says_why: true },
  { from: "accompaniment", to: "idea", who: "move_stage", needs: [], records: [], says_why: true },
  { from: "accompaniment", to: "closed", who: "move_stage", needs: [], records: [], says_why: true },
  { from: "writing", to: "accompaniment", who: "move_stage", needs: [], records: [], says_why: true },
  { from: "writing", to: "closed", who: "move_stage", needs: [], records: [], says_why: true },
  { from: "visa", to: "writing", who: "move_stage", needs: [], records: [], says_why: true },
  { from: "visa", to: "closed", who: "move_stage", needs: [], records: [], says_why: true },
  { from: "filed", to: "visa", who: "move_stage", needs: [], records: [], says_why: true },
  { from: "instruction", to: "filed", who: "move_stage", needs: [], records: [], says_why: true },
  { from: "granted", to: "instruction", who: "move_stage", needs: [], records: [], says_why: true },
  { from: "granted", to: "closed", who: "move_stage", needs: [], records: [], says_why: true },
  { from: "refused", to: "instruction", who: "move_stage", needs: [], records: [], says_why: true },
  { from: "deferred", to: "instruction", who: "move_stage", needs: [], records: [], says_why: true },
  { from: "deferred", to: "closed", who: "move_stage", needs: [], records: [], says_why: true },
  { from: "agreed", to: "granted", who: "move_stage", needs: [], records: [], says_why: true },
  { from: "agreed", to: "closed", who: "move_stage", needs: [], records: [], says_why: true },
  { from: "running", to: "agreed", who: "move_stage", needs: [], records: [], says_why: true },
  { from: "running", to: "closed", who: "move_stage", needs: [], records: [], says_why: true },
  { from: "interim_report", to: "running", who: "move_stage", needs: [], records: [], says_why: true },
  { from: "interim_report", to: "closed", who: "move_stage", needs: [], records: [], says_why: true },
  { from: "final_report", to: "running", who: "move_stage", needs: [], records: [], says_why: true },
  { from: "final_report", to: "interim_report", who: "move_stage", needs: [], records: [], says_why: true },
  { from: "closed", to: "final_report", who: "move_stage", needs: [], records: [], says_why: true },
];
