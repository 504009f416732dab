//! Decisions in words: what was asked about, and what was chosen.
import type { Did } from '../../generated/Did';
import type { Field } from '../../generated/Field';
import type { Value } from '../../generated/Value';
import { fieldLabel, isolate, m, number, statusLabel } from '../../i18n';
import { type Names, valueText } from '../desk/words';
import { sectionTitle } from '../dossier/sections';

type Chosen = Pick<Did & { did: 'decided' }, 'asked' | 'chose'>;

/** What a decision chose, in words. */
export function chosenText({ asked, chose }: Chosen, names: Names): string {
  if (chose === null) return m.inbox_taken_back();
  const parts = asked.split('/');
  const family = parts[0];
  if (chose === '-') return m.question_value_empty();
  if (family === 'field') return valueText(parts.at(-1) as Field, chose, names);
  if (family === 'late' || family === 'sheet') return m.inbox_seen();
  return wordOf(chose);
}

function wordOf(chose: Value): string {
  switch (chose) {
    case 'present':
    case 'partial':
    case 'remote':
    case 'excused':
    case 'absent':
      return statusLabel(chose);
    case 'kept':
      return m.line_keep();
    case 'removed':
      return m.line_take_out();
    case 'right':
      return m.section_read_ok();
    case 'same':
      return m.question_same_yes();
    case 'not_same':
      return m.question_same_no();
    default:
      return typeof chose === 'number' ? number(chose) : String(chose ?? '');
  }
}

/** The place that a decision is about, in words: for the history, and the list of what was decided. */
export function placeText(asked: string, names: Names): string {
  const parts = asked.split('/');
  const last = parts.at(-1) ?? '';
  const name = () => isolate(names[last] || m.question_unnamed());
  switch (parts[0]) {
    case 'field':
      return fieldLabel(last as Field);
    case 'marks':
      return m.inbox_place_marks({ name: name() });
    case 'count':
      return m.inbox_place_count();
    case 'read':
      return m.inbox_place_read({ section: sectionTitle(parts[1] ?? '') });
    case 'begun':
      return m.inbox_place_begun({ section: sectionTitle(last) });
    case 'line':
      return m.inbox_place_line();
    case 'row':
      return m.inbox_place_row();
    case 'same':
      return m.inbox_place_same({ name: name() });
    case 'late':
      return m.inbox_place_late();
    default:
      return m.inbox_place_sheet();
  }
}
