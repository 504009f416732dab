//! Many people put on a roster at once.
import type { DocumentId } from '../../generated/DocumentId';
import type { Edit } from '../../generated/Edit';
import { type Saved, store } from '../../store';

/** So many edits are saved at once: more would only wait in line. */
const TOGETHER_MAX = 50;

/** Commits them in their order, until one cannot be saved. Saying them again is harmless. */
export async function commitAll(edits: readonly Edit[]): Promise<Saved> {
  for (let at = 0; at < edits.length; at += TOGETHER_MAX) {
    const saved = await Promise.all(edits.slice(at, at + TOGETHER_MAX).map((edit) => store.commit(edit)));
    const failed = saved.find((one) => !one.saved);
    if (failed) return failed;
  }
  return { saved: true };
}

export function expectEdits(event: DocumentId, people: readonly DocumentId[]): Edit[] {
  return people.map((person) => ({ do: 'add_to_roster', event, person }));
}
