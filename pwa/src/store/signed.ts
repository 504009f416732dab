/**
 * Requests that carry this device's own signature, so that a copied cookie opens nothing.
 *
 * The key pair (ECDSA on P-256) is made in this browser and cannot be taken out of it; the server knows its public half. What is
 * signed: the method, the path with the query, the body's SHA-256, and the time as this device takes the *server's* clock. A device a
 * year off is told the server's time in the refusal, signs again, and remembers by how much it is off: then an exchange is one round
 * trip.
 *
 * The pair has a database of its own: requests are signed before the disk is unlocked, and its loss is not the documents'.
 */
import { openDB, type DBSchema, type IDBPDatabase } from 'idb';

const NAME = 'tiwizi-key';
const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256' } as const;
const SIGNATURE = { name: 'ECDSA', hash: 'SHA-256' } as const;

interface Schema extends DBSchema {
  /** `pair` is the key pair, `binding` one that the server has not taken yet, `ahead_ms` this device's clock minus the server's. */
  key: { key: 'pair' | 'binding' | 'ahead_ms'; value: CryptoKeyPair | number };
}

export interface SignedInit extends Omit<RequestInit, 'body' | 'headers'> {
  headers?: Record<string, string>;
  body?: string | Uint8Array<ArrayBuffer>;
}

interface Known {
  pair: CryptoKeyPair | null;
  aheadMs: number;
}

let opening: Promise<IDBPDatabase<Schema>> | null = null;
/** Once it is known it does not change. Kept in memory too: a browser that clears its storage under a running app takes no key. */
let known: Known | null = null;

/** `fetch`, signed, with the header that other sites' pages cannot send. */
export async function signedFetch(path: string, init: SignedInit = {}): Promise<Response> {
  const response = await send(path, init);
  if (response.status !== 401) return response;
  const { code, now_ms } = await refusalOf(response);
  if (code === 'proof.stale' && now_ms !== undefined) {
    await noteAhead(Date.now() - now_ms);
    return send(path, init);
  }
  // A device from before there were keys brings its own, once.
  if (code === 'proof.missing' && (await own()).pair === null && (await bind())) return send(path, init);
  return response;
}

/** The public half in hex: for the server, with the invite's code. The pair is made, and on disk, before this returns. */
export async function publicKey(): Promise<string> {
  return publicOf(await keep());
}

/** Forgets the pair: the server has heard that this device is given up, and lets nobody in by it. */
export async function forgetPair(): Promise<void> {
  known = null;
  // What is left of it opens nothing.
  await open()
    .then((db) => db.clear('key'))
    .catch(() => {});
}

async function send(path: string, { headers, ...init }: SignedInit): Promise<Response> {
  const proof = await proofOf(init.method ?? 'GET', path, init.body);
  return fetch(path, { ...init, headers: { 'x-tiwizi': '1', ...headers, ...(proof && { 'x-tiwizi-proof': proof }) } });
}

async function proofOf(method: string, path: string, body: SignedInit['body']): Promise<string | null> {
  const { pair, aheadMs } = await own();
  if (!pair) return null;
  const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : (body ?? new Uint8Array());
  const hash = hex(await crypto.subtle.digest('SHA-256', bytes));
  const at = Date.now() - aheadMs;
  const message = new TextEncoder().encode(`tiwizi\n${method}\n${path}\n${hash}\n${at}`);
  return `${at}.${hash}.${hex(await crypto.subtle.sign(SIGNATURE, pair.privateKey, message))}`;
}

/** `POST /api/session/key`. False where the server has another one: this browser has lost its key, and is not that device any more. */
async function bind(): Promise<boolean> {
  const db = await open();
  // Apart until the server has taken it: an invite may be used meanwhile, and brings a pair of its own. The same one at each attempt.
  const tried = await db.get('key', 'binding');
  const pair = typeof tried === 'object' ? tried : await newPair();
  await db.put('key', pair, 'binding');
  const body = JSON.stringify({ public_key: await publicOf(pair) });
  const headers = { 'x-tiwizi': '1', 'content-type': 'application/json' };
  const response = await fetch('/api/session/key', { method: 'POST', headers, body, redirect: 'error', cache: 'no-store' });
  const tx = db.transaction('key', 'readwrite', { durability: 'strict' });
  await Promise.all([...(response.ok ? [tx.store.put(pair, 'pair')] : []), tx.store.delete('binding'), tx.done]);
  if (response.ok) known = { pair, aheadMs: (await own()).aheadMs };
  return response.ok;
}

function newPair(): Promise<CryptoKeyPair> {
  return crypto.subtle.generateKey(ALGORITHM, false, ['sign', 'verify']);
}

async function publicOf({ publicKey }: CryptoKeyPair): Promise<string> {
  return hex(await crypto.subtle.exportKey('raw', publicKey));
}

async function refusalOf(response: Response): Promise<{ code?: string; now_ms?: number }> {
  return (await response
    .clone()
    .json()
    .catch(() => ({}))) as { code?: string; now_ms?: number };
}

/** What is on disk. A browser that keeps nothing signs nothing. */
async function own(): Promise<Known> {
  if (known?.pair) return known;
  try {
    const db = await open();
    const [pair, aheadMs] = await Promise.all([db.get('key', 'pair'), db.get('key', 'ahead_ms')]);
    known = { pair: typeof pair === 'object' ? pair : null, aheadMs: typeof aheadMs === 'number' ? aheadMs : 0 };
  } catch {
    opening = null;
  }
  return known ?? { pair: null, aheadMs: 0 };
}

/** The pair, made if there is none. Written anew even when it is known: the storage may have been cleared meanwhile. */
async function keep(): Promise<CryptoKeyPair> {
  const { pair, aheadMs } = await own();
  const made = pair ?? (await newPair());
  const db = await open();
  const tx = db.transaction('key', 'readwrite', { durability: 'strict' });
  // Another tab may be just as early: the first one to write wins.
  const first = await tx.store.get('pair');
  const kept = typeof first === 'object' ? first : made;
  if (!first) await tx.store.put(made, 'pair');
  await tx.done;
  known = { pair: kept, aheadMs };
  return kept;
}

async function noteAhead(aheadMs: number): Promise<void> {
  known = { ...(await own()), aheadMs };
  // Without it the next start asks once more.
  await open()
    .then((db) => db.put('key', aheadMs, 'ahead_ms'))
    .catch(() => {});
}

function open(): Promise<IDBPDatabase<Schema>> {
  const forget = () => (opening = null);
  opening ??= openDB<Schema>(NAME, 1, {
    upgrade: (db) => void db.createObjectStore('key'),
    terminated: forget,
  });
  opening.catch(forget);
  return opening;
}

function hex(bytes: ArrayBuffer): string {
  return Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
