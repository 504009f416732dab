//! What people think of an event: three questions, three faces, no name.
import type { DocumentId } from '../../generated/DocumentId';
import { m, today } from '../../i18n';
import { newRowId, type Saved, store } from '../../store';

export const QUESTIONS = [
  { field: 'useful', label: m.sums_by_useful },
  { field: 'clear', label: m.sums_by_clear },
  { field: 'again', label: m.sums_by_again },
] as const;

export type Question = (typeof QUESTIONS)[number]['field'];
export type Face = 'good' | 'fair' | 'bad';
export type Answers = Partial<Record<Question, Face>>;

export const isSaid = (answers: Answers): boolean => Object.keys(answers).length > 0;

/** One person's opinion: a row that nobody changes. */
export function keepOpinion(event: DocumentId, answers: Answers): Promise<Saved> {
  return store.commit({ do: 'add_row', document: event, table: 'opinion', row: newRowId(), fields: { day: today(), ...answers } });
}
