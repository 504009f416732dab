//! A list of people that was copied from elsewhere, one a line: what each line says, and who of the directory may be meant.
import type { DocumentId } from '../../generated/DocumentId';
import type { KnownPerson } from '../../generated/KnownPerson';
import type { PersonCard } from '../../generated/PersonCard';
import { foldSearch } from '../../search';

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
  | { is: 'several'; people: readonly KnownPerson[] }
  | { is: 'new' }
  /** The same as another line, or the same person. */
  | { is: 'again'; line: number };

export interface ReadLine {
  /** Its place in what was pasted, from 1. */
  line: number;
  text: string;
  name: PastedName;
}

export interface PastedLine extends ReadLine {
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

/** What each line that holds a name says. */
export function readLines(text: string): ReadLine[] {
  return text
    .split(/\r?\n/)
    .slice(0, PASTED_LINES_MAX)
    .flatMap((raw, n) => {
      const name = readName(raw);
      return name ? [{ line: n + 1, text: [name.given, name.family, name.name_ar].filter(Boolean).join(' '), name }] : [];
    });
}

/** Who may be meant by each line; `found` are those whom the engine knows for it. */
export function matched(read: readonly ReadLine[], found: readonly KnownPerson[][]): PastedLine[] {
  const keys = new Map<string, number>();
  const taken = new Map<DocumentId, number>();
  return read.map((one, n) => {
    const key = keyOf(one.text);
    const match = matchOf(found[n] ?? []);
    const before = keys.get(key) ?? (match.is === 'sure' ? taken.get(match.person.person) : undefined);
    if (before !== undefined) return { ...one, match: { is: 'again', line: before } };
    keys.set(key, one.line);
    if (match.is === 'sure') taken.set(match.person.person, one.line);
    return { ...one, match };
  });
}

/** Who has exactly these names comes before whoever is called alike. */
function matchOf(known: readonly KnownPerson[]): Match {
  const exact = known.filter(({ reasons }) => reasons.includes('same_name'));
  const [only, ...others] = exact;
  if (only && others.length === 0) return { is: 'sure', person: only.card };
  const several = only ? exact : known;
  return several.length > 0 ? { is: 'several', people: several } : { is: 'new' };
}
