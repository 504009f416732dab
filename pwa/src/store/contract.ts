/**
 * What the screens know of the world. Screens read views and hand over edits; they never see a document, bytes, a key
 * or a network.
 */
import type { AccountId } from '../generated/AccountId';
import type { DeviceId } from '../generated/DeviceId';
import type { Edit } from '../generated/Edit';
import type { Role } from '../generated/Role';
import type { View } from '../generated/View';
import type { ViewKey } from '../generated/ViewKey';

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

/** An edit that a rule refused after it was saved. It is kept until the person has seen it. */
export interface Refused {
  id: string;
  code: string;
  edit: Edit;
  atMs: number;
}

export interface Store {
  readonly phase: Phase;
  readonly session: Session | null;
  readonly exchange: Exchange;
  /** Whether the engine has started; views shown before are the last ones painted. */
  readonly engineReady: boolean;
  /** Edits saved on this device that the engine has not worked in yet. */
  readonly inLog: number;
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
  /** Resolves when the edit is on disk (or could not be written). The views change at once, before that. */
  commit(edit: Edit): Promise<Saved>;
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
  applyUpdate(): void;
}
