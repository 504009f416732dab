/**
 * Photos, scans and signatures on their way between the page and the disk. Their name is the SHA-256 of their bytes: what a document
 * refers to cannot be exchanged for something else, here or on the server.
 *
 * The leading worker brings them to the server (`engine/uploader.ts`).
 */
import { getBlob, putFetched, putKept } from './blob_disk';
import type { Kept } from './contract';
import type { Disk } from './disk';
import { refusalOf, type Media } from './media';
import { signedFetch } from './signed';

/** Longer than this nobody waits for a picture. */
const FETCH_MS_MAX = 60_000;
/** What was fetched from the server to be kept stays so long. */
const FETCHED_KEPT_MS = 7 * 24 * 60 * 60 * 1000;

/** Keeps a blob on this phone, for the server. Resolves once it is on disk; fails as the disk does. */
export async function keepBlob(disk: Disk, media: Media, given: Uint8Array): Promise<Kept> {
  // A copy: what is hashed must be what is kept.
  const bytes = new Uint8Array(given);
  const refusal = await refusalOf(media, bytes);
  if (refusal) return { saved: false, code: refusal };
  const hash = await hashOf(bytes);
  await putKept(disk, hash, media, bytes);
  return { saved: true, hash };
}

/** What is on this phone; else what the server has, if it can be reached. Null where neither has it. */
export async function readBlob(disk: Disk, hash: string, how?: 'keep'): Promise<Uint8Array<ArrayBuffer> | null> {
  // A disk that fails does not keep the server from answering.
  const kept = await getBlob(disk, hash).catch(() => null);
  if (kept) return kept;
  const fetched = await fetchBlob(hash);
  // What the server has is not lost without room for it here.
  if (fetched && how === 'keep') await putFetched(disk, hash, fetched, Date.now() + FETCHED_KEPT_MS).catch(() => {});
  return fetched;
}

async function fetchBlob(hash: string): Promise<Uint8Array<ArrayBuffer> | null> {
  try {
    const signal = AbortSignal.timeout(FETCH_MS_MAX);
    const response = await signedFetch(`/api/blobs/${hash}`, { redirect: 'error', cache: 'no-store', signal });
    if (!response.ok) return null;
    const bytes = new Uint8Array(await response.arrayBuffer());
    // Whatever answers in the server's place (a hotel's login page) does not have those bytes.
    return (await hashOf(bytes)) === hash ? bytes : null;
  } catch {
    return null;
  }
}

async function hashOf(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
