//! What the door remembers between its screens, in memory alone: names are no business of the browser's own storage.
import { SvelteMap, SvelteSet } from 'svelte/reactivity';
import type { DocumentId } from '../../generated/DocumentId';
import type { RowId } from '../../generated/RowId';

class Door {
  /** The half-day that somebody chose for an event. */
  readonly chosenSlots = new SvelteMap<DocumentId, RowId>();
  /** Events whose marks are being entered from a sheet of paper. */
  readonly fromPaper = new SvelteSet<DocumentId>();
  /** What is being searched for, and at which event. */
  search: { event: DocumentId; query: string } = $state({ event: '', query: '' });
}

export const door = new Door();
