//! The codes on badges and convocations: opaque, made with the event's own key, which only those have who hold the event. The server
//! makes the same (`sheet/others.rs`).
import type { DocumentId } from '../../generated/DocumentId';

const PREFIX = 'TIWIZI1:';
/** Of the tag that stands in the code. */
const TAG_BYTES = 10;

const fromHex = (hex: string) => Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));

/** What the badges of these people say, each with its person. */
export async function badgesOf(
  key: string,
  event: DocumentId,
  people: readonly DocumentId[],
): Promise<ReadonlyMap<string, DocumentId>> {
  const algorithm = { name: 'HMAC', hash: 'SHA-256' };
  const secret = await crypto.subtle.importKey('raw', fromHex(key), algorithm, false, ['sign']);
  const bytes = (id: DocumentId) => fromHex(id.replaceAll('-', ''));
  const of = async (person: DocumentId): Promise<[string, DocumentId]> => {
    const tag = new Uint8Array(await crypto.subtle.sign('HMAC', secret, new Uint8Array([...bytes(event), ...bytes(person)])));
    return [PREFIX + Array.from(tag.slice(0, TAG_BYTES), (byte) => byte.toString(16).padStart(2, '0')).join('').toUpperCase(), person];
  };
  return new Map(await Promise.all(people.map(of)));
}

/** Whether a code is one of ours at all, of whatever event. */
export const isBadge = (text: string): boolean => text.startsWith(PREFIX);
