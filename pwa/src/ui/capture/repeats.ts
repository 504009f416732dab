/** A code that stays before the camera is read many times a second, and counts once. */
export class Repeats {
  readonly #pause_ms: number;
  #text: string | null = null;
  #seenMs = 0;

  /** @param pause_ms so long a code must be out of sight before it counts again */
  constructor(pause_ms: number) {
    this.#pause_ms = pause_ms;
  }

  /** Whether this is a code that has just come. */
  isNew(text: string, nowMs: number): boolean {
    const repeated = text === this.#text && nowMs - this.#seenMs < this.#pause_ms;
    this.#text = text;
    this.#seenMs = nowMs;
    return !repeated;
  }
}
