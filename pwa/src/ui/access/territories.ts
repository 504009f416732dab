//! Régions and provinces of Morocco (HCP), régions and départements of France (INSEE), as they can be given to an account. The lists are
//! those of `reference/morocco` and of the engine's `territory.rs`. Loaded by whoever gives one: few people do.
import type { DocumentId } from '../../generated/DocumentId';
import { language } from '../../i18n';
import all from './territories.json';

interface Listed {
  code: string;
  fr: string;
  ar?: string;
  in?: Listed[];
}

export interface Territory {
  /** The id under which it is given, like a document. */
  id: DocumentId;
  code: string;
  /** In the app's language where it has a name in it. */
  name: string;
  /** The région that it lies in; empty for a région. */
  within: string;
}

/** How the id of a territory begins: `ter:`, then the code in ASCII. */
const PREFIX = 'ter:';
const ID_BYTES = 16;

/** Each région, followed by what lies in it. */
export function territories(): Territory[] {
  const nameOf = ({ fr, ar }: Listed) => (language() === 'ar' && ar ? ar : fr);
  return (all as Listed[]).flatMap((region) => [
    { id: idOf(region.code), code: region.code, name: nameOf(region), within: '' },
    ...(region.in ?? []).map((part) => ({ id: idOf(part.code), code: part.code, name: nameOf(part), within: nameOf(region) })),
  ]);
}

export function idOf(code: string): DocumentId {
  const letters = [...(PREFIX + code)].map((letter) => letter.charCodeAt(0).toString(16).padStart(2, '0'));
  const hex = letters.join('').padEnd(2 * ID_BYTES, '0');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
