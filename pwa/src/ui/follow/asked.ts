//! What a form asks of a row: which cells, and how each is typed.
import type { Field } from '../../generated/Field';
import type { AuthorEntry } from '../../generated/AuthorEntry';
import { m } from '../../i18n';
import type { Choice } from '../components/choice';
import { whoChoices } from './people';

export interface Asked {
  field: Field;
  label?: string;
  hint?: string;
  required?: boolean;
  shape?: 'day' | 'cents' | 'count' | 'lines';
  /** The greatest number that the engine takes; see `field.rs`. */
  most?: number;
  /** Instead of free text. */
  choices?: Choice[];
}

export const todoAsked = (authors: readonly AuthorEntry[]): Asked[] => [
  { field: 'label', label: m.todo_what(), required: true },
  { field: 'assigned_to', label: m.todo_who(), choices: whoChoices(authors) },
  { field: 'due', label: m.todo_until(), shape: 'day' },
];

export const supportAsked = (): Asked[] => [
  { field: 'day', required: true, shape: 'day' },
  { field: 'minutes', hint: m.support_minutes_hint(), shape: 'count', most: 10_000 },
  { field: 'support_kind', hint: m.support_kind_hint() },
  { field: 'by' },
  { field: 'with' },
  { field: 'detail', label: m.support_detail(), shape: 'lines' },
  { field: 'next', shape: 'lines' },
];

export const instalmentAsked = (): Asked[] => [
  { field: 'label', label: m.instalment_label(), hint: m.instalment_label_hint(), required: true },
  { field: 'amount_cents', shape: 'cents' },
  { field: 'trigger', hint: m.instalment_trigger_hint() },
  { field: 'due', label: m.instalment_due(), shape: 'day' },
  { field: 'received', shape: 'day' },
  { field: 'received_cents', shape: 'cents' },
];

export const reportAsked = (): Asked[] => [
  { field: 'label', label: m.report_label(), hint: m.report_label_hint(), required: true },
  { field: 'report_kind' },
  { field: 'due', label: m.report_due(), shape: 'day' },
  { field: 'sent', shape: 'day' },
  { field: 'detail', shape: 'lines' },
];
