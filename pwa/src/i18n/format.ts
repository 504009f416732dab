//! Dates, times, numbers and money in the words of the app's language.
import { language, region } from './language.svelte';

// Making a formatter costs far more than using it.
const formatters = new Map<string, Intl.DateTimeFormat | Intl.NumberFormat>();

function cached<Formatter extends Intl.DateTimeFormat | Intl.NumberFormat>(name: string, make: () => Formatter): Formatter {
  const key = `${region()} ${name}`;
  let formatter = formatters.get(key);
  if (!formatter) formatters.set(key, (formatter = make()));
  return formatter as Formatter;
}

const dates = (name: string, options: Intl.DateTimeFormatOptions) =>
  cached(name, () => new Intl.DateTimeFormat(region(), options)) as Intl.DateTimeFormat;

const two = (number: number): string => String(number).padStart(2, '0');

const ONE_DAY_MS = 86_400_000;

/** A plain day of the calendar, which no time zone may move: milliseconds of its midnight in UTC, or NaN. */
const dayMs = (day: string): number => Date.parse(`${day}T00:00:00Z`);

/** Today by this device's clock, `2026-11-23`. */
export function today(now_ms: number = Date.now()): string {
  const now = new Date(now_ms);
  return `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
}

/** 'lundi 23 novembre', with the year if it is another one; the text itself if it is no day. */
export function dayInWords(day: string): string {
  const ms = dayMs(day);
  if (Number.isNaN(ms)) return day;
  const otherYear = day.slice(0, 4) !== today().slice(0, 4);
  return dates(`long${otherYear}`, {
    weekday: 'long',
    day: 'numeric',
    month: 'long',
    ...(otherYear && { year: 'numeric' }),
    timeZone: 'UTC',
  }).format(ms);
}

/** 'lun. 23 nov.' */
export function dayInShort(day: string): string {
  const ms = dayMs(day);
  if (Number.isNaN(ms)) return day;
  return dates('short', { weekday: 'short', day: 'numeric', month: 'short', timeZone: 'UTC' }).format(ms);
}

/** "aujourd'hui", 'demain', 'hier', or the day in words. */
export function dayFromToday(day: string): string {
  const days = Math.round((dayMs(day) - dayMs(today())) / ONE_DAY_MS);
  if (!(Math.abs(days) <= 1)) return dayInWords(day);
  return new Intl.RelativeTimeFormat(region(), { numeric: 'auto' }).format(days, 'day');
}

/**
 * A time of day as documents write it, `09:00`, as this language writes it. All of ours write it as documents do. The browser's own
 * formatter says the same, but the first one that is made costs an old phone a tenth of a second before the roster is there.
 */
export function timeOfDay(time: string): string {
  return time;
}

/** When, by this device's clock and zone: '10:42'. */
export function clockTime(at_ms: number): string {
  const at = new Date(at_ms);
  return `${two(at.getHours())}:${two(at.getMinutes())}`;
}

/** When, by this device's clock and zone: '10:42' today, else with the day. */
export function moment(at_ms: number): string {
  if (today(at_ms) === today()) return clockTime(at_ms);
  return dates('moment', { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(at_ms);
}

/** A whole or broken number with this language's separators. */
export function number(value: number): string {
  // Small ones look alike everywhere, and no formatter has to be made for them.
  if (Number.isInteger(value) && value >= 0 && value < 1000) return String(value);
  return cached('number', () => new Intl.NumberFormat(region())).format(value);
}

/** An amount of euros, or of another currency, given in cents. */
export function money(cents: number, currency = 'EUR'): string {
  return cached(currency, () => new Intl.NumberFormat(region(), { style: 'currency', currency })).format(cents / 100);
}

/** 'A, B and C' */
export function list(words: readonly string[]): string {
  return new Intl.ListFormat(region(), { type: 'conjunction' }).format(words);
}

/**
 * Keeps a name, a number or a time whole inside a sentence of the other direction: without these two signs an Arabic line reorders
 * what stands around Latin letters.
 */
export function isolate(text: string): string {
  return `\u2068${text}\u2069`;
}

/** For sorting names: by this language's alphabet, without regard to case. */
export function byAlphabet(): (a: string, b: string) => number {
  return new Intl.Collator(language(), { sensitivity: 'base' }).compare;
}
