//! Whether somebody who is being registered may be in the directory already.
import type { PersonCard } from '../../generated/PersonCard';
import { foldSearch, matcher } from '../../search';

/** Beginnings of words, for Mohamed is also written Mohammed, and Ait Brahim Ait Ibrahim. In letters. */
const BEGINNING_CHARS = 4;
/** A first name alone is half of the village's. */
const WORDS_MIN = 2;
const SHOWN_MAX = 3;

/** People with such a name, those of exactly this name first. */
export function knownPeople(people: readonly PersonCard[], names: readonly string[]): PersonCard[] {
  const found = new Set<PersonCard>();
  for (const shorten of [false, true]) {
    for (const name of names) {
      const words = foldSearch(name).split(' ').filter(Boolean);
      if (words.length < WORDS_MIN) continue;
      const sought = shorten ? words.map((word) => [...word].slice(0, BEGINNING_CHARS).join('')) : words;
      const fits = matcher(sought.join(' '));
      for (const person of people) if (fits(person.search)) found.add(person);
    }
  }
  return [...found].slice(0, SHOWN_MAX);
}
