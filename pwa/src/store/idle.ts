/** When the phone locks by itself: it was not touched for so long, in any of its tabs, in sight or not. */
import { lockAfterMs } from './policy';

/** Other tabs are told of touches so often. */
const TELL_MS = 10_000;
const TOUCHES = ['pointerdown', 'keydown', 'wheel', 'scroll'] as const;

export interface IdleHooks {
  /** Somebody is there: the other tabs must know. */
  touched(): void;
  /** It was untouched for too long. */
  idle(): void;
}

export class Idle {
  readonly #hooks: IdleHooks;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #listening: AbortController | null = null;
  #touched = now();
  #told = now();

  constructor(hooks: IdleHooks) {
    this.#hooks = hooks;
  }

  /** From now on it counts. */
  start(): void {
    this.#touched = now();
    if (this.#listening) return;
    this.#listening = new AbortController();
    const { signal } = this.#listening;
    for (const touch of TOUCHES) addEventListener(touch, () => this.#onTouch(), { signal, passive: true, capture: true });
    // Timers sleep with the phone. Before anything of it is seen again, it is asked how long that was.
    document.addEventListener('visibilitychange', () => this.#look(), { signal });
    addEventListener('pageshow', () => this.#look(), { signal });
    this.#look();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#listening?.abort();
    this.#listening = null;
  }

  /** Another tab was touched. */
  touch(): void {
    this.#touched = now();
  }

  #onTouch(): void {
    // A touch that comes too late must not open what should have been locked.
    if (since(this.#touched) >= lockAfterMs()) return this.#look();
    this.#touched = now();
    if (since(this.#told) < TELL_MS) return;
    this.#told = now();
    this.#hooks.touched();
  }

  #look(): void {
    clearTimeout(this.#timer);
    const left_ms = lockAfterMs() - since(this.#touched);
    if (left_ms <= 0) this.#hooks.idle();
    else this.#timer = setTimeout(() => this.#look(), left_ms);
  }
}

interface Moment {
  clockMs: number;
  runningMs: number;
}

/** By both clocks: one can be set back, the other stands still in some browsers while the phone sleeps. */
const now = (): Moment => ({ clockMs: Date.now(), runningMs: performance.now() });

const since = ({ clockMs, runningMs }: Moment): number => Math.max(Date.now() - clockMs, performance.now() - runningMs);
