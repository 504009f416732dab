/** The lock of this phone, as the pages see it. */
import type { Role } from '../generated/Role';
import type { Lock, LockOutcome, NextLock, Secret } from './contract';
import { storageCode, type Disk } from './disk';
import type { Idle } from './idle';
import type { LockKind } from './keys';
import type { Locksmith } from './locksmith';
import { lockDemanded } from './policy';

export interface LockHooks {
  /** The way in is another one. */
  changed(lock: LockKind): void;
  /** The secret was right. */
  unlocked(key: CryptoKey): Promise<void>;
  lockAll(): void;
  /** Somebody is there: the other tabs must know. */
  touched(): void;
}

export class AppLock implements Lock {
  kind = $state<LockKind>('none');
  owed = $state(false);
  demanded = $state(false);
  closing = $state(false);
  passkeys = $state(false);
  waitEndsMs = $state(0);

  readonly #disk: Disk;
  readonly #hooks: LockHooks;
  #smith: Promise<Locksmith> | null = null;
  #idle: Promise<Idle> | null = null;

  constructor(disk: Disk, hooks: LockHooks) {
    this.#disk = disk;
    this.#hooks = hooks;
  }

  prepare(): () => void {
    const ready = this.#locksmith().then(async (smith) => {
      if (this.kind !== 'passkey') smith.deriver.prepare();
      await this.#lookAtWait();
      this.passkeys = await smith.mayHavePasskey();
    });
    return () => void ready.finally(async () => (await this.#locksmith()).deriver.end()).catch(() => {});
  }

  /** Whether that role may go on without. Asked when a session begins, so that nobody is interrupted. */
  demand(role: Role): void {
    this.demanded = lockDemanded(role);
    this.owed = this.demanded && this.kind === 'none';
  }

  /** How the phone opens now, whoever changed it. */
  is(kind: LockKind): void {
    this.kind = kind;
    if (kind !== 'none') this.owed = false;
  }

  /** From now on it locks by itself when nobody touches it, if it has a lock. */
  watch(): void {
    if (this.kind === 'none') return this.#watched((idle) => idle.stop());
    this.#idle ??= import('./idle').then(({ Idle }) => {
      const { lockAll, touched } = this.#hooks;
      return new Idle({ idle: lockAll, touched });
    });
    this.#watched((idle) => idle.start());
  }

  /** Nobody needs to be watched any more. */
  rest(): void {
    this.#watched((idle) => idle.stop());
  }

  /** Another tab was touched. */
  touch(): void {
    this.#watched((idle) => idle.touch());
  }

  #watched(tell: (idle: Idle) => void): void {
    void this.#idle?.then(tell);
  }

  unlock(secret: Secret): Promise<LockOutcome> {
    return this.#settled(async (smith) => {
      const found = await smith.unlock(secret);
      if ('code' in found) return found.code;
      await this.#hooks.unlocked(found.got);
      return null;
    });
  }

  change(current: Secret | null, next: NextLock): Promise<LockOutcome> {
    return this.#settled(async (smith) => {
      if (next === 'none' && this.demanded) return 'lock.demanded';
      const changed = await smith.change(current, next);
      if ('code' in changed) return changed.code;
      this.is(changed.got.lock);
      this.#hooks.changed(changed.got.lock);
      return null;
    });
  }

  lockNow(): void {
    this.#hooks.lockAll();
  }

  /** Loaded when it is needed: most phones have no lock. */
  #locksmith(): Promise<Locksmith> {
    this.#smith ??= import('./locksmith').then(({ Locksmith }) => new Locksmith(this.#disk));
    return this.#smith;
  }

  async #lookAtWait(): Promise<void> {
    const wait_ms = await (await this.#locksmith()).waitMs(Date.now());
    this.waitEndsMs = wait_ms > 0 ? Date.now() + wait_ms : 0;
  }

  async #settled(work: (smith: Locksmith) => Promise<string | null>): Promise<LockOutcome> {
    try {
      const smith = await this.#locksmith();
      const code = await work(smith);
      if (code === null) return { ok: true };
      await this.#lookAtWait();
      if (this.kind !== 'passkey') smith.deriver.prepare();
      return { ok: false, code };
    } catch (error) {
      return { ok: false, code: storageCode(error) };
    }
  }
}
