//! Whether this browser keeps what the app stores.

class Keeping {
  /** What the browser promised; null while it has not said, or where it never says. */
  persisted: boolean | null = $state(null);
  /** It was asked and did not promise. */
  declined = $state(false);
  /** In bytes, as the browser tells it; null where it does not. */
  space: { used: number; most: number } | null = $state.raw(null);
  readonly installed = matchMedia('(display-mode: standalone)').matches;

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

  /** Firefox asks its user and may take long; nothing waits for it. */
  async ask(): Promise<void> {
    const granted = await navigator.storage.persist().catch(() => false);
    this.persisted = granted;
    this.declined = !granted;
  }
}

export const keeping = new Keeping();
