//! Days of the calendar, `2026-11-23`, which no time zone and no change of the clocks moves; and the days of a series.

const ONE_DAY_MS = 86_400_000;

const midnightMs = (day: string): number => Date.parse(`${day}T00:00:00Z`);
const dayOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10);

export function isDay(day: string): boolean {
  return /^\d{4}-\d\d-\d\d$/.test(day) && !Number.isNaN(midnightMs(day)) && dayOf(midnightMs(day)) === day;
}

/** So many days later, or earlier. What is no day stays as it is. */
export function addDays(day: string, days: number): string {
  return isDay(day) ? dayOf(midnightMs(day) + days * ONE_DAY_MS) : day;
}

export function daysBetween(from: string, to: string): number {
  return Math.round((midnightMs(to) - midnightMs(from)) / ONE_DAY_MS);
}

/** The same day of a later month, or its last one where it has no such day. */
export function addMonths(day: string, months: number): string {
  if (!isDay(day)) return day;
  const [year = 0, month = 1, date = 1] = day.split('-').map(Number);
  const last = new Date(Date.UTC(year, month + months, 0));
  return dayOf(Date.UTC(last.getUTCFullYear(), last.getUTCMonth(), Math.min(date, last.getUTCDate())));
}

export type Rhythm = 'weekly' | 'fortnightly' | 'monthly';

/**
 * The days on which the sessions of a series begin, the first one among them. Months are counted from the first day, so that a series
 * of the 31st is on the 28th in February and on the 31st again in March.
 */
export function seriesDays(first: string, rhythm: Rhythm, count: number): string[] {
  const nth = {
    weekly: (n: number) => addDays(first, 7 * n),
    fortnightly: (n: number) => addDays(first, 14 * n),
    monthly: (n: number) => addMonths(first, n),
  }[rhythm];
  return Array.from({ length: count }, (_, n) => nth(n));
}
