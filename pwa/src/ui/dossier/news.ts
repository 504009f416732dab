//! What others wrote into a long text since it was last looked at: from where the engine counts to where the page shows it.
import type { AuthorEntry } from '../../generated/AuthorEntry';
import type { NewSpan } from '../../generated/NewSpan';
import { moveCaret, splicesBetween } from './rebase';

/** A passage as the page shows it, in UTF-16 code units. */
export interface Passage {
  at: number;
  end: number;
  span: NewSpan;
}

/** Spans are counted in characters, the page in code units: a smiley is one and two. Both rise. */
export function passagesOf(text: string, spans: readonly NewSpan[]): Passage[] {
  const passages: Passage[] = [];
  let [chars, units] = [0, 0];
  const unitsAt = (place: number) => {
    while (chars < place && units < text.length) {
      units += (text.codePointAt(units) ?? 0) > 0xffff ? 2 : 1;
      chars += 1;
    }
    return units;
  };
  for (const span of spans) {
    const at = unitsAt(span.at);
    passages.push({ at, end: unitsAt(span.at + span.chars), span });
  }
  return passages;
}

/** Where passages of one text stand in what became of it under the fingers. Those of which nothing is left are gone. */
export function moved(passages: readonly Passage[], from: string, to: string): Passage[] {
  if (from === to) return [...passages];
  // Each splice is counted in `from`; to follow them one after the other they are counted in what the ones before left.
  let grown = 0;
  const splices = splicesBetween(from, to).map(({ at, removed, inserted }) => {
    const splice = { at: at + grown, removed, inserted };
    grown += inserted.length - removed;
    return splice;
  });
  return passages.flatMap(({ at, end, span }) => {
    // What is typed at its end is not a part of it.
    const stands = { at: moveCaret(at, splices), end: moveCaret(end, splices), span };
    return stands.end > stands.at ? [stands] : [];
  });
}

/** A text cut at the edges of its passages, for showing it with marks. */
export function cut(text: string, passages: readonly Passage[]): { text: string; isNew: boolean; at: number }[] {
  const parts: { text: string; isNew: boolean; at: number }[] = [];
  let from = 0;
  for (const { at, end } of passages) {
    if (at > from) parts.push({ text: text.slice(from, at), isNew: false, at: from });
    if (end > Math.max(at, from)) parts.push({ text: text.slice(Math.max(at, from), end), isNew: true, at });
    from = Math.max(from, end);
  }
  parts.push({ text: text.slice(from), isNew: false, at: from });
  return parts;
}

/** Whose the passages are, the most first: each person once. */
export function writersOf(passages: readonly Passage[], authors: readonly AuthorEntry[]): { name: string; passages: number }[] {
  const counted = new Map<string, number>();
  for (const { span } of passages) {
    const name = authors.find(({ device }) => device === span.by)?.name ?? '';
    counted.set(name, (counted.get(name) ?? 0) + 1);
  }
  return [...counted].map(([name, passages]) => ({ name, passages })).sort((a, b) => b.passages - a.passages);
}
