/**
 * What pages and the leading worker tell each other, over one BroadcastChannel: a page does not care which tab's worker leads,
 * and a second tab sees what the first one does.
 *
 * Every message may be lost (nobody leads yet, the leader has just died): whoever takes the lead asks every page again, and what
 * matters is on disk before it is told.
 */
import type { Policy } from './policy';
import type { Entry } from '../generated/Entry';
import type { Report } from '../generated/Report';
import type { ViewKey } from '../generated/ViewKey';
import type { Exchange, Refused, Session } from './contract';
import type { LockKind } from './keys';

export const CHANNEL = 'tiwizi';
/** The Web Lock of the worker that leads. */
export const LEADER_LOCK = 'tiwizi';
/** Held by each page for as long as it lives: that is how the leader knows that it has gone. */
export const PAGE_LOCK_PREFIX = 'tiwizi page ';

/** An edit on its way into the documents, with a name of its own. */
export interface Logged {
  id: string;
  entry: Entry;
}

/** What the page knows about the device that the server wants to know too: whether it keeps what it holds, and from whom. */
export type About = Pick<Report, 'persisted' | 'installed' | 'lock' | 'storage_percent'>;

export const NOTHING_KNOWN: About = { persisted: null, installed: false, lock: 'none', storage_percent: null };

/** Why an exchange is wanted now. */
export type Wake = 'online' | 'visible' | 'tap';

export type FromPage =
  /** The page lives, shows these views (see `keyText`), and can be seen or not. */
  | { say: 'here'; page: string; keys: string[]; visible: boolean; about: About }
  /** These edits are on disk, in the log. */
  | { say: 'logged'; entries: Logged[] }
  | { say: 'wake'; why: Wake }
  /** Who may be meant by each of these, the JSON of `Sought[]`? It is answered under that id, once the engine is ready. */
  | { say: 'sought'; id: string; people: string }
  /** This device has a session now, or another one. */
  | { say: 'enrolled' }
  /** The person has seen that this edit was refused. */
  | { say: 'dismissed'; id: string }
  /** Somebody is there: this device's tabs stay open. */
  | { say: 'touched' }
  /** All tabs lock now. */
  | { say: 'lock' }
  /** The way in is another one from now on. */
  | { say: 'lock changed'; lock: LockKind }
  /** A tab has just been opened: is another one unlocked? */
  | { say: 'key?' }
  /** One tab was unlocked, so all are. The key cannot be exported. */
  | { say: 'unlocked'; key: CryptoKey }
  /** A blob is on disk, for the server. */
  | { say: 'kept' }
  /** Everything on this device is being forgotten. */
  | { say: 'forgotten' };

export type FromLeader =
  /** A worker took the lead: pages say `here` again. Views come once its engine is ready. */
  | { say: 'leading'; ready: boolean }
  /** The answer to `here` and `wake`: somebody leads and is not asleep. */
  | { say: 'awake'; ready: boolean }
  /** `updates` is the JSON of `ViewUpdate[]`; the edits of `done` are in them, or among the refused ones. */
  | { say: 'news'; updates: string; done: string[]; refused: Refused[] }
  /** The snapshots of views show these edits too. */
  | { say: 'painted'; ids: string[] }
  /** The answer to `sought`: the JSON of `KnownPerson[][]`. */
  | { say: 'known'; id: string; found: string }
  | { say: 'exchange'; exchange: Exchange }
  /** The account's name or role changed, or the server lets this device in again. */
  | { say: 'session'; session: Session }
  | { say: 'revoked'; code: string }
  /** So many blobs wait to be brought to the server; the code says why they cannot be, where it is known. */
  | { say: 'blobs'; waiting: number; code: string | null }
  /**
   * This device's access has ended, and the server has all that it had to give: so many changes are with staff. `refused` blobs it
   * would not have.
   */
  | { say: 'access ended'; delivered: number; refused: number }
  /** What the house decides about phones. */
  | { say: 'policy'; policy: Policy };

export type Message = FromPage | FromLeader;

/** From a page to its own worker. `failures`: how often in a row its workers have died; `key`: what opens the disk. */
export type ToWorker = { say: 'start'; failures: number; key: CryptoKey } | { say: 'steal' };

/** From a worker to its own page: it is of no use any more, and another one must be started. */
export interface FromWorker {
  say: 'died';
  code: DeathCode;
}

/**
 * `superseded`: another worker leads, nothing is wrong. `identity`: the device was enrolled anew. `storage.lost`: the disk does not
 * know whose device this is.
 */
export type DeathCode = 'storage.full' | 'storage.failed' | 'storage.lost' | 'engine.failed' | 'superseded' | 'identity';

/** The same text for the same key, in whatever order its parts were written. */
export function keyText(key: ViewKey): string {
  const { view, ...of } = key;
  return JSON.stringify({ view, ...of });
}
