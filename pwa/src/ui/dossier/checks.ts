//! What of a budget does not hold, in words.
import type { Check } from '../../generated/Check';
import type { DossierView } from '../../generated/DossierView';
import { fieldLabel, isolate, list, m, money } from '../../i18n';
import { headingLabel } from './headings';
import { labelOf } from './line';

/** The part of the budget that a check without a line leads to. */
export type BudgetPart = 'expense' | 'resource' | 'given';

/** 'Les dépenses dépassent les ressources de 1 200,00 € : …' */
export function checkText(check: Check, dossier: DossierView): string {
  const amount = (cents: number) => isolate(money(Math.abs(cents)));
  const sums = { is: amount(check.is_cents), should: amount(check.should_cents), off: amount(check.off_cents) };
  switch (check.code) {
    case 'b1':
      return check.off_cents > 0 ? m.check_b1_over(sums) : m.check_b1_under(sums);
    case 'b2':
      return check.off_cents > 0 ? m.check_b2_over(sums) : m.check_b2_under(sums);
    case 'b3':
      return m.check_b3(sums);
    case 'b3_figure':
      return m.check_b3_figure(sums);
    case 'b4':
      return m.check_b4(sums);
    case 'b4_least':
      return m.check_b4_least(sums);
    case 'b6':
      return m.check_b6(sums);
    case 'b9':
      return m.check_b9({ ...sums, heading: isolate(headingLabel(check.heading)) });
    case 'b5':
    case 'b7':
    case 'b8': {
      const line = dossier.lines.find((one) => one.line === check.row);
      const row = line ?? dossier.time.find((one) => one.time === check.row);
      const words = check.lacks.map((field) => {
        if (field === 'heading') return m.field_funder();
        return field === 'label' ? m.time_task() : fieldLabel(field);
      });
      return m.check_lacks({ line: isolate(labelOf(row?.fields ?? [])), fields: list(words) });
    }
  }
}

export function partOf({ code, off_cents }: Check): BudgetPart {
  if (code === 'b2' || code === 'b6') return 'given';
  if (code === 'b4' || code === 'b4_least' || code === 'b9') return 'expense';
  // Where something is missing rather than where there is too much of it.
  return code === 'b1' && off_cents < 0 ? 'expense' : 'resource';
}
