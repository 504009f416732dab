//! A list of people that was copied from elsewhere, one a line: what each line says, and who of the directory may be meant.
import type { DocumentId } from '../../generated/DocumentId';
import type { PersonCard } from '../../generated/PersonCard';
import { foldSearch } from '../../search';
import { knownPeople } from './known';

/** More than any room holds, and no more than a phone shows with ease. */
export const PASTED_LINES_MAX = 500;

export interface PastedName {
  given: string;
  family: string;
  name_ar: string;
}

export type Match =
  /** Exactly one person has these names, in whatever order. */
  | { is: 'sure'; person: PersonCard }
  /** Some may be meant: a human chooses. */
  | { is: 'several'; people: PersonCard[] }
  | { is: 'new' }
  /** The same as another line, or the same person. */
  | { is: 'again'; line: number };

export interface PastedLine {
  /** Its place in what was pasted, from 1. */
  line: number;
  text: string;
  name: PastedName;
  match: Match;
}

const ARABIC = /\p{Script=Arabic}/u;
/** What stands before a name in lists: numbers, dashes, dots, boxes. */
const BULLET = /^[\s\p{P}\p{S}]*(?:\d+\s*[.)°:/-]*\s*)?[\p{P}\p{S}\s]*/u;

/** A line's name; null where it holds none. Numbers and addresses beside it are left out: a roster holds names. */
export function readName(text: string): PastedName | null {
  const cells = text.replace(BULLET, '').split(/[\t;,]/).map(tidy).filter(Boolean);
  const whole = cells.join(' ');
  if (!whole) return null;
  if (ARABIC.test(whole)) return { given: '', family: '', name_ar: whole };
  const words = whole.split(' ');
  const shouted = words.filter(isShouted);
  // Of a list that shouts everything nothing can be learnt.
  if (shouted.length > 0 && shouted.length < words.length) {
    return { given: words.filter((word) => !isShouted(word)).join(' '), family: shouted.join(' '), name_ar: '' };
  }
  const [first = '', second = ''] = cells;
  // In a table, and before a comma, the family name comes first.
  if (cells.length === 2) return { given: second, family: first, name_ar: '' };
  return { given: words[0] ?? '', family: words.slice(1).join(' '), name_ar: '' };
}

/** Without what holds digits or an at sign. */
function tidy(cell: string): string {
  return cell
    .split(/\s+/)
    .filter((word) => /\p{L}/u.test(word) && !/[\d@]/.test(word))
    .join(' ');
}

const isShouted = (word: string): boolean => /\p{Lu}.*\p{Lu}/u.test(word) && word === word.toUpperCase();

/** The words of a name in an order that does not depend on who wrote it. */
const keyOf = (name: string): string => foldSearch(name).split(' ').sort().join(' ');

/** What each line that holds a name says, and who may be meant. */
export function readList(text: string, people: readonly PersonCard[]): PastedLine[] {
  const named = new Map<string, PersonCard[]>();
  for (const person of people) {
    for (const key of new Set([keyOf(person.name), keyOf(person.name_ar)])) {
      if (key) named.set(key, [...(named.get(key) ?? []), person]);
    }
  }
  const keys = new Map<string, number>();
  const taken = new Map<DocumentId, number>();
  const lines: PastedLine[] = [];
  for (const [n, raw] of text.split(/\r?\n/).slice(0, PASTED_LINES_MAX).entries()) {
    const name = readName(raw);
    if (!name) continue;
    const written = [name.given, name.family, name.name_ar].filter(Boolean).join(' ');
    const key = keyOf(written);
    const line = n + 1;
    const match = matchOf(named.get(key) ?? [], written, people);
    const before = keys.get(key) ?? (match.is === 'sure' ? taken.get(match.person.person) : undefined);
    lines.push({ line, text: written, name, match: before === undefined ? match : { is: 'again', line: before } });
    if (before !== undefined) continue;
    keys.set(key, line);
    if (match.is === 'sure') taken.set(match.person.person, line);
  }
  return lines;
}

function matchOf(exact: readonly PersonCard[], written: string, people: readonly PersonCard[]): Match {
  const [only, ...others] = exact;
  if (only && others.length === 0) return { is: 'sure', person: only };
  const several = only ? [...exact] : knownPeople(people, [written]);
  return several.length > 0 ? { is: 'several', people: several } : { is: 'new' };
}
