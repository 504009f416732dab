//! How many changes wait for a decision: for the number beside the page's name.
import { ask } from '../../store/api';

/** Whoever judges sees a new one within this time. */
const PATIENCE_MS = 60_000;

class WaitingCount {
  count = $state(0);
  #askedMs = 0;

  /** What the page itself has just seen. */
  set(count: number): void {
    this.count = count;
    this.#askedMs = Date.now();
  }

  /** After an exchange: only then is the server there. */
  async look(): Promise<void> {
    if (Date.now() - this.#askedMs < PATIENCE_MS) return;
    this.#askedMs = Date.now();
    const answer = await ask<{ waiting: number }>('/api/quarantine');
    if (answer.ok) this.count = answer.value.waiting;
  }
}

export const waiting = new WaitingCount();
