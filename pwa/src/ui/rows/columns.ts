//! The cells of rows as people see them: in which order, under which words, how wide.
import type { Field } from '../../generated/Field';
import type { FieldView } from '../../generated/FieldView';
import type { RowView } from '../../generated/RowView';
import type { Table } from '../../generated/Table';
import type { Value } from '../../generated/Value';
import { fieldLabel, isolate, m } from '../../i18n';
import type { Choice } from '../components';
import { valueText } from '../desk/words';

export interface Column {
  field: Field;
  /** Where the field's own word says too little. */
  label?: string;
  hint?: string;
  /** Its part of a wide table. */
  width: 'wide' | 'middle' | 'narrow';
  /** What there is to choose from, where the field's own words are not it. */
  choices?: readonly Choice[];
  /** What a word is called, where people may write words of their own beside the usual ones. */
  say?: (word: string) => string;
}

export const columnLabel = ({ field, label }: Column): string => label ?? fieldLabel(field);

/** A cell; an empty one where the row does not have it yet. */
export function cell(row: RowView, field: Field): FieldView {
  return row.fields.find((shown) => shown.field === field) ?? { field, value: null, named: '', apart: [] };
}

export function cellText(row: RowView, column: Column): string {
  const { value } = cell(row, column.field);
  return value === null || value === '' ? '' : inWords(column, value);
}

function inWords({ field, choices, say }: Column, value: Value): string {
  if (say) return say(String(value));
  return choices?.find((choice) => choice.value === String(value))?.label ?? valueText(field, value, {});
}

/** What a row is called: its first cell. */
export function rowTitle(row: RowView, columns: readonly Column[]): string {
  const [first] = columns;
  return (first && cellText(row, first)) || m.line_unnamed();
}

/** What else it says, in one line. */
export function rowDetail(row: RowView, columns: readonly Column[]): string {
  return columns
    .slice(1)
    .map((column) => {
      const text = cellText(row, column);
      return text && column.width !== 'wide' ? m.row_detail({ field: columnLabel(column), value: isolate(text) }) : text;
    })
    .filter(Boolean)
    .join(' · ');
}

export const needsCare = ({ state, fields }: RowView): boolean =>
  state === 'removed_and_changed' || fields.some(({ apart }) => apart.length > 0);

export const rowsOf = (rows: readonly RowView[], table: Table): RowView[] =>
  rows.filter((row) => row.table === table).sort((a, b) => (orderOf(a) < orderOf(b) ? -1 : orderOf(a) > orderOf(b) ? 1 : 0));

export const orderOf = (row: RowView): string => String(cell(row, 'order').value ?? '~') + row.row;
