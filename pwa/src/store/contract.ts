/**
 * What the screens know of the world. Screens read views and hand over edits; they never see a document, bytes, a key
 * or a network.
 */
import type { AccountId } from '../generated/AccountId';
import type { DeviceId } from '../generated/DeviceId';
import type { Edit } from '../generated/Edit';
import type { KnownPerson } from '../generated/KnownPerson';
import type { Role } from '../generated/Role';
import type { Sought } from '../generated/Sought';
import type { View } from '../generated/View';
import type { ViewKey } from '../generated/ViewKey';
import type { LockKind } from './keys';
import type { Media } from './media';

/** Who this device belongs to. */
export interface Session {
  account: { id: AccountId; name: string; role: Role; language: string };
  device: { id: DeviceId; label: string };
}

/** Where the app stands as a whole. */
export type Phase =
  /** Not known yet: the page has not looked into its storage. Lasts a few milliseconds. */
  | 'opening'
  /** No account on this device: show the welcome. */
  | 'welcome'
  /** Nothing can be read before the person has given their secret. Nothing is exchanged either. */
  | 'locked'
  /** Enrolled: screens may be shown, whether or not the engine has started. */
  | 'ready'
  /** The server no longer knows this device; what it holds is kept until it is enrolled again. */
  | 'revoked';

/** How the exchange with the server goes. There is no spinner for it anywhere. */
export interface Exchange {
  /** `unreachable` after a failure, `level` when nothing is unsent and the last exchange ended well. */
  state: 'never' | 'level' | 'unsent' | 'unreachable' | 'refused';
  /** A stable code where the server gave one, refusing or asking for time; translated as `error_<code with _ for .>`. */
  code: string | null;
  /** Milliseconds since 1970 of the last exchange that ended well, by this device's clock; 0 before the first. */
  endedMs: number;
}

/** What became of an edit that the person made. */
export type Saved =
  /** On this device's disk. It may still be refused by a rule: see `refused`. */
  | { saved: true }
  /** Not on disk: the storage is full or gone. The screen keeps what was typed. */
  | { saved: false; code: 'storage.full' | 'storage.failed' };

/** What became of a photo, a scan or a signature. */
export type Kept =
  /** On this device's disk, for the server; `hash` is its name, in documents and everywhere. */
  | { saved: true; hash: string }
  /** Not on disk: the storage is full or gone, or it is too large (`blob.too_large`) or not what it should be (`blob.damaged`). */
  | { saved: false; code: 'storage.full' | 'storage.failed' | 'blob.too_large' | 'blob.damaged' };

/** An edit that a rule refused after it was saved. It is kept until the person has seen it. */
export interface Refused {
  id: string;
  code: string;
  edit: Edit;
  atMs: number;
}

/** What a person gives to open the phone. */
export type Secret = { pin: string } | 'passkey';

/** What shall open it from now on. */
export type NextLock = 'none' | Secret;

/** Codes: `pin.wrong`, `pin.wait`, `pin.short`, `pin.easy`, `pin.memory`, `passkey.*`, `lock.*`, `storage.*`. */
export type LockOutcome = { ok: true } | { ok: false; code: string };

/** What stands between what is on this phone and whoever holds it. */
export interface Lock {
  readonly kind: LockKind;
  /** This account must have a lock, and has none: nothing else is shown until it is set. */
  readonly owed: boolean;
  /** It has been locked just now, and is still letting go of what it held: it cannot be opened in that moment. */
  readonly closing: boolean;
  /** This account may change it, not take it away. */
  readonly demanded: boolean;
  /** Whether a passkey is worth offering here. Known soon after `prepare`. */
  readonly passkeys: boolean;
  /** Until then no code is tried, by this device's clock; 0 is now. */
  readonly waitEndsMs: number;
  /** A screen that will ask for a code is shown; call what is returned when it goes. */
  prepare(): () => void;
  unlock(secret: Secret): Promise<LockOutcome>;
  /** Sets, changes or takes away the lock. `current` is null where there is none. A wrong code counts here as everywhere. */
  change(current: Secret | null, next: NextLock): Promise<LockOutcome>;
  /** Locks every tab at once. */
  lockNow(): void;
}

/** Where a phone stands whose browser has thrown away what it kept. */
export type Loss =
  /** The server is being asked what it has; without a network that lasts. */
  | 'searching'
  /** What the server has is coming back. */
  | 'restored'
  /** The server does not know this browser any more: an invite is needed. */
  | 'shut_out';

export interface Store {
  readonly phase: Phase;
  readonly lock: Lock;
  /** Said until `dismissLoss`: a phone never silently starts empty. */
  readonly loss: Loss | null;
  /** How many changes went to staff when this device's access ended; null where it did not. */
  readonly delivered: number | null;
  readonly session: Session | null;
  readonly exchange: Exchange;
  /** Whether the engine has started; views shown before are the last ones painted. */
  readonly engineReady: boolean;
  /** Edits saved on this device that the engine has not worked in yet. */
  readonly inLog: number;
  /** Photos, scans and signatures saved on this device that the server has not got yet. While there are some, nothing is `level`. */
  readonly blobsWaiting: number;
  /** Why they could not be brought, as a stable code, where it is known. */
  readonly blobTrouble: string | null;
  readonly refused: readonly Refused[];
  /** A new version of the app waits for a calm moment; `applyUpdate` takes it. */
  readonly updateWaits: boolean;
  /**
   * Why this device's storage cannot be written, as far as this page and the engine noticed. Edits that were saved stay saved, and
   * are worked in as soon as there is room; what the server has to give waits too. Null when all is well.
   */
  readonly storageTrouble: 'storage.full' | 'storage.failed' | null;
  /** The latest view of that key, or null while there is none. Reactive. Subscribes for as long as a component uses it. */
  view(key: ViewKey): View | null;
  /** Reads what that view last showed: somebody will ask for it soon. */
  prefetch(key: ViewKey): void;
  /**
   * For each of those who are being written down, who may be meant of all that this device holds (M7), the likeliest first. Null where no
   * engine answers: ask again when `engineReady` changes. Nothing of it is kept.
   */
  known(sought: readonly Sought[]): Promise<KnownPerson[][] | null>;
  /** Resolves when the edit is on disk (or could not be written). The views change at once, before that. */
  commit(edit: Edit): Promise<Saved>;
  /**
   * Keeps a photo, a scan or a signature on this phone, for the server. Resolves when it is on disk (or could not be written). Its hash
   * then goes into the edit that refers to it: in this order, so that no document refers to what was never kept.
   */
  keepBlob(media: Media, bytes: Uint8Array): Promise<Kept>;
  /**
   * The bytes: from this phone, else from the server where it can be reached; null where they cannot be had now. What comes from the
   * server is not kept here unless `keep` asks for it, and then for a week.
   */
  readBlob(hash: string, how?: 'keep'): Promise<Uint8Array<ArrayBuffer> | null>;
  dismiss(refused: string): Promise<void>;
  /** Asks for an exchange now. */
  exchangeNow(): void;
  /**
   * Comes in by an invite code; safe to repeat. Codes are the server's, or `server.unreachable`, or `storage.full` and
   * `storage.failed` where this device cannot keep anything.
   */
  enroll(input: {
    code: string;
    name: string;
    label: string;
    language: string;
  }): Promise<{ ok: true } | { ok: false; code: string }>;
  dismissLoss(): void;
  /** Changes and blobs on this phone that the server has not acknowledged. Also known while it is locked. */
  unacknowledged(): Promise<number>;
  /**
   * Takes the new version. Refused while anything is unacknowledged, unless a person was told so and says `anyway`: nothing should be
   * lost, but what is on the server cannot be.
   */
  applyUpdate(how?: 'anyway'): Promise<'taken' | 'unsent'>;
  /**
   * Gives this phone up: everything on it is forgotten and the server lets it in no more. Refused while anything is unacknowledged,
   * unless a person was told what is lost and says `anyway`. The page is loaded anew afterwards.
   */
  leave(how?: 'anyway'): Promise<'left' | 'unsent' | 'failed'>;
}
