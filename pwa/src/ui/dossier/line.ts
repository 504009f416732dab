//! Budget lines in words.
import type { Field } from '../../generated/Field';
import type { FieldView } from '../../generated/FieldView';
import type { LineView } from '../../generated/LineView';
import { isolate, m, money, number } from '../../i18n';

export function cellOf(fields: readonly FieldView[], field: Field): FieldView | undefined {
  return fields.find((cell) => cell.field === field);
}

export function labelOf(fields: readonly FieldView[]): string {
  const label = cellOf(fields, 'label')?.value;
  return typeof label === 'string' && label ? label : m.line_unnamed();
}

/** '3 × 250,00 €'; nothing where there is nothing to multiply. */
export function reckoning({ fields }: LineView): string | undefined {
  const quantity = cellOf(fields, 'quantity')?.value;
  const unit = cellOf(fields, 'unit_cents')?.value;
  if (typeof quantity !== 'number' || typeof unit !== 'number') return undefined;
  return m.line_times({ quantity: isolate(number(quantity)), unit: isolate(money(unit)) });
}
