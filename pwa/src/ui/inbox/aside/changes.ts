//! What waits because it was not allowed, asked of the server. Shapes are those of the server's `quarantine.rs`.
import type { AccountId } from '../../../generated/AccountId';
import type { DocumentId } from '../../../generated/DocumentId';
import type { HistoryEntry } from '../../../generated/HistoryEntry';
import type { Kind } from '../../../generated/Kind';
import { m } from '../../../i18n';
import { exchangeText } from '../../../i18n/exchange';
import { ask } from '../../../store/api';

/** One change that was set aside. Times are milliseconds since 1970 by the server's clock. */
export interface Row {
  number: number;
  document: DocumentId;
  kind: Kind;
  title: string;
  code: string;
  account_name: string;
  device_label: string;
  received_ms: number;
  /** Null where nobody can say what it would do. */
  entry: HistoryEntry | null;
  names: { [document in DocumentId]?: string };
  judgement: { accepted: boolean; at_ms: number; by_name: string; word: string } | null;
  /** Who looks after it. */
  assigned: AccountId | null;
}

export interface Waiting {
  waiting: number;
  rows: Row[];
}

/** Changes that are decided together: of one document, by one sender, for one reason. */
export interface Group {
  key: string;
  rows: Row[];
  first: Row;
}

export const listWaiting = () => ask<Waiting>('/api/quarantine');

/** What became of each. */
interface Done {
  outcomes: { number: number; code: string | null }[];
}

export const judge = (numbers: number[], accept: boolean, word: string) => ask<Done>('/api/quarantine/judge', { numbers, accept, word });

/** Those that were judged wait again; what was accepted is undone. */
export const reopenChanges = (numbers: number[], reason: string) => ask<Done>('/api/quarantine/reopen', { numbers, reason });

export const assignChanges = (numbers: number[], account: AccountId | null) => ask<null>('/api/quarantine/assign', { numbers, account });

/** Why it waits, said of the sender: what the sender was told begins with 'you'. */
export function whyText(code: string): string {
  switch (code) {
    case 'permission.not_allowed':
      return m.quarantine_why_role();
    case 'scope.outside':
      return m.quarantine_why_scope();
    case 'device.access_ended':
      return m.quarantine_why_ended();
    default:
      return exchangeText(code);
  }
}

/** In the order of their first row; rows that were judged are told apart by when. */
export function groupsOf(rows: readonly Row[]): Group[] {
  const groups = new Map<string, Group>();
  for (const row of rows) {
    const key = [row.document, row.account_name, row.device_label, row.code, row.judgement?.at_ms ?? ''].join(' ');
    const group = groups.get(key);
    if (group) group.rows.push(row);
    else groups.set(key, { key, rows: [row], first: row });
  }
  return [...groups.values()];
}
