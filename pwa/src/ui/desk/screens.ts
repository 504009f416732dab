import type { DocumentId } from '../../generated/DocumentId';
import type { Kind } from '../../generated/Kind';
import type { Route } from '../router';

/** Where one works on a document; its record, where there is no such screen. */
export function screenOf(kind: Kind, document: DocumentId): Route {
  if (kind === 'event') return { screen: 'event', event: document };
  if (kind === 'dossier') return { screen: 'dossier', dossier: document };
  return { screen: 'record', document };
}
