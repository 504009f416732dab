//! What can be given to an account besides documents: territories, whose ids spell out their codes (`territory.rs` of the engine).
import type { DocumentId } from '../../generated/DocumentId';

/** How the id of a territory begins: 'ter:' in ASCII. */
const PREFIX = '7465723a';

/** The code of a territory, such as `MA.09.541`; null for the id of a document. */
export function codeOf(id: DocumentId): string | null {
  const hex = id.replaceAll('-', '');
  if (!hex.startsWith(PREFIX)) return null;
  const letters = hex.slice(PREFIX.length).match(/../g) ?? [];
  return String.fromCharCode(...letters.map((pair) => Number.parseInt(pair, 16)).filter((byte) => byte > 0));
}
