//! Pairs that may be one, as the server finds them (`routes/duplicates.rs`), and what they look like side by side.
import type { Against } from '../../generated/Against';
import type { Certainty } from '../../generated/Certainty';
import type { DocumentId } from '../../generated/DocumentId';
import type { Edit } from '../../generated/Edit';
import type { Field } from '../../generated/Field';
import type { Reason } from '../../generated/Reason';
import type { RecordView } from '../../generated/RecordView';
import { fieldLabel, m } from '../../i18n';
import { type Answer, ask } from '../../store/api';
import { valueText } from '../desk/words';

/** What is shown of one of a pair before its record is read here. */
export interface Card {
  document: DocumentId;
  name: string;
  name_ar: string;
  of: string;
  commune: string;
}

export type Of = 'person' | 'association';

export interface Duplicate {
  kind: Of;
  one: Card;
  other: Card;
  certainty: Certainty;
  reasons: Reason[];
}

export interface Pairs {
  items: Duplicate[];
  next: string | null;
  total: number;
}

export interface Why {
  kind: Of;
  one: Card;
  other: Card;
  certainty: Certainty | null;
  reasons: Reason[];
  against: Against[];
}

/** The first full run over a large directory takes seconds. */
const WAIT_MS = 120_000;

export function listPairs(kind: Of | '', certainty: Certainty, after: string | null): Promise<Answer<Pairs>> {
  const asked = new URLSearchParams({ certainty, limit: '50', ...(kind && { kind }), ...(after && { after }) });
  return ask(`/api/v1/duplicates?${asked}`, undefined, WAIT_MS);
}

export const explain = (one: DocumentId, other: DocumentId): Promise<Answer<Why>> =>
  ask(`/api/v1/duplicates/why?${new URLSearchParams({ one, other })}`, undefined, WAIT_MS);

export const nameOf = ({ name, name_ar }: Pick<Card, 'name' | 'name_ar'>): string => name || name_ar || m.question_unnamed();

export const pairKey = ({ one, other }: Pick<Duplicate, 'one' | 'other'>): string => `${one.document}/${other.document}`;

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

/** The edit that parts what was joined. */
export const partEdit = (document: DocumentId, of: Of): Edit => ({
  do: 'set_field',
  document,
  row: null,
  field: of === 'person' ? 'same_as' : 'same_association',
  value: null,
});
