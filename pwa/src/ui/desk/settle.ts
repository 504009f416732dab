//! Settling: an answer becomes an edit, and the person is told what became of it.
import type { DocumentId } from '../../generated/DocumentId';
import type { Edit } from '../../generated/Edit';
import { m } from '../../i18n';
import { newRowId, store } from '../../store';
import { settledBy } from '../../store/settled';
import { say } from '../components';
import { sayFailure } from '../failure';

/** What answers a Question that is asked here is written down as a decision (Q1). */
function asDecision(edit: Edit): Edit {
  const view = store.view({ view: 'questions' });
  const asked = view?.view === 'questions' ? view.questions.find(({ id }) => settledBy(edit).includes(id)) : undefined;
  // Of a pair that only the server has found it is written down too: so it can be taken back from either record.
  if (!asked && edit.do === 'not_same') return apartFor(edit.person, edit.other);
  if (!asked) return edit;
  return { do: 'settle', document: asked.document, asked: asked.asked, decision: newRowId(), answer: edit, reason: '' };
}

/** The decision that two records are not one. It stands in the first of them by its id. */
export function apartFor(person: DocumentId, other: DocumentId): Edit & { do: 'settle' } {
  const [first, second] = person < other ? [person, other] : [other, person];
  const answer: Edit = { do: 'not_same', person, other };
  return { do: 'settle', document: first, asked: `same/${second}`, decision: newRowId(), answer, reason: '' };
}

/** Commits, and says so. Returns whether it is on this device's disk. */
export async function settle(edit: Edit, said: string = m.question_settled()): Promise<boolean> {
  const saved = await store.commit(asDecision(edit));
  if (saved.saved) say(said);
  else void sayFailure(saved.code);
  return saved.saved;
}
