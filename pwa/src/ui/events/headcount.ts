//! People who were there without being named, counted by sex and age band.
import type { Headcount } from '../../generated/Headcount';
import type { RowId } from '../../generated/RowId';

/** As in the engine's `field.rs`. */
export const SEXES = ['f', 'h', 'other', 'unspecified'] as const;
/** The last one: nobody asked. */
export const AGE_BANDS = ['under_18', '18_30', '31_60', 'over_60', ''] as const;

export type Sex = (typeof SEXES)[number];
export type AgeBand = (typeof AGE_BANDS)[number];

/** As in the engine's `limit.rs`. */
export const HEADCOUNT_MAX = 100_000;

/** How many were counted in a half-day; of one sex, if one is given. */
export function countedIn(headcounts: readonly Headcount[], slot: RowId | undefined, sex?: Sex): number {
  return headcounts
    .filter((one) => one.slot === slot && (sex === undefined || one.sex === sex))
    .reduce((sum, one) => sum + one.people, 0);
}

/** The number of one cell, as it is shown and as people disagree about it. */
export function cellOf(headcounts: readonly Headcount[], slot: RowId, sex: Sex, band: AgeBand): Headcount | undefined {
  return headcounts.find((one) => one.slot === slot && one.sex === sex && one.age_band === band);
}

/** What was typed as a number of people; null where it is none. */
export function readPeople(text: string): number | null {
  const digits = text.trim();
  if (digits === '') return 0;
  const people = /^\d{1,6}$/.test(digits) ? Number(digits) : NaN;
  return people <= HEADCOUNT_MAX ? people : null;
}
