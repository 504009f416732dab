/** Edits on their way to the log: one transaction at a time, in the order of the taps, and whatever waits goes together. */
import type { Logged } from './channel';
import type { Saved } from './contract';
import { storageCode } from './disk';

export class Outbox {
  readonly #write: (entries: readonly Logged[]) => Promise<void>;
  #waiting: Array<{ logged: Logged; settle: (saved: Saved) => void }> = [];
  #running: Promise<void> | null = null;

  constructor(write: (entries: readonly Logged[]) => Promise<void>) {
    this.#write = write;
  }

  /** Resolves when the entry is on disk, or cannot be. */
  append(logged: Logged): Promise<Saved> {
    return new Promise((settle) => {
      this.#waiting.push({ logged, settle });
      this.#running ??= this.#run();
    });
  }

  /** Resolves when nothing waits. */
  async idle(): Promise<void> {
    await this.#running;
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0) {
      const group = this.#waiting;
      this.#waiting = [];
      const failed = await this.#attempt(group.map(({ logged }) => logged));
      for (const { logged, settle } of group) {
        // One that is too large for what is left must not take the others with it.
        settle(failed && group.length > 1 ? ((await this.#attempt([logged])) ?? SAVED) : (failed ?? SAVED));
      }
    }
    this.#running = null;
  }

  async #attempt(entries: readonly Logged[]): Promise<Saved | null> {
    try {
      await this.#write(entries);
      return null;
    } catch (error) {
      return { saved: false, code: storageCode(error) };
    }
  }
}

const SAVED: Saved = { saved: true };
