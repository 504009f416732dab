/**
 * Long text while it is typed: what others wrote comes in without disturbing what stands under the fingers.
 *
 * Positions here are UTF-16 code units, as the page counts them, and they never leave this file: an edit names the text
 * that was seen and the text that was left, and the engine finds the place. No function splits a surrogate pair.
 */

/** What turns one text into another: at `at`, `removed` code units give way to `inserted`. */
export interface Splice {
  at: number;
  removed: number;
  inserted: string;
}

/** Cells of the table that compares lines. Above it, one splice covers the whole difference. */
const LINE_PAIRS_MAX = 250_000;

/** The one splice between two texts, or none: what stands between their common beginning and their common end. */
export function spliceBetween(before: string, after: string): Splice | null {
  if (before === after) return null;
  const shorter = Math.min(before.length, after.length);
  let at = 0;
  while (at < shorter && before.charCodeAt(at) === after.charCodeAt(at)) at += 1;
  // Two smileys share their first half: go back in front of it.
  if (splitsPair(before, at) || splitsPair(after, at)) at -= 1;
  let end = 0;
  while (end < shorter - at && before.charCodeAt(before.length - 1 - end) === after.charCodeAt(after.length - 1 - end)) end += 1;
  if (splitsPair(before, before.length - end) || splitsPair(after, after.length - end)) end -= 1;
  return { at, removed: before.length - at - end, inserted: after.slice(at, after.length - end) };
}

/**
 * The splices between two texts, first to last, counted in `before`.
 *
 * Others come back from a village with changes in several paragraphs at once. One splice over all of them would run
 * through the paragraph that is being typed, so lines that stayed the same part the difference.
 */
export function splicesBetween(before: string, after: string): Splice[] {
  const whole = spliceBetween(before, after);
  if (!whole) return [];
  const old = linesOf(before.slice(whole.at, whole.at + whole.removed));
  const young = linesOf(whole.inserted);
  if (old.length < 2 || young.length < 2 || old.length * young.length > LINE_PAIRS_MAX) return [whole];
  const splices: Splice[] = [];
  let [from, to] = [0, 0];
  let at = whole.at;
  for (const [i, j] of [...commonLines(old, young), [old.length, young.length] as const]) {
    const gone = old.slice(from, i).join('');
    const splice = spliceBetween(gone, young.slice(to, j).join(''));
    if (splice) splices.push({ ...splice, at: at + splice.at });
    at += gone.length + (old[i]?.length ?? 0);
    [from, to] = [i + 1, j + 1];
  }
  return splices;
}

/**
 * What others did to `base`, as splices of `mine`, which also grew out of `base`. They are to be done in their order, each
 * counted in the text that the one before it left.
 *
 * What was typed stays whole and in one piece. Where both reached into the same words, what either added stays, and
 * what either took out goes.
 */
export function rebase(base: string, mine: string, theirs: string): Splice[] {
  const typed = spliceBetween(base, mine) ?? { at: 0, removed: 0, inserted: '' };
  const typedEnd = typed.at + typed.removed;
  const grown = typed.inserted.length - typed.removed;
  const splices: Splice[] = [];
  let shift = 0;
  const push = (at: number, removed: number, inserted: string) => {
    if (removed === 0 && inserted === '') return;
    splices.push({ at: at + shift, removed, inserted });
    shift += inserted.length - removed;
  };
  for (const { at, removed, inserted } of splicesBetween(base, theirs)) {
    const end = at + removed;
    if (end <= typed.at) push(at, removed, inserted);
    else if (at >= typedEnd) push(at + grown, removed, inserted);
    else if (at < typed.at) {
      push(at, typed.at - at, inserted);
      push(typedEnd + grown, Math.max(0, end - typedEnd), '');
    } else push(typedEnd + grown, Math.max(0, end - typedEnd), inserted);
  }
  return splices;
}

export function applySplices(text: string, splices: readonly Splice[]): string {
  return splices.reduce((now, { at, removed, inserted }) => now.slice(0, at) + inserted + now.slice(at + removed), text);
}

/** Where a caret stands after the splices. Words that come in exactly at the caret come in behind it. */
export function moveCaret(caret: number, splices: readonly Splice[]): number {
  return splices.reduce((now, { at, removed, inserted }) => {
    if (now <= at) return now;
    if (now >= at + removed) return now + inserted.length - removed;
    return at + inserted.length;
  }, caret);
}

/**
 * A section being written.
 *
 * Words go out grouped by pause. Until a view brings them back, `sent` remembers what the text was after each group, so
 * that a view which does not have them yet is not mistaken for somebody who took them out.
 */
export interface Draft {
  /** The version that the last view showed, and its text. */
  version: string;
  seen: string;
  /** What the text was after each group of words that went out and has not come back, the oldest first. */
  sent: readonly { group: number; text: string }[];
  /** Groups that went out so far. */
  groups: number;
  /** What the page shows. */
  local: string;
}

/** What the engine is told of one group of words. */
export interface Words {
  version: string;
  before: string;
  after: string;
}

export function openDraft(version: string, text: string): Draft {
  return { version, seen: text, sent: [], groups: 0, local: text };
}

/** Takes the words typed since the last group, or null where there are none. */
export function takeWords(draft: Draft): { draft: Draft; words: Words; group: number } | null {
  const before = draft.sent.at(-1)?.text ?? draft.seen;
  if (before === draft.local) return null;
  const words = { version: draft.version, before, after: draft.local };
  const group = draft.groups + 1;
  return { draft: { ...draft, sent: [...draft.sent, { group, text: draft.local }], groups: group }, words, group };
}

/** A group could not be saved: its words go out again with those that come next. */
export function keepWords(draft: Draft, group: number): Draft {
  return { ...draft, sent: draft.sent.filter((one) => one.group !== group) };
}

/** Takes a view in. `splices` is what the page must do to the text it shows. */
export function takeView(draft: Draft, version: string, text: string): { draft: Draft; splices: Splice[] } {
  const known = [draft.seen, ...draft.sent.map((one) => one.text)];
  const reached = reachedBy(known, text);
  const base = known[reached] ?? draft.seen;
  const outstanding = draft.sent.slice(reached);
  const sent = outstanding.map((one) => ({ ...one, text: applySplices(one.text, rebase(base, one.text, text)) }));
  const splices = rebase(base, draft.local, text);
  return { draft: { ...draft, version, seen: text, sent, local: applySplices(draft.local, splices) }, splices };
}

/**
 * Which of the texts that this page knows a view grew out of: the nearest. Of two that are as near the later, because to
 * take one's own words for somebody else's would write them twice.
 */
function reachedBy(known: readonly string[], text: string): number {
  let nearest = 0;
  let least = Infinity;
  known.forEach((candidate, index) => {
    const distance = splicesBetween(candidate, text).reduce((sum, splice) => sum + splice.removed + splice.inserted.length, 0);
    if (distance <= least) [nearest, least] = [index, distance];
  });
  return nearest;
}

/** Whether a text, cut at that position, would be cut inside a character of two code units. */
function splitsPair(text: string, at: number): boolean {
  return isHigh(text.charCodeAt(at - 1)) && isLow(text.charCodeAt(at));
}

const isHigh = (unit: number) => unit >= 0xd800 && unit <= 0xdbff;
const isLow = (unit: number) => unit >= 0xdc00 && unit <= 0xdfff;

/** Each with the newline that ends it. */
const linesOf = (text: string) => text.match(/[^\n]*\n|[^\n]+/g) ?? [];

/** The longest run of pairs of equal lines, in order. */
function commonLines(old: readonly string[], young: readonly string[]): (readonly [number, number])[] {
  const width = young.length + 1;
  const longest = new Uint32Array((old.length + 1) * width);
  const at = (i: number, j: number) => longest[i * width + j] ?? 0;
  for (let i = old.length - 1; i >= 0; i -= 1) {
    for (let j = young.length - 1; j >= 0; j -= 1) {
      longest[i * width + j] = old[i] === young[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const pairs: [number, number][] = [];
  let [i, j] = [0, 0];
  while (i < old.length && j < young.length) {
    if (old[i] === young[j]) {
      pairs.push([i, j]);
      [i, j] = [i + 1, j + 1];
    } else if (at(i + 1, j) >= at(i, j + 1)) i += 1;
    else j += 1;
  }
  return pairs;
}
