//! Settling: an answer becomes an edit, and the person is told what became of it.
import type { Edit } from '../../generated/Edit';
import { m } from '../../i18n';
import { store } from '../../store';
import { say } from '../components';
import { sayFailure } from '../failure';

/** Commits, and says so. Returns whether it is on this device's disk. */
export async function settle(edit: Edit, said: string = m.question_settled()): Promise<boolean> {
  const saved = await store.commit(edit);
  if (saved.saved) say(said);
  else void sayFailure(saved.code);
  return saved.saved;
}
