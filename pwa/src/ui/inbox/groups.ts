//! Kinds of Questions, as people filter by them.
import type { AskedQuestion } from '../../generated/AskedQuestion';
import { m } from '../../i18n';

export const GROUPS = ['fields', 'stages', 'marks', 'texts', 'rows', 'late', 'sheets', 'same'] as const;
export type Group = (typeof GROUPS)[number];

export function groupOf({ question }: AskedQuestion): Group {
  switch (question.ask) {
    case 'field_set_apart':
      return question.field === 'stage' ? 'stages' : 'fields';
    case 'counted_apart':
      return 'fields';
    case 'marks_contradict':
      return 'marks';
    case 'read_again':
    case 'section_begun_apart':
      return 'texts';
    case 'line_removed_and_changed':
    case 'row_removed_and_changed':
      return 'rows';
    case 'late_marks':
      return 'late';
    case 'sheet_odd':
      return 'sheets';
    case 'possible_duplicate':
      return 'same';
  }
}

export function groupLabel(group: Group): string {
  const words = {
    fields: m.inbox_group_fields,
    stages: m.inbox_group_stages,
    marks: m.inbox_group_marks,
    texts: m.inbox_group_texts,
    rows: m.inbox_group_rows,
    late: m.inbox_group_late,
    sheets: m.inbox_group_sheets,
    same: m.inbox_group_same,
  };
  return words[group]();
}
