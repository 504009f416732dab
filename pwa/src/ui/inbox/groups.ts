//! Kinds of what stands in the inbox, as people filter by them.
import { m } from '../../i18n';

export const GROUPS = ['fields', 'stages', 'marks', 'texts', 'rows', 'late', 'sheets', 'same', 'changes', 'lists'] as const;
export type Group = (typeof GROUPS)[number];

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
    changes: m.nav_quarantine,
    lists: m.inbox_left,
  };
  return words[group]();
}
