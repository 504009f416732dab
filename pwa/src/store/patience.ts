/**
 * Wrong codes cost time, more with each. What was tried is on the disk before it is tried, so that closing the app gains nothing; and
 * nothing is ever wiped by itself: a child that plays with a phone must not destroy a day's work.
 */

/** What is kept of wrong codes. */
export interface Tries {
  /** Wrong codes in a row. */
  wrong: number;
  /** When the last one was noted, by this device's clock. */
  notedMs: number;
}

export const NO_TRIES: Tries = { wrong: 0, notedMs: 0 };

/** In seconds, after the first wrong code, the second, and so on; then the last for ever: a day has room for 24 guesses. */
const WAITS_S = [0, 0, 5, 15, 30, 60, 300, 900, 3600];

/** One more code is about to be tried: until it proves right it counts as a wrong one. */
export function tried(before: Tries, nowMs: number): Tries {
  return { wrong: before.wrong + 1, notedMs: nowMs };
}

/** How long the person must wait from now on. A clock that was set back makes it no shorter: the wait begins again. */
export function waitMs({ wrong, notedMs }: Tries, nowMs: number): number {
  if (wrong === 0) return 0;
  const whole_ms = (WAITS_S[Math.min(wrong, WAITS_S.length) - 1] ?? 0) * 1000;
  const passed_ms = nowMs - notedMs;
  return passed_ms < 0 ? whole_ms : Math.max(0, whole_ms - passed_ms);
}

/** The same tries, noted now if the clock was set back since: from then on the wait passes. */
export function renoted(tries: Tries, nowMs: number): Tries {
  return nowMs < tries.notedMs ? { ...tries, notedMs: nowMs } : tries;
}
