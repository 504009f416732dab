/** Opening this phone and changing its lock: loaded by the screens that do, so that a phone without a lock does not carry it. */
import type { IDBPDatabase } from 'idb';
import type { NextLock, Secret } from './contract';
import { PIN_COST, PinDeriver } from './derive';
import type { Disk, Schema } from './disk';
import { isWrapping, readRing, ringOf } from './keyring';
import { unwrap, type Way, type Wrapping } from './keys';
import { newSalt, secretKey, wrap } from './new_keys';
import { askPasskey, mayHavePasskey, newPasskey } from './passkey';
import { NO_TRIES, renoted, tried, waitMs, type Tries } from './patience';
import { pinProblem } from './pin';

/** Codes are tried one after the other, whichever tab they are typed into. */
const TRY_LOCK = 'tiwizi try';

/** What came of it, or a stable code that says why nothing did. */
type Got<T> = { got: T } | { code: string };

export class Locksmith {
  readonly deriver = new PinDeriver();
  readonly #disk: Disk;

  constructor(disk: Disk) {
    this.#disk = disk;
  }

  /** Whether a passkey is worth offering here. */
  mayHavePasskey(): Promise<boolean> {
    return mayHavePasskey();
  }

  /** The data key, if this secret opens it. */
  unlock(secret: Secret): Promise<Got<CryptoKey>> {
    return this.#use(secret, opened);
  }

  /**
   * Wraps the data key another way. `current` opens it now; null is that there is no lock. Nothing but one record is written, and
   * that once.
   */
  async change(current: Secret | null, next: NextLock): Promise<Got<Way>> {
    // Before anything of the present one is touched.
    const made = await this.#make(next);
    if ('code' in made) return made;
    const { way, key } = made.got;
    const change = (db: IDBPDatabase<Schema>, present: CryptoKey | null) => wrapAnew(db, present, way, key);
    const changed = current
      ? await this.#use(current, change)
      : { got: await this.#disk.plain((db) => change(db, null)) };
    if ('code' in changed) return changed;
    // Another tab was quicker.
    return changed.got === null ? { code: 'lock.changed' } : { got: way };
  }

  /** How long no code may be tried. */
  waitMs(nowMs: number): Promise<number> {
    return this.#disk.plain(async (db) => {
      const before = await readTries(db);
      const now = renoted(before, nowMs);
      if (now !== before) await keepTries(db, now);
      return waitMs(now, nowMs);
    });
  }

  /** What the next secret is. */
  async #make(next: NextLock): Promise<Got<{ way: Way; key: CryptoKey | null }>> {
    if (next === 'none') return { got: { way: { lock: 'none' }, key: null } };
    if (next === 'passkey') {
      const made = await newPasskey();
      if (typeof made === 'string') return { code: made };
      return { got: { way: { lock: 'passkey', ...made.passkey }, key: await secretKey(made.answer) } };
    }
    const problem = pinProblem(next.pin);
    if (problem) return { code: problem };
    const way = { lock: 'pin', salt: newSalt(), ...PIN_COST } as const;
    const bytes = await this.deriver.derive({ pin: next.pin, ...way });
    return bytes ? { got: { way, key: await secretKey(bytes) } } : { code: 'pin.memory' };
  }

  /** Does something with the key that follows from a secret; null says that the key is the wrong one. */
  async #use<T>(secret: Secret, work: (db: IDBPDatabase<Schema>, key: CryptoKey) => Promise<T | null>): Promise<Got<T>> {
    const { way } = await this.#disk.plain(async (db) => (await ringOf(db)).wrapping);
    const done = (key: CryptoKey) => this.#disk.plain((db) => work(db, key));
    if (secret === 'passkey') {
      if (way.lock !== 'passkey') return { code: 'lock.changed' };
      const answer = await askPasskey(way);
      if (typeof answer === 'string') return { code: answer };
      const got = await done(await secretKey(answer));
      return got === null ? { code: 'passkey.wrong' } : { got };
    }
    if (way.lock !== 'pin') return { code: 'lock.changed' };
    return navigator.locks.request(TRY_LOCK, async (): Promise<Got<T>> => {
      const nowMs = Date.now();
      if ((await this.waitMs(nowMs)) > 0) return { code: 'pin.wait' };
      // On the disk before it is tried: closing the app gains nothing.
      await this.#disk.plain(async (db) => keepTries(db, tried(await readTries(db), nowMs)));
      const bytes = await this.deriver.derive({ pin: secret.pin, ...way });
      const got = bytes && (await done(await secretKey(bytes)));
      if (!bytes) return { code: 'pin.memory' };
      if (got === null) {
        // The wait begins when the person hears of it, not when a slow phone began to look.
        await this.#disk.plain(async (db) => keepTries(db, { ...(await readTries(db)), notedMs: Date.now() }));
        return { code: 'pin.wrong' };
      }
      await this.#disk.plain((db) => keepTries(db, NO_TRIES));
      return { got };
    });
  }
}

async function opened(db: IDBPDatabase<Schema>, secret: CryptoKey): Promise<CryptoKey | null> {
  const { device, wrapping } = await ringOf(db);
  return unwrap(wrapping, device, secret);
}

/** Null where `present` is not what opens the data key, or where another tab has just changed it. */
async function wrapAnew(
  db: IDBPDatabase<Schema>,
  present: CryptoKey | null,
  way: Way,
  next: CryptoKey | null,
): Promise<true | null> {
  const ring = await readRing(db);
  const data = ring && (await unwrap(ring.wrapping, ring.device, present, 'exportable'));
  if (!ring || !data) return null;
  const after = await wrap(way, data, ring.device, next);
  const tx = db.transaction('key', 'readwrite', { durability: 'strict' });
  const now = await tx.store.get('wrapping');
  const same = isWrapping(now) && equal(now, ring.wrapping);
  if (same) await tx.store.put(after, 'wrapping');
  await tx.done;
  return same || null;
}

async function readTries(db: IDBPDatabase<Schema>): Promise<Tries> {
  const found = await db.get('key', 'tries');
  return found && 'notedMs' in found ? found : NO_TRIES;
}

async function keepTries(db: IDBPDatabase<Schema>, tries: Tries): Promise<void> {
  const tx = db.transaction('key', 'readwrite', { durability: 'strict' });
  await Promise.all([tx.store.put(tries, 'tries'), tx.done]);
}

function equal({ sealed: one }: Wrapping, { sealed: other }: Wrapping): boolean {
  return one.length === other.length && one.every((byte, n) => byte === other[n]);
}
