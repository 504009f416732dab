/** Rows from `start` up to, not including, `end`. */
export interface Span {
  start: number;
  end: number;
}

/** Before a row was seen. In px: two lines and their margins. */
const GUESSED_PX = 72;

/** How high rows are: those that were drawn once are known, the others are guessed by the mean of the known. */
export class Heights {
  #known = new Map<string, number>();
  #sum = 0;

  /** Says whether that is news. */
  measure(key: string, height_px: number): boolean {
    // A row that is being removed measures nothing.
    if (height_px === 0 || this.#known.get(key) === height_px) return false;
    this.#sum += height_px - (this.#known.get(key) ?? 0);
    this.#known.set(key, height_px);
    return true;
  }

  /** The top of each row in px from the first one's, and at last the end of the whole. */
  tops(keys: readonly string[]): Float64Array {
    const guess = this.#known.size > 0 ? this.#sum / this.#known.size : GUESSED_PX;
    const tops = new Float64Array(keys.length + 1);
    keys.forEach((key, n) => (tops[n + 1] = (tops[n] ?? 0) + (this.#known.get(key) ?? guess)));
    return tops;
  }

  /** The rows that touch a stretch of the list. */
  span(tops: Float64Array, from_px: number, to_px: number): Span {
    const count = tops.length - 1;
    const start = Math.min(Math.max(after(tops, from_px) - 1, 0), count);
    return { start, end: Math.min(Math.max(after(tops, to_px), start), count) };
  }
}

/** The first index whose top lies beyond. */
function after(tops: Float64Array, px: number): number {
  let [low, high] = [0, tops.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((tops[middle] ?? 0) > px) high = middle;
    else low = middle + 1;
  }
  return low;
}
