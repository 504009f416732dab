//! The door's intentions, each an `Edit` with fresh ids.
import type { DocumentId } from '../../generated/DocumentId';
import type { RowId } from '../../generated/RowId';
import type { How } from '../../generated/How';
import type { Status } from '../../generated/Status';
import type { Signer } from '../../generated/Signer';
import { newRowId, type Saved, store } from '../../store';
import { door } from './door.svelte';

/** Where and of whom something is said. */
export interface Spot {
  event: DocumentId;
  slot: RowId;
  person: DocumentId;
}

export function mark(spot: Spot, status: Status, minutes: number | null = null, how: How = door.fromPaper.has(spot.event) ? 'paper' : 'tap'): Promise<Saved> {
  return store.commit({ do: 'check_in', ...spot, mark: newRowId(), status, minutes, how });
}

export function takeBack(spot: Spot, reason: string): Promise<Saved> {
  return store.commit({ do: 'undo', ...spot, withdrawal: newRowId(), reason });
}

/** M1: nothing is overwritten. The marks that stand are withdrawn with the reason, then the right one is added. */
export async function correct(spot: Spot, reason: string, status: Status, minutes: number | null): Promise<Saved> {
  const withdrawn = await takeBack(spot, reason);
  return withdrawn.saved ? mark(spot, status, minutes) : withdrawn;
}

export function expect(event: DocumentId, person: DocumentId): Promise<Saved> {
  return store.commit({ do: 'add_to_roster', event, person });
}

/** Somebody who is known but was not expected. */
export async function expectAndMark(spot: Spot): Promise<Saved> {
  const expected = await expect(spot.event, spot.person);
  return expected.saved ? mark(spot, 'present') : expected;
}

/** Keeps the strokes, then what refers to them: no document speaks of a signature that was never kept. */
export async function sign(
  at: { event: DocumentId; slot: RowId },
  signer: Signer,
  ink: Uint8Array,
  how: How,
): Promise<Saved | { saved: false; code: string }> {
  const kept = await store.keepBlob('ink', ink);
  if (!kept.saved) return { saved: false, code: kept.code };
  return store.commit({ do: 'sign', ...at, signer, signature: newRowId(), ink: kept.hash, how, mark: newRowId() });
}
