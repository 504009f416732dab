/**
 * A new version of the app waits until the moment is calm. It never cuts an edit, and nobody is asked to do anything: it is taken
 * when the app is opened next, or earlier by a tap.
 */
import { painted } from './paint';

const CHECK_MS = 60 * 60 * 1000;
/** Becoming visible asks for a new version too, though not at every glance at another app. */
const CHECK_PAUSE_MS = 10 * 60 * 1000;
/** The old version may hold on to a request that it still answers. */
const TAKE_MS_MAX = 3_000;

export interface UpdateHooks {
  waits(): void;
  /** Whether the app may be loaded anew without anybody noticing: no other tab, nothing that the server does not have. */
  alone(): Promise<boolean>;
  /** Resolves when everything that was typed is on disk. */
  saved(): Promise<void>;
}

/** Has the service worker keep what a desk needs, beside what every phone keeps. */
export async function keepDesk(): Promise<void> {
  const container = navigator.serviceWorker as ServiceWorkerContainer | undefined;
  (await container?.ready)?.active?.postMessage({ type: 'KEEP_DESK' });
}

export class AppUpdate {
  readonly #hooks: UpdateHooks;
  #registration: ServiceWorkerRegistration | null = null;
  #applying = false;
  /** Whether a version of the service worker serves this page already. */
  #controlled = false;
  #checkedMs = Date.now();

  constructor(hooks: UpdateHooks) {
    this.#hooks = hooks;
  }

  /** Without a service worker there is nothing to follow: the next load brings what there is. */
  async follow(url: string): Promise<void> {
    const container = navigator.serviceWorker as ServiceWorkerContainer | undefined;
    if (!container) return;
    this.#controlled = container.controller !== null;
    container.addEventListener('controllerchange', () => this.#onNewController());
    const before = await container.getRegistration();
    if (before?.waiting && (await this.#hooks.alone())) {
      // Whoever is as quick as that is not interrupted: then it is offered like any other.
      for (const touched of ['pointerdown', 'keydown']) addEventListener(touched, () => (this.#applying = false), { once: true });
      await this.#take(before.waiting);
      this.#hooks.waits();
    }
    await painted();
    const registration = await container.register(url);
    this.#registration = registration;
    if (registration.waiting && this.#controlled) this.#hooks.waits();
    registration.addEventListener('updatefound', () => this.#onFound(registration.installing));
    setInterval(() => this.#check(), CHECK_MS);
    document.addEventListener('visibilitychange', () => {
      if (document.visibilityState === 'visible' && Date.now() - this.#checkedMs > CHECK_PAUSE_MS) this.#check();
    });
  }

  async apply(): Promise<void> {
    await this.#hooks.saved();
    const waiting = this.#registration?.waiting;
    if (waiting) await this.#take(waiting);
    // If it has not taken over by now, loading anew lets go of whatever still holds the old version.
    location.reload();
  }

  /** Lets the waiting version take over, which loads the page anew. Returns when that has not happened soon. */
  async #take(waiting: ServiceWorker): Promise<void> {
    this.#applying = true;
    waiting.postMessage({ type: 'SKIP_WAITING' });
    await new Promise((resolve) => setTimeout(resolve, TAKE_MS_MAX));
    this.#applying = false;
  }

  #onNewController(): void {
    if (this.#applying) location.reload();
    // Another tab took it: the files of the version that runs here may be gone. The very first one replaces nothing.
    else if (this.#controlled) this.#hooks.waits();
    this.#controlled = true;
  }

  #onFound(worker: ServiceWorker | null): void {
    worker?.addEventListener('statechange', () => {
      // The very first version takes over by itself and interrupts nothing.
      if (worker.state === 'installed' && navigator.serviceWorker.controller) this.#hooks.waits();
    });
  }

  #check(): void {
    this.#checkedMs = Date.now();
    // Offline it fails, and is asked again within the hour.
    this.#registration?.update().catch(() => {});
  }
}
