/** Views as plain values: taking the engine's updates over, and keeping the parts that did not change. */
import type { RosterRow } from '../generated/RosterRow';
import type { View } from '../generated/View';
import type { ViewUpdate } from '../generated/ViewUpdate';
import { foldSearch } from '../search';

/**
 * The view after an update, or null where it is unknown: rows that change a roster which is not held.
 *
 * Whatever did not change stays the same object, so that a list of 500 paints one row again and not all of them.
 */
export function updated(before: View | null, update: ViewUpdate): View | null {
  if (update.update === 'whole') return kept(before, update.view);
  if (before?.view !== 'event') return null;
  const rows = before.rows.slice();
  const places = new Map(rows.map((row, n) => [row.person, n]));
  const added: RosterRow[] = [];
  for (const row of update.rows) {
    const place = places.get(row.person);
    if (place === undefined) added.push(row);
    else rows[place] = row;
  }
  return { ...before, head: kept(before.head, update.head), rows: added.reduce(withRow, rows) };
}

/** `now`, with every part of it that equals its counterpart in `before` replaced by that one. */
export function kept<T>(before: unknown, now: T): T {
  if (Object.is(before, now)) return now;
  if (typeof before !== 'object' || typeof now !== 'object' || before === null || now === null) return now;
  if (Array.isArray(now)) return Array.isArray(before) ? keptList(before, now) : now;
  if (Array.isArray(before)) return now;
  const old = before as Record<string, unknown>;
  const young = now as Record<string, unknown>;
  const names = Object.keys(young);
  let same = names.length === Object.keys(old).length;
  for (const name of names) {
    young[name] = kept(old[name], young[name]);
    same &&= name in old && Object.is(old[name], young[name]);
  }
  return same ? (before as T) : now;
}

/** Rows are compared with those of the same name: one that is added or leaves moves all that follow it. */
function keptList<T>(before: unknown[], now: T & unknown[]): T {
  const byName = new Map(before.map((item, n) => [nameOf(item) ?? n, item]));
  let same = before.length === now.length;
  for (const [n, item] of now.entries()) {
    now[n] = kept(byName.get(nameOf(item) ?? n), item);
    same &&= Object.is(before[n], now[n]);
  }
  return same ? (before as T & unknown[]) : now;
}

/** By which field the rows of each list are told apart. */
const NAMES = ['person', 'line', 'row', 'event', 'dossier', 'slot', 'field', 'document', 'id'];

function nameOf(item: unknown): string | null {
  if (typeof item !== 'object' || item === null) return null;
  const row = item as Record<string, unknown>;
  for (const name of NAMES) {
    const value = row[name];
    if (typeof value === 'string') return value;
  }
  return null;
}

/**
 * The roster with one more row, about where the engine will put it.
 *
 * The engine sorts by family name, which a row does not tell apart from the first name; the last word is mostly it. A row that
 * lands a little off is put right whenever the roster comes whole.
 */
export function withRow(rows: RosterRow[], row: RosterRow): RosterRow[] {
  const name = sortName(row);
  const place = rows.findIndex((other) => sortName(other) > name);
  return place < 0 ? [...rows, row] : [...rows.slice(0, place), row, ...rows.slice(place)];
}

/** Rows stay the same objects as long as nothing changes in them: their names need not be folded again. */
const sortNames = new WeakMap<RosterRow, string>();

function sortName(row: RosterRow): string {
  const known = sortNames.get(row);
  if (known !== undefined) return known;
  const words = foldSearch(row.name).split(' ');
  const made = `${words.pop()} ${words.join(' ')}`;
  sortNames.set(row, made);
  return made;
}
