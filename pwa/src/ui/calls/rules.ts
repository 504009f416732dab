//! The rules of a call in words, and in which order an editor shows them.
import type { CheckCode } from '../../generated/CheckCode';
import type { Field } from '../../generated/Field';
import type { Value } from '../../generated/Value';
import { choicesOf, fieldLabel, list, m, wordLabel } from '../../i18n';
import type { Choice } from '../components';
import { valueText } from '../desk/words';
import { instantText, USUAL_ZONE } from './zone';

export interface Group {
  title: () => string;
  fields: readonly Field[];
}

export const GROUPS: readonly Group[] = [
  { title: m.call_group_what, fields: ['title', 'programme'] },
  { title: m.call_group_when, fields: ['opens_ms', 'closes_ms', 'time_zone', 'duration_min_months', 'duration_max_months'] },
  { title: m.call_group_who, fields: ['eligible', 'age_min_years', 'operator', 'sectors', 'countries', 'exclusions'] },
  {
    title: m.call_group_money,
    fields: [
      'grant_max_cents',
      'grant_share_max_bp',
      'total_min_cents',
      'total_max_cents',
      'valorisation_counts',
      'valorisation_share_max_bp',
      'hour_cents',
    ],
  },
  { title: m.call_group_checks, fields: ['checks_off', 'goals_other_max'] },
];

/** What a field is called among the rules of a call. */
export function ruleLabel(field: Field): string {
  if (field === 'title') return m.call_field_title();
  if (field === 'hour_cents') return m.call_field_hour();
  return fieldLabel(field);
}

const CHECKS: Record<CheckCode, () => string> = {
  b1: m.call_check_b1,
  b2: m.call_check_b2,
  b3: m.call_check_b3,
  b3_figure: m.call_check_b3_figure,
  b4: m.call_check_b4,
  b4_least: m.call_check_b4_least,
  b5: m.call_check_b5,
  b6: m.call_check_b6,
  b7: m.call_check_b7,
  b8: m.call_check_b8,
  b9: m.call_check_b9,
};

export const checkChoices = (): Choice[] => Object.entries(CHECKS).map(([value, label]) => ({ value, label: label() }));

export const wordsOf = (value: Value): string[] =>
  typeof value === 'string' ? value.split(',').map((word) => word.trim()).filter(Boolean) : [];

/** A rule in words; an empty one says so. */
export function ruleText(field: Field, value: Value): string {
  if (field === 'to_confirm') return value === 'yes' ? m.call_to_confirm() : m.call_confirmed();
  if (value === null || value === '') return m.call_says_nothing();
  if (typeof value === 'number' && field.endsWith('_ms')) return instantText(value, USUAL_ZONE);
  if (field === 'sectors') return list(wordsOf(value).map((word) => wordLabel('sector', word)));
  if (field === 'checks_off') return list(wordsOf(value).map((word) => (CHECKS as Record<string, () => string>)[word]?.() ?? word));
  return valueText(field, value, {});
}

export const sectorChoices = (): Choice[] => choicesOf('sector');
