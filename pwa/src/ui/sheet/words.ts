//! What is missing on a sheet, and what an auditor would ask, in words.
import type { RowId } from '../../generated/RowId';
import type { SlotView } from '../../generated/SlotView';
import { dayInWords, isolate, m, timeOfDay } from '../../i18n';
import type { Anomaly, PaperKind } from './sheet';

/** 'samedi 23 novembre, 9 h' */
export function slotText(slots: readonly SlotView[], id: RowId): string {
  const slot = slots.find(({ slot }) => slot === id);
  return slot ? m.sheet_slot({ day: dayInWords(slot.day), time: isolate(timeOfDay(slot.starts)) }) : '';
}

export function anomalyText(slots: readonly SlotView[], one: Anomaly): string {
  const slot = slotText(slots, one.slot);
  switch (one.anomaly) {
    case 'in_a_row':
      return m.sheet_in_a_row({ slot, count: one.signatures, seconds: one.seconds, phone: isolate(one.device_name) });
    case 'at_the_end':
      return m.sheet_at_the_end({ slot, count: one.signatures, all: one.of });
    case 'before_it_began':
      return m.sheet_before_it_began({ slot, count: one.signatures });
    case 'after_it_ended':
      return m.sheet_after_it_ended({ slot, count: one.signatures });
    case 'over_capacity':
      return m.sheet_over_capacity({ slot, count: one.people, capacity: one.capacity });
    case 'holiday':
      return m.sheet_holiday({ slot, name: isolate(one.name) });
    case 'trainer_elsewhere':
      return m.sheet_trainer_elsewhere({ slot, name: isolate(one.trainer), title: isolate(one.title) });
  }
}

/** The papers that can be had of an event, in the order in which one needs them. */
export const papers = (): { what: PaperKind; label: string; ending: string }[] => [
  { what: 'blank', label: m.sheet_paper_blank(), ending: 'pdf' },
  { what: 'convocations', label: m.sheet_paper_convocations(), ending: 'pdf' },
  { what: 'badges', label: m.sheet_paper_badges(), ending: 'pdf' },
  { what: 'draft', label: m.sheet_paper_draft(), ending: 'pdf' },
  { what: 'attestations', label: m.sheet_paper_attestations(), ending: 'pdf' },
  { what: 'contacts', label: m.sheet_paper_contacts(), ending: 'pdf' },
  { what: 'xlsx', label: m.sheet_paper_xlsx(), ending: 'xlsx' },
  { what: 'csv', label: m.sheet_paper_csv(), ending: 'csv' },
];
