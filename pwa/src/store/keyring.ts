/** Where the keys of a phone lie on its disk. */
import type { IDBPDatabase } from 'idb';
import type { Schema } from './disk';
import type { Wrapping } from './keys';

/** Keys are made, and records sealed anew, by one page or worker while the others wait. */
const KEYS_LOCK = 'tiwizi keys';

export interface Ring {
  device: CryptoKey;
  wrapping: Wrapping;
}

/** What is there; null before the first start, and in a database of the app's first version. */
export async function readRing(db: IDBPDatabase<Schema>): Promise<Ring | null> {
  const tx = db.transaction('key');
  const [device, wrapping] = await Promise.all([tx.store.get('device'), tx.store.get('wrapping')]);
  return device instanceof CryptoKey && isWrapping(wrapping) ? { device, wrapping } : null;
}

/** The keys of this phone, made if there are none. */
export async function ringOf(db: IDBPDatabase<Schema>): Promise<Ring> {
  const found = await readRing(db);
  if (found) return found;
  const { makeRing } = await import('./new_ring');
  return navigator.locks.request(KEYS_LOCK, async () => (await readRing(db)) ?? (await makeRing(db)));
}

export function isWrapping(value: unknown): value is Wrapping {
  return typeof value === 'object' && value !== null && 'way' in value && 'sealed' in value;
}
