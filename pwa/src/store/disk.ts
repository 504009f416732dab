/**
 * The device's disk: one IndexedDB database. Pages and workers use the same one.
 *
 * Whoever reads a record that cannot be unsealed goes on without it: what the server has comes back from there, and what only
 * this device had was gone already.
 */
import { openDB, type DBSchema, type IDBPDatabase, type IDBPTransaction, type StoreNames } from 'idb';
import type { Policy } from './policy';
import type { Entry } from '../generated/Entry';
import type { Logged } from './channel';
import { seal, sealJson, unseal, unsealJson, type Sealed } from './cipher';
import type { Refused, Session } from './contract';
import { ringOf } from './keyring';
import { unwrap, type LockKind, type Wrapping } from './keys';
import type { Media } from './media';
import type { Tries } from './patience';

const NAME = 'tiwizi';
/**
 * 2: the data key is wrapped. The stores are those of 1, but its pages must not write with the key that they had. 3: there are blobs.
 */
const VERSION = 3;

/** Snapshots of views that are kept for the next start. */
const VIEWS_KEPT_MAX = 24;
/** One snapshot, as JSON. Above it the page waits for the engine. */
const VIEW_CHARS_MAX = 2 * 1024 * 1024;

export interface Schema extends DBSchema {
  /** See `keys.ts`; `tries` are wrong codes; `data` was the only key in version 1. */
  key: { key: 'device' | 'wrapping' | 'tries' | 'data'; value: CryptoKey | Wrapping | Tries };
  /**
   * `session` and `attempt` are sealed. The others must be known while the phone is locked, and are numbers: `term` counts the
   * leaders, `unsent` the changes that the server has not acknowledged; `lost` is when it was found that the storage had vanished,
   * until somebody has read that; `left` is there while the server still has to hear that this phone was given up.
   */
  session: { key: 'session' | 'attempt' | 'term' | 'unsent' | 'lost' | 'left' | 'delivered' | 'lock_from' | 'lock_minutes'; value: Sealed | number };
  /** What the engine keeps, under the engine's own keys. */
  batch: { key: string; value: Sealed };
  /** The edit log, in the order of the taps. */
  log: { key: number; value: LogRecord };
  /** What each view last showed, by `keyText`. */
  view: { key: string; value: { sealed: Sealed; painted_ms: number }; indexes: { painted_ms: number } };
  /** Edits that a rule refused, until somebody has seen it. */
  refused: { key: string; value: Sealed };
  /** Photos, scans and signatures, by the SHA-256 of their bytes. */
  blob: { key: string; value: BlobRecord; indexes: { waits_ms: number; until_ms: number } };
}

/** Beside the bytes only what must be known while the phone is locked. */
export interface BlobRecord {
  sealed: Sealed;
  /** Null for one that came from the server. */
  media: Media | null;
  size: number;
  made_ms: number;
  /** `made_ms` of one that the server has still to get. */
  waits_ms?: number;
  /** When one that the server has leaves this phone. */
  until_ms?: number;
}

interface LogRecord {
  id: string;
  sealed: Sealed;
  /** Its change is stored. It stays until the snapshots of views show it too, so that a restart never shows less than before. */
  worked: boolean;
  /** How often the engine has died of it. */
  crashes: number;
}

/** An entry of the log as the leader works with it. */
export interface LogEntry extends Logged {
  n: number;
  record: LogRecord;
}

/** What a page must know before it can show anything. */
export interface Boot {
  session: Session | null;
  /** The code with which the server shut this device out, if it did. */
  revoked: string | null;
  /** Blobs that the server has still to get. */
  blobsWaiting: number;
  /** Edits that no snapshot shows yet. `worked`: the documents have them, the snapshots may not. */
  log: Array<Logged & { worked: boolean }>;
  refused: Refused[];
  /** When this phone had lost its storage, if nobody has read that yet; milliseconds since 1970. */
  lostMs: number | null;
}

/** What one transaction of the leader stores. */
export interface Batch {
  puts: Array<[key: string, value: Uint8Array<ArrayBuffer>]>;
  deletes: string[];
  worked: LogEntry[];
  refused: Array<{ entry: LogEntry; code: string }>;
  /** Changes that the server has not acknowledged once this is stored. */
  unsent: number;
}

/** Whose device this is. */
export interface Known {
  session: Session;
  /** The code with which the server shut it out, if it did. */
  revoked: string | null;
  /** When the server was last asked about the session, by this device's clock. */
  askedMs: number;
}

interface Open {
  db: IDBPDatabase<Schema>;
  key: CryptoKey;
}

/** What seals and opens with this phone's key. */
export interface Box {
  seal(label: string, plain: BufferSource): Promise<Sealed>;
  unseal(label: string, sealed: Sealed): Promise<Uint8Array<ArrayBuffer> | null>;
}

const boxOf = (key: CryptoKey): Box => ({
  seal: (label, plain) => seal(key, label, plain),
  unseal: (label, sealed) => unseal(key, label, sealed),
});

type Stores = Array<StoreNames<Schema>>;
type Write<S extends Stores> = IDBPTransaction<Schema, S, 'readwrite'>;
/** Asks a transaction for what it is to do, and for nothing that takes time besides. */
type Ask<S extends Stores> = (tx: Write<S>) => Array<Promise<unknown>> | Promise<Array<Promise<unknown>>>;

/** The phone is locked: what is on its disk cannot be read or written. */
export class Locked extends Error {}

/** Another worker has taken the lead since: what this one holds may be stale and must not be written. */
export class Superseded extends Error {}

/** What a page may tell of a failed write. */
export function storageCode(error: unknown): 'storage.full' | 'storage.failed' {
  return nameOf(error) === 'QuotaExceededError' ? 'storage.full' : 'storage.failed';
}

export class Disk {
  #opening: Promise<IDBPDatabase<Schema>> | null = null;
  /** The data key; null while the phone is locked. It outlives a connection. */
  #key: CryptoKey | null = null;
  readonly #outdated: () => void;

  /** `outdated` is called when a newer version of the app has changed the database: this page must be loaded anew. */
  constructor(outdated: () => void = () => {}) {
    this.#outdated = outdated;
  }

  // --- The lock

  /** What must be given before anything can be read, here and now. */
  lockedBy(): Promise<LockKind> {
    return this.plain(async (db) => (this.#key ? 'none' : (await ringOf(db)).wrapping.way.lock));
  }

  /** The key, for this device's other pages and its worker; null while locked. It cannot be exported. */
  get key(): CryptoKey | null {
    return this.#key;
  }

  useKey(key: CryptoKey): void {
    this.#key = key;
  }

  dropKey(): void {
    this.#key = null;
  }

  /** Edits, changes and blobs that would be lost with this phone. Known while it is locked, too. */
  unacknowledged(): Promise<number> {
    return this.plain(async (db) => {
      const tx = db.transaction(['session', 'log', 'blob']);
      const [unsent, log, blobs] = await Promise.all([
        tx.objectStore('session').get('unsent'),
        tx.objectStore('log').getAll(),
        tx.objectStore('blob').index('waits_ms').count(),
      ]);
      const waiting = log.filter(({ worked }) => !worked).length;
      return waiting + blobs + (typeof unsent === 'number' ? unsent : 0);
    });
  }

  /** Blobs that the server has still to get. Known while the phone is locked, too. */
  blobsWaiting(): Promise<number> {
    return this.plain((db) => db.countFromIndex('blob', 'waits_ms'));
  }

  /** Whether the server has still to hear that this phone was given up. */
  hasLeft(): Promise<boolean> {
    return this.plain(async (db) => (await db.get('session', 'left')) !== undefined);
  }

  /** How many changes went to staff when this device's access ended; null where it did not. Until somebody comes in again. */
  delivered(): Promise<number | null> {
    return this.plain(async (db) => {
      const delivered = await db.get('session', 'delivered');
      return typeof delivered === 'number' ? delivered : null;
    });
  }

  /** What the house decides about phones. Not sealed: it must hold while the phone is locked. */
  policy(): Promise<Partial<Policy>> {
    return this.plain(async (db) => {
      const [lockFrom, lockMinutes] = await Promise.all([db.get('session', 'lock_from'), db.get('session', 'lock_minutes')]);
      return {
        ...(typeof lockFrom === 'number' && { lockFrom }),
        ...(typeof lockMinutes === 'number' && { lockMinutes }),
      };
    });
  }

  keepPolicy({ lockFrom, lockMinutes }: Policy): Promise<void> {
    return this.plain(async (db) => {
      const tx = db.transaction('session', 'readwrite');
      await Promise.all([tx.store.put(lockFrom, 'lock_from'), tx.store.put(lockMinutes, 'lock_minutes'), tx.done]);
    });
  }

  /** Whether an invite was tried here and no answer came. */
  hasTried(): Promise<boolean> {
    return this.plain(async (db) => (await db.get('session', 'attempt')) !== undefined);
  }

  /** Keeps that the storage had vanished, until somebody has read it; null is read. */
  noteLoss(lostMs: number | null): Promise<void> {
    return this.plain(async (db) => {
      if (lostMs === null) await db.delete('session', 'lost');
      else await db.put('session', lostMs, 'lost');
    });
  }

  // --- What the page reads and writes

  boot(): Promise<Boot> {
    return this.#read(async ({ db, key }) => {
      const tx = db.transaction(['session', 'log', 'refused', 'blob']);
      const [session, lost, records, refused, blobsWaiting] = await Promise.all([
        tx.objectStore('session').get('session'),
        tx.objectStore('session').get('lost'),
        tx.objectStore('log').getAll(),
        tx.objectStore('refused').getAll(),
        tx.objectStore('blob').index('waits_ms').count(),
      ]);
      const known = await readKnown(key, session);
      const log = await Promise.all(records.map((record) => readEntry(key, record)));
      const refusals = await Promise.all(refused.map((sealed) => unsealJson<Refused>(key, 'refused', sealed)));
      return {
        session: known?.session ?? null,
        revoked: known?.revoked ?? null,
        blobsWaiting,
        log: log.flatMap((entry) => entry ?? []),
        refused: refusals.flatMap((one) => one ?? []).sort((a, b) => a.atMs - b.atMs),
        lostMs: typeof lost === 'number' ? lost : null,
      };
    });
  }

  readSession(): Promise<Known | null> {
    return this.#read(async ({ db, key }) => readKnown(key, await db.get('session', 'session')));
  }

  /** The JSON of the view as it was last painted. */
  readView(keyText: string): Promise<string | null> {
    return this.#read(async ({ db, key }) => {
      const found = await db.get('view', keyText);
      const plain = found && (await unseal(key, `view/${keyText}`, found.sealed));
      return plain ? new TextDecoder().decode(plain) : null;
    });
  }

  /** Appends to the edit log, in this order. Resolves once the entries are on disk: 'saved on this phone'. */
  append(entries: readonly Logged[]): Promise<void> {
    return this.#write(['log'], async ({ key }) => {
      const records = await Promise.all(
        entries.map(async ({ id, entry }) => ({ id, sealed: await sealJson(key, `log/${id}`, entry), worked: false, crashes: 0 })),
      );
      return (tx) => records.map((record) => tx.objectStore('log').add(record));
    });
  }

  dismiss(refused: string): Promise<void> {
    return this.#write(['refused'], async () => (tx) => [tx.objectStore('refused').delete(refused)]);
  }

  /** 16 random bytes in hex, the same each time for the same invite code: a reply that is lost locks nobody out. */
  async attempt(code: string): Promise<string> {
    const kept = await this.#read(async ({ db, key }) => {
      const sealed = await db.get('session', 'attempt');
      return sealed instanceof Uint8Array ? unsealJson<{ code: string; attempt: string }>(key, 'session/attempt', sealed) : null;
    });
    if (kept?.code === code) return kept.attempt;
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    const attempt = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
    await this.#write(['session'], async ({ key }) => {
      const sealed = await sealJson(key, 'session/attempt', { code, attempt });
      return (tx) => [tx.objectStore('session').put(sealed, 'attempt')];
    });
    return attempt;
  }

  /** Keeps whose device this is. */
  keepSession(known: Known): Promise<void> {
    return this.#write(['session'], async ({ key }) => {
      const sealed = await sealJson(key, 'session/session', known);
      return (tx) => {
        const store = tx.objectStore('session');
        return [store.put(sealed, 'session'), ...(known.revoked === null ? [store.delete('attempt'), store.delete('delivered')] : [])];
      };
    });
  }

  /** Begins a leader's term. Whatever an earlier one still tries to write is refused from now on. */
  async beginTerm(): Promise<number> {
    let term = 0;
    const begin = async () => async (tx: Write<['session']>) => {
      const last = await tx.objectStore('session').get('term');
      term = (typeof last === 'number' ? last : 0) + 1;
      return [tx.objectStore('session').put(term, 'term')];
    };
    // Terms are compared while the browser runs: what a power cut takes back, it takes from everybody.
    await this.#write(['session'], begin, 'relaxed');
    return term;
  }

  /** Everything that batches have put. */
  readBatches(): Promise<{ keys: string[]; values: Uint8Array[] }> {
    return this.#read(async ({ db, key }) => {
      const tx = db.transaction('batch');
      const [keys, sealed] = await Promise.all([tx.store.getAllKeys(), tx.store.getAll()]);
      const plain = await Promise.all(sealed.map((value, n) => unseal(key, `batch/${keys[n]}`, value)));
      const readable = keys.flatMap((name, n) => (plain[n] ? [{ name, value: plain[n] }] : []));
      return { keys: readable.map(({ name }) => name), values: readable.map(({ value }) => value) };
    });
  }

  /** The entries after number `n`, oldest first. */
  readLog(n: number): Promise<LogEntry[]> {
    return this.#read(async ({ db, key }) => {
      const range = IDBKeyRange.lowerBound(n, true);
      const tx = db.transaction('log');
      const [numbers, records] = await Promise.all([tx.store.getAllKeys(range), tx.store.getAll(range)]);
      const entries = await Promise.all(
        records.map(async (record, i): Promise<LogEntry | null> => {
          const entry = await readEntry(key, record);
          return entry && { id: entry.id, entry: entry.entry, n: numbers[i] ?? 0, record };
        }),
      );
      return entries.flatMap((entry) => entry ?? []);
    });
  }

  /** Stores all of a batch or nothing of it. */
  commit(term: number, batch: Batch): Promise<void> {
    return this.#write(['session', 'batch', 'log', 'refused'], async ({ key }) => {
      const puts = await Promise.all(
        batch.puts.map(async ([name, value]) => [name, await seal(key, `batch/${name}`, value)] as const),
      );
      const refused = await Promise.all(
        batch.refused.map(async ({ entry, code }) => ({ entry, sealed: await sealRefused(key, entry, code) })),
      );
      return async (tx) => {
        await inTerm(tx.objectStore('session'), term);
        const log = tx.objectStore('log');
        return [
          ...puts.map(([name, sealed]) => tx.objectStore('batch').put(sealed, name)),
          ...batch.deletes.map((name) => tx.objectStore('batch').delete(name)),
          ...batch.worked.map(({ n, record }) => log.put({ ...record, worked: true }, n)),
          ...refused.flatMap(({ entry, sealed }) => [log.delete(entry.n), tx.objectStore('refused').put(sealed, entry.id)]),
          tx.objectStore('session').put(batch.unsent, 'unsent'),
        ];
      };
    });
  }

  /** The engine died while it worked this entry in. */
  noteCrash(term: number, entry: LogEntry): Promise<void> {
    return this.#write(['session', 'log'], async () => async (tx) => {
      await inTerm(tx.objectStore('session'), term);
      return [tx.objectStore('log').put({ ...entry.record, crashes: entry.record.crashes + 1 }, entry.n)];
    });
  }

  /**
   * Keeps what the views show now; null is nothing. The entries of these numbers are in them, so they leave the log. `unsent` as in
   * `Batch`.
   */
  keepViews(
    term: number,
    views: ReadonlyArray<[keyText: string, json: string | null]>,
    worked: readonly number[],
    unsent: number,
  ): Promise<void> {
    const prepare = async ({ key }: Open) => {
      const small = views.flatMap(([name, json]) => (json !== null && json.length <= VIEW_CHARS_MAX ? [[name, json] as const] : []));
      const sealed = await Promise.all(
        small.map(async ([name, json]) => [name, await seal(key, `view/${name}`, new TextEncoder().encode(json))] as const),
      );
      return async (tx: Write<['session', 'view', 'log']>) => {
        await inTerm(tx.objectStore('session'), term);
        const store = tx.objectStore('view');
        await Promise.all([
          tx.objectStore('session').put(unsent, 'unsent'),
          ...views.map(([name]) => store.delete(name)),
          ...sealed.map(([name, value]) => store.put({ sealed: value, painted_ms: Date.now() }, name)),
          ...worked.map((n) => tx.objectStore('log').delete(n)),
        ]);
        const oldest = await store.index('painted_ms').getAllKeys();
        return oldest.slice(0, Math.max(0, oldest.length - VIEWS_KEPT_MAX)).map((name) => store.delete(name));
      };
    };
    // A lost snapshot is painted a second later.
    return this.#write(['session', 'view', 'log'], prepare, 'relaxed');
  }

  /** Forgets every snapshot but these. */
  dropViews(except: ReadonlySet<string>): Promise<void> {
    return this.#write(['view'], async () => async (tx) => {
      const store = tx.objectStore('view');
      const names = await store.getAllKeys();
      return names.filter((name) => !except.has(name)).map((name) => store.delete(name));
    });
  }

  // --- For blobs, which have a module of their own: `blob_disk.ts`

  reading<T>(work: (db: IDBPDatabase<Schema>, box: Box) => Promise<T>): Promise<T> {
    return this.#read(({ db, key }) => work(db, boxOf(key)));
  }

  writing<const S extends Stores>(stores: S, prepare: (box: Box) => Promise<Ask<S>>): Promise<void> {
    return this.#write(stores, ({ key }) => prepare(boxOf(key)));
  }

  #open(): Promise<IDBPDatabase<Schema>> {
    this.#opening ??= this.#connect().catch((error: unknown) => {
      this.#opening = null;
      if (nameOf(error) === 'VersionError') this.#outdated();
      throw error;
    });
    return this.#opening;
  }

  async #connect(): Promise<IDBPDatabase<Schema>> {
    const forget = () => {
      this.#opening = null;
    };
    const db = await openDB<Schema>(NAME, VERSION, {
      upgrade(db, from) {
        if (from < 1) {
          db.createObjectStore('key');
          db.createObjectStore('session');
          db.createObjectStore('batch');
          db.createObjectStore('log', { autoIncrement: true });
          db.createObjectStore('view').createIndex('painted_ms', 'painted_ms');
          db.createObjectStore('refused');
        }
        if (from < 3) {
          const blob = db.createObjectStore('blob');
          blob.createIndex('waits_ms', 'waits_ms');
          blob.createIndex('until_ms', 'until_ms');
        }
      },
      // A newer version of the app in another tab waits for this connection to end.
      blocking(_from, _to, event) {
        (event.target as IDBDatabase).close();
        forget();
      },
      terminated: forget,
    });
    if (!this.#key) {
      const { device, wrapping } = await ringOf(db);
      if (wrapping.way.lock === 'none') this.#key = await unwrap(wrapping, device, null);
    }
    return db;
  }

  /** Work that needs the data key. */
  #read<T>(work: (open: Open) => Promise<T>): Promise<T> {
    return this.plain((db) => {
      if (!this.#key) throw new Locked();
      return work({ db, key: this.#key });
    });
  }

  /** Work on what is not sealed. iOS loses connections behind the app's back: one more try, over a new one. */
  async plain<T>(work: (db: IDBPDatabase<Schema>) => Promise<T>): Promise<T> {
    try {
      return await work(await this.#open());
    } catch (error) {
      if (!isConnectionLost(error)) throw error;
      this.#opening = null;
      return work(await this.#open());
    }
  }

  /**
   * `prepare` does what takes time (sealing), since a transaction ends by itself when nothing is asked of it; what it returns
   * then only asks.
   */
  #write<const S extends Stores>(
    stores: S,
    prepare: (open: Open) => Promise<Ask<S>>,
    durability: 'strict' | 'relaxed' = 'strict',
  ): Promise<void> {
    const attempt = () =>
      this.#read(async (open) => {
        const ask = await prepare(open);
        const tx = open.db.transaction(stores, 'readwrite', { durability });
        await settle(tx, ask);
      });
    return attempt().catch(async (error: unknown) => {
      if (storageCode(error) !== 'storage.full') throw error;
      // Snapshots only make the next start faster, and the server has some of the blobs: what a person typed needs their room more.
      await this.plain(async (db) => {
        const tx = db.transaction(['view', 'blob'], 'readwrite');
        const brought = await tx.objectStore('blob').index('until_ms').getAllKeys();
        await Promise.all([tx.objectStore('view').clear(), ...brought.map((hash) => tx.objectStore('blob').delete(hash)), tx.done]);
      });
      await attempt();
    });
  }
}

/** Asks, and waits for the commit. Whatever goes wrong while asking takes back the whole transaction. */
async function settle<S extends Stores>(tx: Write<S>, ask: Ask<S>): Promise<void> {
  // Looked at last: it knows less of what went wrong than the request that failed.
  const done = tx.done.catch((error: unknown) => ({ error: tx.error ?? error }));
  try {
    await Promise.all(await ask(tx));
  } catch (error) {
    try {
      tx.abort();
    } catch {
      // It has ended by itself.
    }
    await done;
    throw error;
  }
  const failed = await done;
  if (failed) throw failed.error;
}

/** Fails unless the leader of that term still leads. */
async function inTerm(session: { get(key: 'term'): Promise<Sealed | number | undefined> }, term: number): Promise<void> {
  if ((await session.get('term')) !== term) throw new Superseded();
}

async function readKnown(key: CryptoKey, kept: Sealed | number | undefined): Promise<Known | null> {
  return kept instanceof Uint8Array ? unsealJson<Known>(key, 'session/session', kept) : null;
}

async function readEntry(key: CryptoKey, record: LogRecord): Promise<(Logged & { worked: boolean }) | null> {
  const entry = await unsealJson<Entry>(key, `log/${record.id}`, record.sealed);
  return entry && { id: record.id, entry, worked: record.worked };
}

function sealRefused(key: CryptoKey, { id, entry }: LogEntry, code: string): Promise<Sealed> {
  return sealJson(key, 'refused', { id, code, edit: entry.edit, atMs: entry.at_ms } satisfies Refused);
}

function nameOf(error: unknown): string {
  return error instanceof Error || error instanceof DOMException ? error.name : '';
}

/** `UnknownError` is what iOS says after the app was in the background; the others follow from a connection that closes. */
function isConnectionLost(error: unknown): boolean {
  return ['UnknownError', 'InvalidStateError', 'AbortError'].includes(nameOf(error));
}
