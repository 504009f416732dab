/** The first keys of a phone, and how one that was set up before they were wrapped gets there. */
import type { IDBPDatabase } from 'idb';
import { seal, unseal, type Sealed } from './cipher';
import type { Schema } from './disk';
import type { Ring } from './keyring';
import { unwrap } from './keys';
import { newDataKey, newDeviceKey, wrap } from './new_keys';

export async function makeRing(db: IDBPDatabase<Schema>): Promise<Ring> {
  const device = await newDeviceKey();
  const exportable = await newDataKey();
  const wrapping = await wrap({ lock: 'none' }, exportable, device, null);
  const old = await db.get('key', 'data');
  if (old instanceof CryptoKey) {
    const data = await unwrap(wrapping, device, null);
    if (!data) throw new Error('a key that was wrapped just now does not unwrap');
    await sealAnew(db, old, data, { device, wrapping }).catch(async (error: unknown) => {
      if (!(error instanceof DOMException) || error.name !== 'QuotaExceededError') throw error;
      // Snapshots only make the next start faster.
      await db.clear('view');
      await sealAnew(db, old, data, { device, wrapping });
    });
    return { device, wrapping };
  }
  const tx = db.transaction('key', 'readwrite', { durability: 'strict' });
  await Promise.all([tx.store.put(device, 'device'), tx.store.put(wrapping, 'wrapping')]);
  await tx.done;
  return { device, wrapping };
}

/**
 * The app's first version sealed everything with one key that cannot be exported, and so cannot be wrapped. All of it is sealed
 * anew and stored in one transaction with the new keys: before it everything is as it was, after it everything is as it should be.
 * No page of that version is still at work: a database of a higher version has closed its connections.
 */
async function sealAnew(db: IDBPDatabase<Schema>, from: CryptoKey, to: CryptoKey, ring: Ring): Promise<void> {
  const again = async (label: string, sealed: Sealed): Promise<Sealed> => {
    const plain = await unseal(from, label, sealed);
    // What cannot be read stays as it is; nobody could read it before.
    return plain ? seal(to, label, plain) : sealed;
  };
  const session = await entriesOf(db, 'session');
  const batch = await entriesOf(db, 'batch');
  const log = await entriesOf(db, 'log');
  const view = await entriesOf(db, 'view');
  const refused = await entriesOf(db, 'refused');
  const resealed = {
    session: await mapped(session, async (name, value) => (typeof value === 'number' ? value : again(`session/${name}`, value))),
    batch: await mapped(batch, (name, value) => again(`batch/${name}`, value)),
    log: await mapped(log, async (_n, value) => ({ ...value, sealed: await again(`log/${value.id}`, value.sealed) })),
    view: await mapped(view, async (name, value) => ({ ...value, sealed: await again(`view/${name}`, value.sealed) })),
    refused: await mapped(refused, (_name, value) => again('refused', value)),
  };
  const tx = db.transaction(['key', 'session', 'batch', 'log', 'view', 'refused'], 'readwrite', { durability: 'strict' });
  await Promise.all([
    ...resealed.session.map(([name, value]) => tx.objectStore('session').put(value, name)),
    ...resealed.batch.map(([name, value]) => tx.objectStore('batch').put(value, name)),
    ...resealed.log.map(([n, value]) => tx.objectStore('log').put(value, n)),
    ...resealed.view.map(([name, value]) => tx.objectStore('view').put(value, name)),
    ...resealed.refused.map(([name, value]) => tx.objectStore('refused').put(value, name)),
    tx.objectStore('key').put(ring.device, 'device'),
    tx.objectStore('key').put(ring.wrapping, 'wrapping'),
    tx.objectStore('key').delete('data'),
  ]);
  await tx.done;
}

type Data = 'session' | 'batch' | 'log' | 'view' | 'refused';

async function entriesOf<Name extends Data>(
  db: IDBPDatabase<Schema>,
  name: Name,
): Promise<Array<[key: Schema[Name]['key'], value: Schema[Name]['value']]>> {
  const tx = db.transaction(name);
  const [keys, values] = await Promise.all([tx.objectStore(name).getAllKeys(), tx.objectStore(name).getAll()]);
  return values.map((value, n) => [keys[n] as Schema[Name]['key'], value]);
}

function mapped<Key, Value>(entries: Array<[Key, Value]>, again: (key: Key, value: Value) => Promise<Value>) {
  return Promise.all(entries.map(async ([key, value]): Promise<[Key, Value]> => [key, await again(key, value)]));
}
