//! A document's history as sentences.
import type { Did } from '../../generated/Did';
import type { Field } from '../../generated/Field';
import type { HistoryEntry } from '../../generated/HistoryEntry';
import type { Table } from '../../generated/Table';
import type { Value } from '../../generated/Value';
import { fieldLabel, isolate, m, statusLabel, wordLabel } from '../../i18n';
import { isTable, namedBy, tableLabel } from '../../i18n/tables';
import { sectionTitle } from '../dossier/sections';
import { chosenText, placeText } from '../inbox/places';
import { type Names, valueText } from './words';

/** One thing that was done, and the words that somebody wrote, if any. */
export interface Deed {
  said: string;
  quoted?: string;
}

/** Changes that somebody made in one go. */
export interface Turn {
  by: HistoryEntry['by'];
  /** Of the last of them, by that device's clock. Milliseconds since 1970. */
  at_ms: number;
  entries: HistoryEntry[];
}

/** Longer than this and somebody came back to it. */
const TURN_MS = 10 * 60_000;

/** Changes that follow each other on one device within some minutes are told together. `entries` has the newest first. */
export function turnsOf(entries: readonly HistoryEntry[]): Turn[] {
  const turns: Turn[] = [];
  for (const entry of entries) {
    const last = turns.at(-1);
    const before = last?.entries.at(-1)?.at_ms ?? 0;
    if (last?.by === entry.by && Math.abs(before - entry.at_ms) <= TURN_MS) last.entries.push(entry);
    else turns.push({ by: entry.by, at_ms: entry.at_ms, entries: [entry] });
  }
  return turns;
}

/** What rows of a document are called, by their ids: the label that a budget line was given last. */
export type RowNames = ReadonlyMap<string, string>;

type Cell = Did & { did: 'set_cell' };

/** The latest label of each budget line that the history speaks of, removed ones too. `entries` has the newest first. */
export function rowNamesOf(entries: readonly HistoryEntry[]): RowNames {
  const names = new Map<string, string>();
  for (const { did } of entries) {
    for (const one of did) {
      if (one.did !== 'set_cell' || one.value === null) continue;
      if (one.cell !== (isTable(one.rows) ? namedBy(one.rows) : 'label')) continue;
      if (!names.has(one.row)) names.set(one.row, nameText(one));
    }
  }
  return names;
}

function nameText({ rows, value }: Cell): string {
  return isTable(rows) ? valueText(namedBy(rows), value, {}) : String(value);
}

/** The deeds of one change, in the order in which one would tell them. */
export function deedsOf(entry: HistoryEntry, names: Names, rows: RowNames): Deed[] {
  const byRow = new Map<string, Cell[]>();
  const deeds: Deed[] = [];
  // What was decided is told once, with what was asked.
  const decided = new Set(entry.did.flatMap((one) => (one.did === 'decided' ? [one.asked] : [])));
  for (const one of entry.did) {
    if (one.did === 'set' && decided.has(`field/${one.field}`)) continue;
    if (one.did === 'set_cell' && decided.has(`field/${one.row}/${one.cell}`)) continue;
    if (one.did === 'set_cell') byRow.set(one.row, [...(byRow.get(one.row) ?? []), one]);
    else deeds.push(...deedOf(one, names));
  }
  for (const [row, cells] of byRow) deeds.push(...rowDeeds(cells, rows.get(row) ?? ''));
  return deeds.length > 0 ? deeds : [{ said: m.history_other() }];
}

function deedOf(one: Exclude<Did, Cell>, names: Names): Deed[] {
  switch (one.did) {
    case 'set':
      return [{ said: setText(one.field, one.value, names) }];
    case 'joined':
      return [{ said: m.history_joined({ name: nameOf(one.person, names) }) }];
    case 'took_off':
      return [{ said: m.history_took_off({ name: nameOf(one.person, names) }) }];
    case 'marked':
      if (!one.person || !one.status) return [{ said: m.history_marked_someone() }];
      return [{ said: m.history_marked({ name: nameOf(one.person, names), status: statusLabel(one.status) }) }];
    case 'withdrew':
      if (!one.person) return [{ said: m.history_withdrew() }];
      return [{ said: m.history_withdrew_of({ name: nameOf(one.person, names), reason: isolate(one.reason) }) }];
    case 'signed':
      if (!one.person) return [{ said: m.history_signed_trainer() }];
      return [{ said: m.history_signed({ name: nameOf(one.person, names) }) }];
    case 'kept_paper':
      return [{ said: m.history_kept_paper() }];
    case 'counted':
      return [{ said: m.history_counted({ sex: wordLabel('sex', one.sex), people: one.value ?? 0 }) }];
    case 'linked':
      return [{ said: m.history_linked({ name: nameOf(one.document ?? '', names) }) }];
    case 'published':
      return [{ said: one.note ? m.history_published_note({ note: isolate(one.note) }) : m.history_published() }];
    case 'confirmed': {
      const field = isolate(fieldLabel(one.field));
      return [{ said: one.confirmed ? m.history_confirmed({ field }) : m.history_doubted({ field }) }];
    }
    case 'sealed':
      return [{ said: one.reason ? m.history_sealed_again({ reason: isolate(one.reason) }) : m.history_sealed() }];
    case 'decided': {
      const what = placeText(one.asked, names);
      if (one.chose === null) return [{ said: one.reason ? m.history_reopened_why({ what, reason: isolate(one.reason) }) : m.history_reopened({ what }) }];
      const value = isolate(chosenText(one, names));
      return [{ said: one.reason ? m.history_decided_why({ what, value, reason: isolate(one.reason) }) : m.history_decided({ what, value }) }];
    }
    case 'assigned':
      return [{ said: one.account ? m.history_assigned({ what: placeText(one.asked, names) }) : m.history_unassigned({ what: placeText(one.asked, names) }) }];
    case 'reworded':
      return reworded(one);
    case 'read_again':
      return [{ said: m.history_read({ section: sectionTitle(one.section) }) }];
    case 'moved':
      if (!one.reason) return [{ said: m.history_moved({ stage: wordLabel('stage', one.to) }) }];
      return [{ said: m.history_moved_why({ stage: wordLabel('stage', one.to), reason: isolate(one.reason) }) }];
    case 'visaed':
      if (one.verdict === 'approved') return [{ said: m.history_visa_given() }];
      return [{ said: m.history_visa_refused({ remarks: isolate(one.remarks) }) }];
    case 'reviewed':
      return [{ said: one.begins ? m.history_review_begins() : m.history_review_ends() }];
    case 'rewritten':
      return [{ said: m.history_rewritten() }];
  }
}

function nameOf(person: string, names: Names): string {
  return isolate(names[person] || m.question_unnamed());
}

function setText(field: Field, value: Value, names: Names): string {
  if (value === null) return m.history_cleared({ field: fieldLabel(field) });
  return m.history_set({ field: fieldLabel(field), value: isolate(valueText(field, value, names)) });
}

function reworded({ section, added, removed }: Did & { did: 'reworded' }): Deed[] {
  const title = sectionTitle(section);
  const wrote = added.trim() ? [{ said: m.history_wrote({ section: title }), quoted: added.trim() }] : [];
  const cut = removed > 0 ? [{ said: m.history_cut({ section: title, count: removed }) }] : [];
  return [...wrote, ...cut];
}

/** Cells that only say where a row stands, or that go with another cell. */
const SILENT = ['order', 'side', 'country'];

function rowDeeds(cells: readonly Cell[], name: string): Deed[] {
  const [first] = cells;
  if (first?.rows === 'lines' || first?.rows === 'time') return lineDeeds(cells, isolate(name || m.line_unnamed()));
  if (first && isTable(first.rows)) return tableDeeds(first.rows, cells, name);
  const told = cells.filter(({ cell, value }) => !SILENT.includes(cell) && value !== null);
  const e164 = told.find(({ cell }) => cell === 'e164');
  const of = (cell: string) => told.filter((one) => one.cell === cell).map(({ value }) => isolate(String(value)));
  switch (first?.rows) {
    case 'phones':
      return of(e164 ? 'e164' : 'raw').map((phone) => ({ said: m.history_phone({ phone }) }));
    case 'emails':
      return of('address').map((address) => ({ said: m.history_email({ address }) }));
    case 'trainer':
    case 'slots':
      if (told.some(({ cell }) => cell === 'state')) {
        return told.map(({ value }) => ({ said: value === 'removed' ? m.history_row_removed() : m.history_row_kept() }));
      }
      if (first.rows === 'trainer') return of('label').map((name) => ({ said: m.history_trainer({ name }) }));
      return told.map(({ cell, value }) => ({
        said: m.history_slot({ field: fieldLabel(cell as Field), value: isolate(valueText(cell as Field, value, {})) }),
      }));
    default:
      return [];
  }
}

/** Cells that say where a comment stands and whom it tells: the ids of rows and accounts. */
const UNTOLD: readonly string[] = ['of', 'about', 'mentions'] satisfies Field[];

/** Who is to do something may be an account: its id is no word. */
const isAccount = (value: Value): boolean => typeof value === 'string' && /^[0-9a-f]{8}-[0-9a-f-]{27}$/.test(value);

function tableDeeds(rows: Table, cells: readonly Cell[], name: string): Deed[] {
  const table = tableLabel(rows);
  const state = cells.find(({ cell }) => cell === 'state')?.value;
  const named = cells.find(({ cell }) => cell === namedBy(rows));
  const text = named ? valueText(namedBy(rows), named.value, {}) : name;
  const label = isolate(text || m.line_unnamed());
  // Who adds a row names it in the same breath, and says that it stays.
  const isNew = named !== undefined && state === 'kept';
  const told = cells.filter(({ cell, value }) => {
    return cell !== 'state' && !(isNew && cell === named.cell) && !UNTOLD.includes(cell) && !isAccount(value);
  });
  const set = told.map(({ cell, value }) => {
    const field = cell as Field;
    return {
      said: m.history_row_set({ table, label, field: fieldLabel(field), value: isolate(valueText(field, value, {})) }),
    };
  });
  if (isNew) return [{ said: m.history_row_added({ table, label }) }, ...set];
  if (state === 'removed') return [{ said: m.history_table_row_removed({ table, label }) }];
  if (set.length === 0 && state === 'kept') return [{ said: m.history_table_row_kept({ table, label }) }];
  return set;
}

const LINE_CELLS: readonly string[] = [
  'volunteer',
  'day',
  'label',
  'heading',
  'nature',
  'quantity',
  'unit',
  'unit_cents',
  'currency',
  'rate_e4',
  'rate_day',
  'funding',
  'proof',
  'hours_e2',
  'hour_cents',
  'spent_cents',
  'difference',
] satisfies Field[];

function lineDeeds(cells: readonly Cell[], line: string): Deed[] {
  const state = cells.find(({ cell }) => cell === 'state')?.value;
  const hasLabel = cells.some(({ cell }) => cell === 'label');
  // An entry of the log of volunteers' time has no side.
  const isNew = cells.some(({ cell, rows }) => cell === 'side' || (rows === 'time' && hasLabel && state === 'kept'));
  const told = cells.filter(({ cell }) => LINE_CELLS.includes(cell) && !(isNew && cell === 'label'));
  const set = told.map(({ cell, value }) => ({
    said: m.history_line_set({ line, field: fieldLabel(cell as Field), value: isolate(valueText(cell as Field, value, {})) }),
  }));
  if (isNew) return [{ said: m.history_line_added({ line }) }, ...set];
  if (state === 'removed') return [{ said: m.history_line_removed({ line }) }, ...set];
  // M6: a change says that the line stays. Only where nothing was changed is that the deed.
  if (set.length === 0 && state === 'kept') return [{ said: m.history_line_kept({ line }) }];
  return set;
}
