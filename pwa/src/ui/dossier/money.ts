/** Money and counts as people type them. Whole cents all the way: no fraction is ever computed. */

/** One amount, in cents, as in the engine's `limit::CENTS_MAX`: ten million euros. */
export const CENTS_MAX = 1_000_000_000;

/** Decimals of what is neither money nor whole, and the most that the engine takes, in its smallest parts. */
export const DECIMALS = {
  rate_e4: { places: 4, most: 10_000_000 },
  hours_e2: { places: 2, most: 1_000_000 },
  // Basis points are hundredths of a percent.
  grant_share_max_bp: { places: 2, most: 10_000 },
  valorisation_share_max_bp: { places: 2, most: 10_000 },
  share_max_bp: { places: 2, most: 10_000 },
} as const;

/** What an hour of volunteers' time may be worth, in cents, as in the engine's `field::HourCents`. */
export const HOUR_CENTS_MAX = 1_000_000;

/** A budget line's quantity, as in the engine's `field::Quantity`. */
export const QUANTITY_MAX = 1_000_000;

export type Typed =
  | { is: 'empty' }
  | { is: 'number'; number: number }
  /** Not a number, or one that can be read in two ways. */
  | { is: 'unclear' }
  | { is: 'too_large' };

const EMPTY: Typed = { is: 'empty' };
const UNCLEAR: Typed = { is: 'unclear' };

/** Euros to cents: `1 250,50`, `1250.5`, `1.250,50 €`, `١٢٥٠٫٥٠`. */
export function parseEuros(text: string): Typed {
  const tidy = tidied(text);
  if (tidy === '') return EMPTY;
  const parts = wholeAndCents(tidy.replace(/^€|(?:€|eur|euros?)$/i, '').trim());
  return parts ? bounded(`${parts.whole}${parts.cents.padEnd(2, '0')}`, CENTS_MAX) : UNCLEAR;
}

/** A whole number: `1 000`, `12`, `٣`. */
export function parseCount(text: string, most: number): Typed {
  const tidy = tidied(text);
  if (tidy === '') return EMPTY;
  const whole = ungrouped(tidy);
  return whole === null ? UNCLEAR : bounded(whole, most);
}

/** A number with so many decimals at most, as a whole number of its smallest parts: `2,5` with two is 250. */
export function parseDecimal(text: string, places: number, most: number): Typed {
  const tidy = tidied(text);
  if (tidy === '') return EMPTY;
  const [, whole, decimals = ''] = /^(\d+)(?:[.,](\d+))?$/.exec(tidy) ?? [];
  if (whole === undefined || decimals.length > places) return UNCLEAR;
  return bounded(whole + decimals.padEnd(places, '0'), most);
}

/** Smallest parts as they are typed: 250 with two places is `2,5`. */
export function decimalText(parts: number, places: number, comma: '.' | ','): string {
  const digits = String(parts).padStart(places + 1, '0');
  const decimals = digits.slice(-places).replace(/0+$/, '');
  return digits.slice(0, -places) + (decimals && comma + decimals);
}

/** Cents as they are typed into a field, without a sign for the currency: `1250,50`. */
export function eurosText(cents: number, comma: '.' | ','): string {
  const digits = String(Math.abs(cents)).padStart(3, '0');
  const sign = cents < 0 ? '-' : '';
  const fraction = digits.slice(-2);
  return sign + digits.slice(0, -2) + (fraction === '00' ? '' : comma + fraction);
}

/** Latin digits, `,` and `.` for whatever stands for them, and a plain space for whatever parts thousands by a gap. */
function tidied(text: string): string {
  return text
    .replace(/[\u200e\u200f\u061c]/g, '')
    .replace(/[\s'\u2019]+/g, ' ')
    .trim()
    .replace(/[\u0660-\u0669]/g, (digit) => String(digit.charCodeAt(0) - 0x660))
    .replace(/[\u06f0-\u06f9]/g, (digit) => String(digit.charCodeAt(0) - 0x6f0))
    .replace(/[\u066b\u060c]/g, ',')
    .replace(/\u066c/g, '.');
}

/** The two sides of the decimal comma, whichever sign was used for it. */
function wholeAndCents(text: string): { whole: string; cents: string } | null {
  const last = Math.max(text.lastIndexOf(','), text.lastIndexOf('.'));
  const behind = text.slice(last + 1);
  // One or two digits behind the last sign are cents; three are thousands, because nobody writes thousandths of a euro.
  if (last >= 0 && /^\d{1,2}$/.test(behind)) {
    const sign = text.charAt(last);
    const front = text.slice(0, last);
    if (front.includes(sign)) return null;
    const whole = front === '' ? '0' : ungrouped(front);
    return whole === null ? null : { whole, cents: behind };
  }
  const whole = ungrouped(text);
  return whole === null ? null : { whole, cents: '' };
}

/** Digits without the signs between thousands: all the same sign, and three digits behind each. `12 50` is not clear. */
function ungrouped(text: string): string | null {
  if (/^\d+$/.test(text)) return text;
  const grouped = /^[1-9]\d{0,2}(?:(?:,\d{3})+|(?:\.\d{3})+|(?: \d{3})+)$/.test(text);
  return grouped ? text.replace(/[,. ]/g, '') : null;
}

function bounded(digits: string, most: number): Typed {
  const short = digits.replace(/^0+(?=\d)/, '');
  // Sixteen digits and more are not exact any longer, and far above any limit.
  const number = short.length > 15 ? Infinity : Number(short);
  return number > most ? { is: 'too_large' } : { is: 'number', number };
}
