//! Up to which version each dossier was looked at on this device. A version is a hash: it says nothing of what stands in it.
import type { DocumentId } from '../generated/DocumentId';

const KEPT_AS = 'tiwizi-looked';
/** Of more dossiers, the ones that were not opened for longest are forgotten: then nothing in them is called new. */
const KEPT_MAX = 60;

function kept(): [DocumentId, string][] {
  try {
    const read: unknown = JSON.parse(localStorage.getItem(KEPT_AS) ?? '[]');
    return Array.isArray(read) ? (read as [DocumentId, string][]) : [];
  } catch {
    // A browser that keeps nothing shows nothing as new.
    return [];
  }
}

/** The version at which that dossier was last looked at here; none before the first time. */
export function lookedAt(dossier: DocumentId): string | undefined {
  return kept().find(([known]) => known === dossier)?.[1];
}

export function keepLooked(dossier: DocumentId, version: string): void {
  try {
    const others = kept().filter(([known]) => known !== dossier);
    localStorage.setItem(KEPT_AS, JSON.stringify([[dossier, version], ...others].slice(0, KEPT_MAX)));
  } catch {
    // See above.
  }
}

/** Nothing that was looked at here concerns whoever has this device next. */
export function forgetLooked(): void {
  try {
    localStorage.removeItem(KEPT_AS);
  } catch {
    // See above.
  }
}
