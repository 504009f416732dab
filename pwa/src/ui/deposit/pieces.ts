//! The pieces of a dossier: what its call asks for, what is there, and until when it counts. The engine keeps rows; what follows from today is
//! reckoned here.
import type { Field } from '../../generated/Field';
import type { FieldView } from '../../generated/FieldView';
import type { RowId } from '../../generated/RowId';
import type { RowView } from '../../generated/RowView';
import type { Table } from '../../generated/Table';
import { addDays, isDay } from '../events/calendar';

/** A paper that ends within so many days is worth a word. */
export const EXPIRING_DAYS = 30;
/** The piece that is the portal's receipt: see `table::DEPOSIT_PROOF` in the engine. */
export const DEPOSIT_PROOF = 'deposit_proof';

export type PieceState = 'missing' | 'expired' | 'expiring' | 'there';

/** One page, or the one file, of an attachment. */
export interface Page {
  row: RowId;
  blob: string;
  name: string;
  /** In bytes; 0 where it is not known. */
  size: number;
}

export interface Attachment {
  row: RowId;
  label: string;
  /** The call's piece that it is; empty where it is none. */
  piece: string;
  issued: string;
  expires: string;
  given_by: string;
  detail: string;
  pages: Page[];
  state: Exclude<PieceState, 'missing'>;
}

/** One piece that the call asks for. */
export interface Asked {
  key: string;
  label: string;
  detail: string;
  required: boolean;
  required_of: string;
  /** Days for which it counts; null for good. */
  valid_days: number | null;
  attached: Attachment[];
  state: PieceState;
}

const valueIn = (fields: readonly FieldView[], name: Field) => fields.find(({ field }) => field === name)?.value;
export const textIn = (fields: readonly FieldView[], name: Field): string => {
  const value = valueIn(fields, name);
  return typeof value === 'string' ? value : '';
};
const numberIn = (fields: readonly FieldView[], name: Field): number | null => {
  const value = valueIn(fields, name);
  return typeof value === 'number' ? value : null;
};

/** The rows of a table, in their order also while some are on their way to the engine. */
function rowsOf(rows: readonly RowView[], table: Table): RowView[] {
  const order = ({ fields, at_ms }: RowView) => textIn(fields, 'order') || at_ms.toString(16).padStart(12, '0');
  return rows.filter((row) => row.table === table).sort((a, b) => (order(a) < order(b) ? -1 : order(a) > order(b) ? 1 : 0));
}

export function attachments(rows: readonly RowView[], today: string): Attachment[] {
  const pages = rowsOf(rows, 'page');
  return rowsOf(rows, 'attachment').map(({ row, fields }) => {
    const expires = textIn(fields, 'expires');
    return {
      row,
      label: textIn(fields, 'label'),
      piece: textIn(fields, 'piece'),
      issued: textIn(fields, 'issued'),
      expires,
      given_by: textIn(fields, 'given_by'),
      detail: textIn(fields, 'detail'),
      pages: pages.filter((page) => textIn(page.fields, 'of') === row).map(pageOf),
      state: stateOf(expires, today),
    };
  });
}

function pageOf({ row, fields }: RowView): Page {
  return { row, blob: textIn(fields, 'blob'), name: textIn(fields, 'file_name'), size: numberIn(fields, 'file_bytes') ?? 0 };
}

/** The last day itself still counts. */
function stateOf(expires: string, today: string): Attachment['state'] {
  if (!isDay(expires)) return 'there';
  if (expires < today) return 'expired';
  return expires <= addDays(today, EXPIRING_DAYS) ? 'expiring' : 'there';
}

const BEST: readonly PieceState[] = ['there', 'expiring', 'expired', 'missing'];

/** What a call asks for, with what there is of it: of several papers the best one counts. */
export function checklist(call: readonly RowView[], attached: readonly Attachment[]): Asked[] {
  return rowsOf(call, 'piece').map(({ fields }) => {
    const key = textIn(fields, 'key');
    const of = attached.filter(({ piece }) => piece === key);
    return {
      key,
      label: textIn(fields, 'label') || key,
      detail: textIn(fields, 'detail'),
      required: textIn(fields, 'required') === 'yes',
      required_of: textIn(fields, 'required_of'),
      valid_days: numberIn(fields, 'valid_days'),
      attached: of,
      state: BEST.find((state) => of.some((one) => one.state === state)) ?? 'missing',
    };
  });
}

/** What nobody asked for, but for the portal's receipt. */
export function others(asked: readonly Asked[], attached: readonly Attachment[]): Attachment[] {
  return attached.filter(({ piece }) => piece !== DEPOSIT_PROOF && !asked.some(({ key }) => key === piece));
}

/** The last day of a paper that was issued on that one. */
export function expiryOf(issued: string, valid_days: number | null): string {
  return valid_days !== null && isDay(issued) ? addDays(issued, valid_days) : '';
}

/** What stands in the way of a deposit, by state; pieces that need not be there only where they are over. */
export function counted(asked: readonly Asked[]): Record<PieceState, number> {
  const counts: Record<PieceState, number> = { missing: 0, expired: 0, expiring: 0, there: 0 };
  for (const { state, required } of asked) if (state !== 'missing' || required) counts[state] += 1;
  return counts;
}
