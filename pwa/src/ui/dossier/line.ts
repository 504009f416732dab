//! Budget lines in words.
import type { Field } from '../../generated/Field';
import type { FieldView } from '../../generated/FieldView';
import type { LineView } from '../../generated/LineView';
import type { TimeView } from '../../generated/TimeView';
import { dayInWords, isolate, m, money, number } from '../../i18n';
import { comma } from './comma';
import { decimalText } from './money';

export function cellOf(fields: readonly FieldView[], field: Field): FieldView | undefined {
  return fields.find((cell) => cell.field === field);
}

/** What a cell says as text, or nothing. */
export function textIn(fields: readonly FieldView[], field: Field): string {
  const value = cellOf(fields, field)?.value;
  return typeof value === 'string' ? value : '';
}

export function numberIn(fields: readonly FieldView[], field: Field): number | undefined {
  const value = cellOf(fields, field)?.value;
  return typeof value === 'number' ? value : undefined;
}

export function labelOf(fields: readonly FieldView[]): string {
  return textIn(fields, 'label') || m.line_unnamed();
}

export const isInDirhams = (fields: readonly FieldView[]): boolean => textIn(fields, 'currency') === 'mad';

/** Money, where the line does not say. */
export const natureOf = (fields: readonly FieldView[]): string => textIn(fields, 'nature') || 'cash';

const currencyOf = (fields: readonly FieldView[]) => (isInDirhams(fields) ? 'MAD' : 'EUR');

/** What the line comes to in its own currency. */
export const ownAmount = ({ fields, own_cents }: LineView): string => money(own_cents, currencyOf(fields));

/** '3 sacs'; nothing where no quantity was said. */
export function quantityText(fields: readonly FieldView[]): string {
  const quantity = numberIn(fields, 'quantity');
  const unit = textIn(fields, 'unit');
  if (quantity === undefined) return unit;
  return unit ? `${number(quantity)} ${isolate(unit)}` : number(quantity);
}

export function unitText(fields: readonly FieldView[]): string {
  const unit = numberIn(fields, 'unit_cents');
  return unit === undefined ? '' : money(unit, currencyOf(fields));
}

/** '3 sacs × 250,00 €'; nothing where there is nothing to multiply. */
export function reckoning({ fields }: LineView): string | undefined {
  if (numberIn(fields, 'quantity') === undefined || numberIn(fields, 'unit_cents') === undefined) return undefined;
  return m.line_times({ quantity: isolate(quantityText(fields)), unit: isolate(unitText(fields)) });
}

/** '1 € = 10,85 MAD, le 12 mars'; nothing for a line in euros. */
export function rateText({ fields }: LineView): string | undefined {
  if (!isInDirhams(fields)) return undefined;
  const rate_e4 = numberIn(fields, 'rate_e4');
  if (rate_e4 === undefined) return m.line_rate_missing();
  const rate = isolate(decimalText(rate_e4, 4, comma()));
  const day = textIn(fields, 'rate_day');
  return day ? m.line_rate_text({ rate, day: isolate(dayInWords(day)) }) : m.line_rate_undated({ rate });
}

/** '2,5 h × 13,00 €' */
export function timeReckoning({ fields }: TimeView): string | undefined {
  const [hours, rate] = [numberIn(fields, 'hours_e2'), numberIn(fields, 'hour_cents')];
  if (hours === undefined || rate === undefined) return undefined;
  return m.time_reckoning({ hours: isolate(decimalText(hours, 2, comma())), rate: isolate(money(rate)) });
}

/** 'Lahcen, lundi 23 novembre' */
export function timeWho({ fields }: TimeView): string {
  const day = textIn(fields, 'day');
  return [isolate(textIn(fields, 'volunteer')), day && dayInWords(day)].filter((part) => part && part !== isolate('')).join(', ');
}

/** Basis points as percent, '70 %', with up to two decimals. */
export function shareText(bp: number): string {
  return `${number(bp / 100)} %`;
}

export const needsCare = ({ state, fields }: LineView | TimeView): boolean =>
  state === 'removed_and_changed' || fields.some(({ apart }) => apart.length > 0);
