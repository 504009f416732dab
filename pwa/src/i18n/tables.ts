//! What tables are called, and the cells of their rows. As in the engine's `table.rs`.
import type { Field } from '../generated/Field';
import type { Table } from '../generated/Table';
import * as m from '../paraglide/messages.js';

const TABLES: Record<Table, () => string> = {
  objective: m.table_objective,
  outcome: m.table_outcome,
  activity: m.table_activity,
  beneficiary: m.table_beneficiary,
  partner: m.table_partner,
  indicator: m.table_indicator,
  risk: m.table_risk,
  goal: m.table_goal,
  attachment: m.table_attachment,
  page: m.table_page,
  comment: m.table_comment,
  todo: m.table_todo,
  support: m.table_support,
  instalment: m.table_instalment,
  report: m.table_report,
  place: m.table_place,
  piece: m.table_piece,
  criterion: m.table_criterion,
  section: m.table_section,
  heading: m.table_heading,
  bureau: m.table_bureau,
  diagnosis: m.table_diagnosis,
  opinion: m.table_opinion,
};

export const tableLabel = (table: Table): string => TABLES[table]();

export function isTable(rows: string): rows is Table {
  return rows in TABLES;
}

/** The cell that a row is called by: `Table::required` in the engine. */
const NAMED_BY: Partial<Record<Table, Field>> = {
  goal: 'goal_number',
  page: 'of',
  comment: 'body',
  support: 'day',
  opinion: 'day',
  piece: 'key',
  place: 'commune',
  bureau: 'person',
  diagnosis: 'day',
};

export const namedBy = (table: Table): Field => NAMED_BY[table] ?? 'label';
