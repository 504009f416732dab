//! The half-days of an event that is being planned.
import type { NewSlot } from '../../generated/NewSlot';
import { newRowId } from '../../store';

/** One half of a day: its usual hours, by the clock of the place. */
export interface Half {
  chosen: boolean;
  starts: string;
  ends: string;
}

export interface PlannedDay {
  day: string;
  morning: Half;
  afternoon: Half;
}

export function plannedDay(day: string): PlannedDay {
  return {
    day,
    morning: { chosen: true, starts: '09:00', ends: '12:30' },
    afternoon: { chosen: false, starts: '14:00', ends: '17:30' },
  };
}

/** The next day of the calendar with the same halves: most trainings go on as they began. */
export function dayAfter(last: PlannedDay): PlannedDay {
  const next = new Date(`${last.day}T00:00:00Z`);
  next.setUTCDate(next.getUTCDate() + 1);
  const day = Number.isNaN(next.getTime()) ? '' : next.toISOString().slice(0, 10);
  return { day, morning: { ...last.morning }, afternoon: { ...last.afternoon } };
}

export function endsBefore(half: Half): boolean {
  return half.chosen && half.ends !== '' && half.ends <= half.starts;
}

export function slotsOf(days: readonly PlannedDay[]): NewSlot[] {
  return days.flatMap(({ day, morning, afternoon }) =>
    [morning, afternoon]
      .filter((half) => half.chosen)
      .map(({ starts, ends }) => ({ slot: newRowId(), day, starts, ends })),
  );
}
