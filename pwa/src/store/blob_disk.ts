/** Photos, scans and signatures on the device's disk: sealed as everything there is, each under its hash. */
import type { BlobRecord, Disk } from './disk';
import type { Media } from './media';

const labelOf = (hash: string) => `blob/${hash}`;

/** Keeps a blob for the server. Resolves once it is on disk: 'saved on this phone'. */
export async function putKept(disk: Disk, hash: string, media: Media, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
  const made_ms = Date.now();
  await put(disk, hash, { media, size: bytes.length, made_ms, waits_ms: made_ms }, bytes);
}

/** Keeps what came from the server, until then. */
export async function putFetched(disk: Disk, hash: string, bytes: Uint8Array<ArrayBuffer>, until_ms: number): Promise<void> {
  await put(disk, hash, { media: null, size: bytes.length, made_ms: Date.now(), until_ms }, bytes);
}

/** The same bytes are the same blob, whether it waits or the server has it: one that is here stays as it is. */
async function put(disk: Disk, hash: string, record: Omit<BlobRecord, 'sealed'>, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
  if ((await disk.plain((db) => db.getKey('blob', hash))) !== undefined) return;
  await disk.writing(['blob'], async ({ seal }) => {
    const sealed = await seal(labelOf(hash), bytes);
    return (tx) => [tx.objectStore('blob').put({ ...record, sealed }, hash)];
  });
}

export function getBlob(disk: Disk, hash: string): Promise<Uint8Array<ArrayBuffer> | null> {
  return disk.reading(async (db, { unseal }) => {
    const record = await db.get('blob', hash);
    return record ? unseal(labelOf(hash), record.sealed) : null;
  });
}

/** The hashes of what the server has still to get, the oldest first. */
export function waitingBlobs(disk: Disk): Promise<string[]> {
  return disk.plain((db) => db.getAllKeysFromIndex('blob', 'waits_ms'));
}

/** One of them; null where it cannot be unsealed any more. */
export function blobToBring(disk: Disk, hash: string): Promise<{ media: Media; bytes: Uint8Array<ArrayBuffer> } | null> {
  return disk.reading(async (db, { unseal }) => {
    const record = await db.get('blob', hash);
    if (!record?.media) return null;
    const bytes = await unseal(labelOf(hash), record.sealed);
    return bytes && { media: record.media, bytes };
  });
}

/** The server has it: it leaves now, or then. */
export function noteBrought(disk: Disk, hash: string, until_ms: number | null): Promise<void> {
  return disk.writing(['blob'], async () => async (tx) => {
    const store = tx.objectStore('blob');
    const record = await store.get(hash);
    if (!record) return [];
    const { waits_ms: _, ...kept } = record;
    return [until_ms === null ? store.delete(hash) : store.put({ ...kept, until_ms }, hash)];
  });
}

export function dropBlob(disk: Disk, hash: string): Promise<void> {
  return disk.writing(['blob'], async () => (tx) => [tx.objectStore('blob').delete(hash)]);
}

/** Drops what the server has and whose time here is over by then; without a moment, all that the server has. */
export function dropBrought(disk: Disk, nowMs: number = Infinity): Promise<void> {
  return disk.writing(['blob'], async () => async (tx) => {
    const store = tx.objectStore('blob');
    const hashes = await store.index('until_ms').getAllKeys(IDBKeyRange.upperBound(nowMs));
    return hashes.map((hash) => store.delete(hash));
  });
}
