//! Phone numbers as they are typed at a door: formatted where they are understood, and their country asked where it is not plain.
import { type CountryCode, type MetadataJson, parsePhoneNumberFromString } from 'libphonenumber-js/core';
import plans from 'libphonenumber-js/metadata.min.json';
import type { Phone } from '../../generated/Phone';

/** The two countries whose bare numbers are written here. */
export type Home = 'FR' | 'MA';

export type Reading =
  /** Nothing, or too little to say anything. */
  | { kind: 'short' }
  /** A number in France and another one in Morocco: it must be asked, never guessed. */
  | { kind: 'ask' }
  | { kind: 'number'; country: string; e164: string; shown: string }
  /** Not a number of a plan that is known here. */
  | { kind: 'unknown' };

/** The shapes that `phone.rs` stores. */
const STORED: Record<Home, RegExp> = { FR: /^\+33[1-9]\d{8}$/, MA: /^\+212[5-7]\d{8}$/ };

/** No number that is dialled from abroad is shorter. In digits. */
const DIGITS_MIN = 9;

export function readPhone(raw: string, chosen: Home | null): Reading {
  const dialled = clean(raw);
  if (dialled.replace('+', '').length < DIGITS_MIN) return { kind: 'short' };
  if (dialled.startsWith('+')) return read(dialled) ?? { kind: 'unknown' };
  if (chosen) return read(dialled, chosen) ?? { kind: 'unknown' };
  if (isBoth(dialled)) return { kind: 'ask' };
  const [french, moroccan] = [read(dialled, 'FR'), read(dialled, 'MA')];
  if (french && moroccan) return { kind: 'ask' };
  return french ?? moroccan ?? { kind: 'unknown' };
}

/** What is stored: always what was typed, and the number where it was understood. */
export function phoneOf(raw: string, chosen: Home | null): Phone | null {
  if (!raw.trim()) return null;
  const reading = readPhone(raw, chosen);
  if (reading.kind === 'number') return { raw: raw.trim(), country: reading.country, e164: reading.e164 };
  return { raw: raw.trim(), country: chosen, e164: null };
}

/** 06 and 07 are mobiles of both countries, 05 the south-west of one and every fixed line of the other; the zero may be missing. */
function isBoth(dialled: string): boolean {
  return /^(0[5-7]\d{8}|[5-7]\d{8})$/.test(dialled);
}

function read(dialled: string, home?: Home): (Reading & { kind: 'number' }) | null {
  const options = home ? { defaultCountry: home as CountryCode, extract: false } : { extract: false };
  const number = parsePhoneNumberFromString(dialled, options, plans as unknown as MetadataJson);
  if (!number?.country || !number.isValid()) return null;
  const stored = STORED[number.country as Home];
  if (stored && !stored.test(number.number)) return null;
  return { kind: 'number', country: number.country, e164: number.number, shown: number.formatInternational() };
}

/** Digits, with `+` in front where the country follows: as `clean_digits` of the engine. */
function clean(raw: string): string {
  const digits = raw.normalize('NFKC').replaceAll(/[٠-٩۰-۹]/g, (digit) => String((digit.codePointAt(0) ?? 0) & 0xf));
  const international = /^\s*(\+|00)/.test(digits);
  const dialled = digits.replaceAll(/\D/g, '');
  if (!international) return dialled;
  // +33 (0)6…: the zero is written and not dialled.
  return `+${dialled.replace(/^00/, '').replace(/^(33|212)0/, '$1')}`;
}
