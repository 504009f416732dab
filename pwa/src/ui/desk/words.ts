//! What documents hold, in the words of the app's language: values, and who said them.
import type { Apart } from '../../generated/Apart';
import type { AuthorEntry } from '../../generated/AuthorEntry';
import type { DeviceId } from '../../generated/DeviceId';
import type { DocumentId } from '../../generated/DocumentId';
import type { Field } from '../../generated/Field';
import type { Value } from '../../generated/Value';
import { dayInWords, isolate, isWordField, list, m, moment, money, number, region, timeOfDay, wordLabel } from '../../i18n';
import { store } from '../../store';
import { comma } from '../dossier/comma';
import { headingLabel } from '../dossier/headings';
import { decimalText } from '../dossier/money';

/** Names of documents by their ids, as far as this device knows them. */
export type Names = { readonly [document in DocumentId]?: string };

type Shape = 'cents' | 'plain_cents' | 'rate' | 'hours' | 'moment' | 'basis_points' | 'day' | 'time' | 'document';

/** How a value is written, where it is neither plain text nor a plain number. As in the engine's `field.rs`. */
const SHAPES: Partial<Record<Field, Shape>> = {
  grant_cents: 'cents',
  grant_max_cents: 'cents',
  total_max_cents: 'cents',
  total_min_cents: 'cents',
  // Of the line's own currency, which another field says.
  unit_cents: 'plain_cents',
  hour_cents: 'cents',
  rate_e4: 'rate',
  hours_e2: 'hours',
  rate_day: 'day',
  valorisation_share_max_bp: 'basis_points',
  notice_read_ms: 'moment',
  closes_ms: 'moment',
  opens_ms: 'moment',
  grant_share_max_bp: 'basis_points',
  share_max_bp: 'basis_points',
  amount_cents: 'cents',
  received_cents: 'cents',
  receipt_day: 'day',
  issued: 'day',
  expires: 'day',
  due: 'day',
  received: 'day',
  sent: 'day',
  start_day: 'day',
  opap_day: 'day',
  opap_until: 'day',
  filed_day: 'day',
  decision_day: 'day',
  agreement_day: 'day',
  granted_cents: 'cents',
  founded: 'day',
  last_declared: 'day',
  published: 'day',
  majority_day: 'day',
  from_day: 'day',
  until_day: 'day',
  dissolved: 'day',
  day: 'day',
  starts: 'time',
  ends: 'time',
  association: 'document',
  call: 'document',
  same_as: 'document',
  same_association: 'document',
  person: 'document',
};

/** A value in words. Never empty: what is not filled in says so. */
export function valueText(field: Field, value: Value, names: Names): string {
  if (value === null || value === '') return m.question_value_empty();
  const shape = SHAPES[field];
  if (typeof value === 'number') {
    if (shape === 'cents') return money(value);
    if (shape === 'plain_cents') return new Intl.NumberFormat(region(), { minimumFractionDigits: 2 }).format(value / 100);
    if (shape === 'rate') return decimalText(value, 4, comma());
    if (shape === 'hours') return decimalText(value, 2, comma());
    if (shape === 'moment') return moment(value);
    if (shape === 'basis_points') return `${number(value / 100)} %`;
    return number(value);
  }
  if (shape === 'document') return names[value] || m.question_not_here();
  if (shape === 'day') return dayInWords(value);
  if (shape === 'time') return timeOfDay(value);
  if (field === 'heading') return headingLabel(value);
  if (field === 'call_version') return versionText(value);
  if (field === 'sectors') return list(wordsOf(value).map((word) => wordLabel('sector', word)));
  return isWordField(field) ? wordLabel(field, value) : value;
}

const wordsOf = (value: string): string[] => value.split(',').map((word) => word.trim()).filter(Boolean);

/** A published version of a call by its number, where the call is held here. */
function versionText(row: string): string {
  const directory = store.view({ view: 'directory' });
  const versions = directory?.view === 'directory' ? directory.calls.flatMap((call) => call.versions) : [];
  const version = versions.find(({ id }) => id === row);
  return version ? m.call_version({ version: isolate(number(version.number)) }) : m.question_not_here();
}

/** Whether a field names another document, so that its value can be a link. */
export const namesDocument = (field: Field): boolean => SHAPES[field] === 'document';

/** 'Amina (Téléphone d’Amina)' */
export function whoText(by: DeviceId | null, authors: readonly AuthorEntry[]): string {
  if (by !== null && by === store.session?.device.id) return m.question_who_you();
  const author = authors.find(({ device }) => device === by);
  if (!author) return m.question_who_unknown();
  if (!author.label) return isolate(author.name);
  return m.question_who({ name: isolate(author.name), device: isolate(author.label) });
}

/** 'Amina (Téléphone d’Amina), 10:42' */
export function whoAndWhen({ by, at_ms }: Pick<Apart, 'by' | 'at_ms'>, authors: readonly AuthorEntry[]): string {
  const who = whoText(by, authors);
  return at_ms > 0 ? m.question_when({ who, when: isolate(moment(at_ms)) }) : who;
}
