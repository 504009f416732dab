//! What can be answered to a Question: each answer in words, who gave it, and the edit that it becomes.
import type { AskedQuestion } from '../../generated/AskedQuestion';
import type { AuthorEntry } from '../../generated/AuthorEntry';
import type { DeviceId } from '../../generated/DeviceId';
import type { Edit } from '../../generated/Edit';
import type { Oddity } from '../../generated/Oddity';
import type { RowId } from '../../generated/RowId';
import type { SlotView } from '../../generated/SlotView';
import { dayInWords, fieldLabel, isolate, m, number, STATUS_ORDER, statusLabel, timeOfDay, wordLabel } from '../../i18n';
import { namedBy, tableLabel } from '../../i18n/tables';
import { newRowId } from '../../store';
import { sectionTitle } from '../dossier/sections';
import { type Names, valueText } from '../desk/words';

/** Somebody said it, on a device, at a moment of its clock. */
export interface Said {
  by: DeviceId | null;
  at_ms: number;
  /** What they added: minutes of presence. */
  more?: string;
}

export interface Choice {
  label: string;
  /** A text too long for a line. */
  quoted?: string;
  said: readonly Said[];
  /** What it becomes; null is seen, and nothing changes (Q4). */
  answer: Edit | null;
  /** What pages show until somebody has decided. */
  shown?: boolean;
}

/** What surrounds the Questions of one view. */
export interface Desk {
  names: Names;
  authors: readonly AuthorEntry[];
  slots: { readonly [slot in RowId]?: SlotView };
}

export function slotText(slot: SlotView | undefined): string {
  if (!slot) return '';
  const [from, to] = [slot.starts, slot.ends].map((time) => isolate(timeOfDay(time)));
  return m.question_slot({ day: dayInWords(slot.day), from: from ?? '', to: to ?? '' });
}

const nameOf = (document: string, { names }: Desk) => isolate(names[document] || m.question_unnamed());

/** What is asked, in one sentence. */
export function titleOf({ question, label, kind }: AskedQuestion, desk: Desk): string {
  switch (question.ask) {
    case 'field_set_apart': {
      const field = fieldLabel(question.field);
      const slot = question.row === null ? undefined : desk.slots[question.row];
      const line = label || (slot ? dayInWords(slot.day) : '');
      if (question.field === 'stage') return m.inbox_stage();
      return line ? m.question_field_line({ field, line: isolate(line) }) : m.question_field({ field });
    }
    case 'marks_contradict':
      return m.question_marks({ name: nameOf(question.person, desk) });
    case 'counted_apart':
      return m.inbox_counted({ who: isolate([wordLabel('sex', question.sex), question.age_band && wordLabel('age_band', question.age_band)].filter(Boolean).join(', ')) });
    case 'read_again':
      return m.question_read({ section: sectionTitle(question.section) });
    case 'section_begun_apart':
      return m.question_begun({ section: sectionTitle(question.section) });
    case 'line_removed_and_changed':
      return m.question_line({ line: isolate(question.label || m.line_unnamed()) });
    case 'row_removed_and_changed':
      return m.question_row({ label: isolate(valueText(namedBy(question.table), question.label, desk.names)) });
    case 'possible_duplicate':
      return kind === 'association' ? m.twins_question_association() : m.question_same();
    case 'late_marks':
      return m.question_late({ count: question.late });
    case 'sheet_odd':
      switch (question.oddity.odd) {
        case 'in_a_row':
          return m.inbox_odd_row({ count: question.oddity.signatures });
        case 'over_capacity':
          return m.inbox_odd_capacity({ people: number(question.oddity.people), capacity: number(question.oddity.capacity) });
        case 'trainer_elsewhere':
          return m.inbox_odd_trainer({ name: isolate(question.oddity.trainer) });
        case 'signed_again':
          return m.inbox_odd_again({ count: question.oddity.signatures });
        case 'before_it_began':
          return m.inbox_odd_before({ count: number(question.oddity.signatures) });
        case 'after_it_ended':
          return m.inbox_odd_after({ count: number(question.oddity.signatures) });
        case 'at_the_end':
          return m.inbox_odd_end({ count: number(question.oddity.signatures), of: number(question.oddity.of) });
        case 'holiday':
          return m.inbox_odd_holiday();
      }
  }
}

/** What happened, in words. */
export function whatHappened({ question }: AskedQuestion, desk: Desk): string {
  switch (question.ask) {
    case 'field_set_apart':
      return question.field === 'stage' ? m.inbox_stage_text() : m.inbox_field_text({ count: question.values.length });
    case 'marks_contradict':
      return [slotText(desk.slots[question.slot]), m.question_marks_text()].filter(Boolean).join('. ');
    case 'counted_apart':
      return [slotText(desk.slots[question.slot]), m.inbox_counted_text()].filter(Boolean).join('. ');
    case 'read_again':
      return m.section_read_text();
    case 'section_begun_apart':
      return m.section_begun_text();
    case 'line_removed_and_changed':
      return m.line_state_text();
    case 'row_removed_and_changed':
      return [m.question_row_table({ table: tableLabel(question.table) }), m.line_state_text()].join('. ');
    case 'possible_duplicate':
      return m.question_same_hint();
    case 'late_marks':
      return m.question_late_text();
    case 'sheet_odd': {
      const slot = slotText(desk.slots[question.slot]);
      const text = oddText(question.oddity, desk);
      return [slot, text].filter(Boolean).join('. ');
    }
  }
}

function oddText(oddity: Oddity, desk: Desk): string {
  switch (oddity.odd) {
    case 'in_a_row':
      return m.inbox_odd_row_text({ seconds: oddity.seconds });
    case 'trainer_elsewhere':
      return m.inbox_odd_trainer_text({ event: nameOf(oddity.other, desk) });
    case 'signed_again':
      return m.inbox_odd_again_text();
    default:
      return m.inbox_odd_ask_text();
  }
}

/** The answers, in the order of their keys. `reason` goes with those that take one. */
export function choicesOf({ question, kind }: AskedQuestion, desk: Desk): Choice[] {
  switch (question.ask) {
    case 'field_set_apart': {
      const { document, row, field } = question;
      return question.values.map(({ value, by, at_ms }, n) => ({
        label: valueText(field, value, desk.names),
        said: [{ by, at_ms }],
        answer: { do: 'set_field', document, row, field, value },
        shown: n === 0,
      }));
    }
    case 'counted_apart': {
      const { event, slot, sex, age_band } = question;
      return question.values.map(({ value, by, at_ms }, n) => ({
        label: typeof value === 'number' ? number(value) : m.question_value_empty(),
        said: [{ by, at_ms }],
        answer: { do: 'set_headcount', event, slot, sex, age_band, people: typeof value === 'number' ? value : null },
        shown: n === 0,
      }));
    }
    case 'marks_contradict': {
      const { event, slot, person } = question;
      const of = STATUS_ORDER.map((status) => ({ status, marks: question.marks.filter((mark) => mark.status === status) }));
      return of
        .filter(({ marks }) => marks.length > 0)
        .map(({ status, marks }, n) => ({
          label: statusLabel(status),
          said: marks.map(({ by, at_ms, minutes }) => ({
            by,
            at_ms,
            ...(minutes !== null && { more: m.question_minutes({ status: statusLabel(status), count: minutes }) }),
          })),
          answer: { do: 'settle_marks', event, slot, person, status, withdrawal: newRowId(), reason: m.question_reason_default() },
          shown: n === 0,
        }));
    }
    case 'read_again': {
      const { dossier, section, paragraph } = question;
      return [
        {
          label: m.section_read_ok(),
          quoted: paragraph.text || m.section_gone_paragraph(),
          said: [],
          answer: { do: 'read_again', dossier, section, anchor: paragraph.anchor },
          shown: true,
        },
      ];
    }
    case 'section_begun_apart': {
      const { dossier, section, texts } = question;
      const one = texts.map((text, n): Choice => ({
        label: m.section_begun_nth({ number: number(n + 1) }),
        quoted: text,
        said: [],
        answer: { do: 'settle_section', dossier, section, text },
        shown: n === 0,
      }));
      const all: Edit = { do: 'settle_section', dossier, section, text: texts.join('\n\n') };
      return [...one, { label: m.section_keep_all(), said: [], answer: all }];
    }
    case 'line_removed_and_changed': {
      const { dossier, line } = question;
      const state = (keep: boolean): Edit => ({ do: 'set_line_state', dossier, line, keep });
      return [
        { label: m.line_keep(), said: [], answer: state(true), shown: true },
        { label: m.line_take_out(), said: [], answer: state(false) },
      ];
    }
    case 'row_removed_and_changed': {
      const { document, row } = question;
      const state = (keep: boolean): Edit => ({ do: 'keep_row', document, row, keep });
      return [
        { label: m.line_keep(), said: [], answer: state(true), shown: true },
        { label: m.line_take_out(), said: [], answer: state(false) },
      ];
    }
    case 'possible_duplicate': {
      const { person, other } = question;
      return [
        // The record that was there first stands for both.
        { label: kind === 'association' ? m.twins_same_association() : m.question_same_yes(), said: [], answer: { do: 'link_same', person: other, same_as: person } },
        { label: m.question_same_no(), said: [], answer: { do: 'not_same', person, other } },
      ];
    }
    case 'late_marks':
    case 'sheet_odd':
      return [{ label: m.inbox_seen(), said: [], answer: null }];
  }
}
