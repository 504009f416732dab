/** When to try again. */

const RETRY_MS_MIN = 5_000;
const RETRY_MS_MAX = 5 * 60_000;

/**
 * How long to wait after so many failures in a row: 5 s, 10 s, 20 s, up to 5 minutes, and of that a random part between a half
 * and the whole, so that a hundred phones do not all come back to a server in the same second.
 */
export function retryMs(failures: number, random: number = Math.random()): number {
  const whole = Math.min(RETRY_MS_MAX, RETRY_MS_MIN * 2 ** Math.max(0, failures - 1));
  return whole * (0.5 + random / 2);
}

/** One timer, that only ever comes closer until it has rung. */
export class Alarm {
  readonly #ring: () => void;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #atMs = Infinity;

  constructor(ring: () => void) {
    this.#ring = ring;
  }

  within(ms: number): void {
    const atMs = Date.now() + ms;
    if (atMs >= this.#atMs) return;
    clearTimeout(this.#timer);
    this.#atMs = atMs;
    this.#timer = setTimeout(() => {
      this.#atMs = Infinity;
      this.#ring();
    }, ms);
  }

  off(): void {
    clearTimeout(this.#timer);
    this.#atMs = Infinity;
  }
}
