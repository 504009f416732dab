//! Which part of each dossier one was in, so that Back leads there again. In memory alone.
import { SvelteMap } from 'svelte/reactivity';
import type { DocumentId } from '../../generated/DocumentId';

export type Part = 'texts' | 'project' | 'budget' | 'pieces' | 'way' | 'deposit' | 'talk' | 'follow' | 'key';

const chosen = new SvelteMap<DocumentId, Part>();

export const parts = {
  of: (dossier: DocumentId): Part => chosen.get(dossier) ?? 'texts',
  choose: (dossier: DocumentId, part: Part) => void chosen.set(dossier, part),
};
