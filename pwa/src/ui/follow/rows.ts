//! Rows of tables as screens use them.
import type { DocumentId } from '../../generated/DocumentId';
import type { Edit } from '../../generated/Edit';
import type { Field } from '../../generated/Field';
import type { RowId } from '../../generated/RowId';
import type { RowView } from '../../generated/RowView';
import type { Table } from '../../generated/Table';
import type { Value } from '../../generated/Value';
import { isolate, m, number } from '../../i18n';
import { textIn } from '../dossier/line';

export const rowsOf = (rows: readonly RowView[], table: Table): RowView[] => rows.filter((row) => row.table === table);

/** An edit that adds a row: what is empty is left out. */
export function addRow(document: DocumentId, table: Table, row: RowId, cells: { [key in Field]?: Value }): Edit {
  const said = Object.entries(cells).filter(([, value]) => value !== null && value !== undefined && value !== '');
  return { do: 'add_row', document, table, row, fields: Object.fromEntries(said) };
}

export const setCell = (document: DocumentId, row: RowId, field: Field, value: Value): Edit => ({ do: 'set_field', document, row, field, value });

/** A comment, and what was answered to it, the oldest first. */
export interface Thread {
  root: RowView;
  answers: RowView[];
  isResolved: boolean;
}

/** The threads of a dossier, or of one part of it: the one that was written in last stands first. */
export function threadsOf(rows: readonly RowView[], about: string | null): Thread[] {
  const comments = rowsOf(rows, 'comment');
  const byRow = new Map(comments.map((row) => [row.row, row]));
  const threads = new Map<RowId, Thread>();
  for (const row of comments) {
    const root = byRow.get(textIn(row.fields, 'of'));
    if (!root) threads.set(row.row, { root: row, answers: [], isResolved: textIn(row.fields, 'resolved') === 'yes' });
  }
  for (const row of comments) threads.get(textIn(row.fields, 'of'))?.answers.push(row);
  const lastMs = ({ root, answers }: Thread) => Math.max(root.at_ms, ...answers.map(({ at_ms }) => at_ms));
  for (const { answers } of threads.values()) answers.sort((a, b) => a.at_ms - b.at_ms || (a.row < b.row ? -1 : 1));
  return [...threads.values()]
    .filter(({ root }) => about === null || textIn(root.fields, 'about') === about)
    .sort((a, b) => lastMs(b) - lastMs(a));
}

/** The part that is spoken of where it is none in particular. */
export const WHOLE = 'dossier';

/** '2 h 15' */
export function hoursText(minutes: number): string {
  const [hours, rest] = [Math.floor(minutes / 60), minutes % 60];
  if (hours === 0) return isolate(m.minutes_text({ minutes: number(rest) }));
  if (rest === 0) return isolate(m.hours_text({ hours: number(hours) }));
  return isolate(m.hours_minutes_text({ hours: number(hours), minutes: String(rest).padStart(2, '0') }));
}
