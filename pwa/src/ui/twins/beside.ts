//! Two records beside each other, line by line, and what speaks against their being one.
import type { Against } from '../../generated/Against';
import type { Field } from '../../generated/Field';
import type { RecordView } from '../../generated/RecordView';
import { fieldLabel, m } from '../../i18n';
import { valueText } from '../desk/words';

const AGAINST: Record<Against, () => string> = {
  joined: m.twins_against_joined,
  told_apart: m.twins_against_told_apart,
  names_differ: m.twins_against_names_differ,
  name_common: m.twins_against_name_common,
  sex_differs: m.twins_against_sex_differs,
  age_differs: m.twins_against_age_differs,
  phones_differ: m.twins_against_phones_differ,
  emails_differ: m.twins_against_emails_differ,
  rna_differs: m.twins_against_rna_differs,
  siren_differs: m.twins_against_siren_differs,
  association_differs: m.twins_against_association_differs,
  commune_differs: m.twins_against_commune_differs,
};

export const againstText = (against: Against): string => AGAINST[against]();

/** One line of the two records beside each other. */
export interface Line {
  label: string;
  one: string;
  other: string;
  differs: boolean;
}

/** Not of the person or association, but of the machine. */
const LEFT_OUT: readonly Field[] = ['same_as', 'same_association', 'notice_read_ms', 'photo_consent', 'origin'];

function said(record: RecordView, field: Field): string {
  const view = record.fields.find((one) => one.field === field);
  if (!view || view.value === null || view.value === '') return '';
  return valueText(field, view.value, { ...record.names, ...(typeof view.value === 'string' && view.named && { [view.value]: view.named }) });
}

/** Fields that one of them fills in, in their order; then phones. */
export function linesOf(one: RecordView, other: RecordView): Line[] {
  const fields = [...new Set([...one.fields, ...other.fields].map(({ field }) => field))].filter((field) => !LEFT_OUT.includes(field));
  const lines = fields.map((field) => ({ label: fieldLabel(field), one: said(one, field), other: said(other, field) }));
  const phones = (record: RecordView) => record.phones.map(({ e164, raw }) => e164 || raw).join(', ');
  lines.push({ label: m.record_phones(), one: phones(one), other: phones(other) });
  return lines.filter((line) => line.one || line.other).map((line) => ({ ...line, differs: line.one !== line.other }));
}
