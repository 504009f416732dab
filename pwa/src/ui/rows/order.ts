//! Where a row stands among the others: a text by which they are sorted.

/** As in the engine's `field.rs`. */
const CHARS_MAX = 64;

/** A text between two others; an empty one is open on its side. Where there is none between them, one that is not below `low`. */
export function between(low: string, high: string): string {
  if (high !== '' && low >= high) return low;
  // At the end it stays near: rows that are added later are sorted by their clocks, behind it.
  if (high === '') return `${low}8`;
  let text = '';
  for (let n = 0; n < CHARS_MAX; n += 1) {
    // Hexadecimal, as the engine writes them: what is open below is 0, what is open above is above f.
    const from = parseInt(low.charAt(n) || '0', 16) || 0;
    const to = high === '' ? 16 : parseInt(high.charAt(n) || '0', 16) || 0;
    if (to - from > 1) return text + Math.floor((from + to) / 2).toString(16);
    text += from.toString(16);
    // From here on whatever comes after `low` is below `high`.
    if (to > from) high = '';
  }
  return low;
}
