//! The half-days of an event that is being planned.
import type { NewSlot } from '../../generated/NewSlot';
import { newRowId } from '../../store';
import { addDays } from './calendar';

/** As at the door: until then it is morning. */
const NOON = '12:30';

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
  return { day: addDays(last.day, 1), morning: { ...last.morning }, afternoon: { ...last.afternoon } };
}

/** A day with the halves that an event has on it. */
export function plannedLike(slots: readonly Omit<NewSlot, 'slot'>[], day: string): PlannedDay {
  const usual = plannedDay(day);
  const [morning, afternoon] = [true, false].map((early) => slots.find((slot) => slot.day === day && slot.starts < NOON === early));
  return {
    day,
    morning: { ...usual.morning, ...hoursOf(morning), chosen: morning !== undefined },
    afternoon: { ...usual.afternoon, ...hoursOf(afternoon), chosen: afternoon !== undefined },
  };
}

function hoursOf(slot: Omit<NewSlot, 'slot'> | undefined): Partial<Half> {
  return slot ? { starts: slot.starts, ends: slot.ends } : {};
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
