/** Whether this browser keeps what the app stores. */
import type { About } from './channel';
import type { LockKind } from './keys';

/** An answer that takes longer than this is the person's: the browser has asked them. */
const ASKING_MS = 400;

class Keeping {
  /** What the browser promised; null while it has not said, or where it never says. */
  persisted: boolean | null = $state(null);
  /** It was asked and did not promise. */
  declined = $state(false);
  /** It is asking the person now. */
  asking = $state(false);
  /** In bytes, as the browser tells it; null where it does not. */
  space: { used: number; most: number } | null = $state.raw(null);
  readonly installed = isInstalled();
  /** This phone was at work before today's start: had the browser wanted to promise, it would have. */
  returning = $state(false);
  #asked = false;

  get storagePercent(): number | null {
    return this.space && this.space.most > 0 ? Math.min(100, Math.round((100 * this.space.used) / this.space.most)) : null;
  }

  async look(): Promise<void> {
    // Missing where the page is not served securely.
    const storage = navigator.storage as StorageManager | undefined;
    try {
      this.persisted = (await storage?.persisted()) ?? null;
      const { usage, quota } = (await storage?.estimate()) ?? {};
      if (usage !== undefined && quota !== undefined) this.space = { used: usage, most: quota };
    } catch {
      // A browser that will not say leaves the lines out.
    }
  }

  /** After the first thing that is worth keeping, and once in a run of the app. */
  askOnce(): void {
    if (this.#asked || this.persisted) return;
    this.#asked = true;
    void this.ask();
  }

  /** Firefox asks its user and may take long, or never answer; nothing waits for it. */
  async ask(): Promise<void> {
    const storage = navigator.storage as StorageManager | undefined;
    if (!storage) return;
    const asking = setTimeout(() => (this.asking = true), ASKING_MS);
    const granted = await storage.persist().catch(() => false);
    clearTimeout(asking);
    this.asking = false;
    this.persisted = granted;
    this.declined = !granted;
  }

  /** For the server's list of devices. */
  about(lock: LockKind): About {
    return { persisted: this.persisted, installed: this.installed, lock, storage_percent: this.storagePercent };
  }
}

function isInstalled(): boolean {
  const { standalone } = navigator as Navigator & { standalone?: boolean };
  return standalone === true || matchMedia('(display-mode: standalone)').matches;
}

export const keeping = new Keeping();
