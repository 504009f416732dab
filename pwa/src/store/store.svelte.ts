/** The page's side of everything: what screens read and hand over. It holds views only, never a document. */
import { createSubscriber } from 'svelte/reactivity';
import { engineWorker } from '../engine';
import type { Edit } from '../generated/Edit';
import type { View } from '../generated/View';
import type { ViewKey } from '../generated/ViewKey';
import type { ViewUpdate } from '../generated/ViewUpdate';
import {
  CHANNEL,
  PAGE_LOCK_PREFIX,
  keyText,
  type About,
  type FromPage,
  type FromWorker,
  type Logged,
  type Message,
  type ToWorker,
  type Wake,
} from './channel';
import type { Exchange, Phase, Refused, Saved, Session, Store } from './contract';
import { Disk, storageCode, type Boot } from './disk';
import { enroll, whoAmI } from './door';
import { newDocumentId } from './ids';
import { Outbox } from './outbox';
import { contentPainted, painted } from './paint';
import { Shelf } from './shelf';
import { AppUpdate } from './update';

/** Between the death of a worker and the start of the next: doubled with each that dies in a row. */
const RESTART_MS_MIN = 250;
const RESTART_MS_MAX = 60_000;
/** A worker that lasted so long after its engine was ready does not count as one that dies in a row. */
const STEADY_MS = 60_000;
/** A leader that says nothing for so long is asleep in a tab that the phone has put aside. Opening documents takes seconds. */
const LEADER_SILENT_MS_MAX = 20_000;

class AppStore implements Store {
  phase = $state<Phase>('opening');
  session = $state.raw<Session | null>(null);
  engineReady = $state(false);
  inLog = $state(0);
  refused = $state.raw<readonly Refused[]>([]);
  updateWaits = $state(false);
  /** Why the last edit of this page is not on disk, if it is not. */
  #logTrouble = $state<Store['storageTrouble']>(null);
  /** Why the engine could not store, or the page not read, until something was stored. */
  #diskTrouble = $state<Store['storageTrouble']>(null);
  #told = $state.raw<Exchange>({ state: 'never', code: null, endedMs: 0 });

  readonly #page = newDocumentId();
  readonly #channel = new BroadcastChannel(CHANNEL);
  readonly #disk = new Disk(() => (this.updateWaits = true));
  readonly #outbox = new Outbox((entries) => this.#append(entries));
  readonly #ties = new Map<string, { follow: () => void; changed: () => void }>();
  readonly #shelf = new Shelf({
    changed: (key) => this.#ties.get(key)?.changed(),
    wanted: () => this.#sayHereSoon(),
    load: (key) => this.#disk.readView(key),
  });
  readonly #update = new AppUpdate({
    waits: () => (this.updateWaits = true),
    alone: () => this.#isAlone(),
    saved: () => this.#outbox.idle(),
  });

  #worker: Worker | null = null;
  #failures = 0;
  #readyMs = 0;
  #troubleMs = 0;
  #about: About = { persisted: null, installed: isInstalled() };
  #askedToPersist = false;
  #hereSoon = false;
  /** The page's lock is held: the leader may be told that it is here. */
  #present = false;
  #silence: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    this.#channel.onmessage = ({ data }: MessageEvent<Message>) => this.#hear(data);
    void this.#open();
  }

  /** `level` cannot be said while something is still on its way into the documents. */
  get exchange(): Exchange {
    return this.#told.state === 'level' && this.inLog > 0 ? { ...this.#told, state: 'unsent' } : this.#told;
  }

  get storageTrouble(): Store['storageTrouble'] {
    return this.#logTrouble ?? this.#diskTrouble;
  }

  view(key: ViewKey): View | null {
    this.#tie(key).follow();
    return this.#shelf.shown(key);
  }

  async commit(edit: Edit): Promise<Saved> {
    // A copy: what the screen holds may be a proxy, and may change.
    const entry = { at_ms: Date.now(), edit: JSON.parse(JSON.stringify(edit)) as Edit };
    const logged: Logged = { id: newDocumentId(), entry };
    this.#shelf.lay([logged]);
    this.#count();
    const saved = await this.#outbox.append(logged);
    if (saved.saved) {
      this.#logTrouble = null;
      this.#askToPersist();
    } else {
      this.#logTrouble = saved.code;
      this.#troubleMs = Date.now();
      this.#shelf.lift([logged.id]);
      this.#count();
    }
    return saved;
  }

  async dismiss(id: string): Promise<void> {
    this.refused = this.refused.filter((one) => one.id !== id);
    this.#say({ say: 'dismissed', id });
    await this.#disk.dismiss(id);
  }

  exchangeNow(): void {
    this.#wake('tap');
  }

  async enroll(input: {
    code: string;
    name: string;
    label: string;
    language: string;
  }): Promise<{ ok: true } | { ok: false; code: string }> {
    try {
      // Before the code is spent: a phone that cannot write cannot come in.
      const attempt = await this.#disk.attempt(input.code);
      const answer = await enroll({ ...input, attempt });
      if ('code' in answer) return { ok: false, code: answer.code };
      await this.#enter(answer.session);
      // The first exchange would say so too, a moment later.
      if (answer.waits) this.#told = { state: 'refused', code: 'device.unconfirmed', endedMs: 0 };
      this.#say({ say: 'enrolled' });
      return { ok: true };
    } catch (error) {
      return { ok: false, code: storageCode(error) };
    }
  }

  applyUpdate(): void {
    void this.#update.apply();
  }

  // --- Opening

  async #open(): Promise<void> {
    const present = this.#bePresent();
    try {
      const boot = await this.#disk.boot();
      this.#take(boot);
      if (!boot.session) void this.#findSession();
      else void this.#startAfterPaint();
    } catch (error) {
      this.#diskTrouble = storageCode(error);
      this.phase = 'welcome';
    }
    await present;
    this.#listen();
    await this.#readExchange();
    if (import.meta.env.PROD) await this.#update.follow('/service-worker.js').catch(() => {});
  }

  /** The page paints first, from its snapshots; the engine takes the processor afterwards. */
  async #startAfterPaint(): Promise<void> {
    await contentPainted();
    await this.#shelf.loaded();
    await painted();
    this.#startWorker();
  }

  #take(boot: Boot): void {
    this.#shelf.lay(boot.log);
    this.#count();
    this.refused = boot.refused;
    this.session = boot.session;
    this.phase = !boot.session ? 'welcome' : boot.revoked === null ? 'ready' : 'revoked';
  }

  /** Holds a lock as long as the page lives. */
  #bePresent(): Promise<void> {
    return new Promise((held) => {
      void navigator.locks.request(PAGE_LOCK_PREFIX + this.#page, () => {
        this.#present = true;
        this.#sayHereSoon();
        held();
        return new Promise(() => {});
      });
    });
  }

  async #isAlone(): Promise<boolean> {
    const { held = [] } = await navigator.locks.query();
    const pages = held.filter(({ name }) => name?.startsWith(PAGE_LOCK_PREFIX));
    return pages.length <= 1 && this.inLog === 0;
  }

  /** A phone may lose its storage and keep its credential: then everything comes back from the server. */
  async #findSession(): Promise<void> {
    const answer = await whoAmI();
    if (!('session' in answer)) return;
    await this.#enter(answer.session).catch((error: unknown) => (this.#diskTrouble = storageCode(error)));
  }

  async #enter(session: Session): Promise<void> {
    await this.#disk.keepSession({ session, revoked: null, askedMs: Date.now() });
    this.session = session;
    this.phase = 'ready';
    this.#startWorker();
  }

  /** What the last run knew of the exchange, until the leader says more. */
  async #readExchange(): Promise<void> {
    const json = await this.#disk.readView(keyText({ view: 'sync' })).catch(() => null);
    const view = json === null ? null : (JSON.parse(json) as View);
    if (view?.view !== 'sync' || this.#told.state !== 'never' || view.exchanged_ms === 0) return;
    this.#told = { state: view.unsent_changes > 0 ? 'unsent' : 'level', code: null, endedMs: view.exchanged_ms };
  }

  #listen(): void {
    addEventListener('online', () => this.#wake('online'));
    document.addEventListener('visibilitychange', () => {
      this.#sayHere();
      if (document.visibilityState === 'visible') this.#wake('visible');
    });
    void navigator.storage?.persisted?.().then((persisted) => this.#learn({ persisted }));
  }

  // --- The worker

  #startWorker(): void {
    if (this.#worker) return;
    const worker = engineWorker();
    this.#worker = worker;
    worker.onmessage = ({ data }: MessageEvent<FromWorker>) => this.#onDeath(worker, data.code);
    // It could not even be loaded.
    worker.onerror = () => this.#onDeath(worker, 'engine.failed');
    worker.postMessage({ say: 'start', failures: this.#failures } satisfies ToWorker);
    this.#expectLeader();
  }

  #onDeath(worker: Worker, code: FromWorker['code']): void {
    if (worker !== this.#worker) return;
    worker.terminate();
    this.#worker = null;
    if (code === 'superseded' || code === 'identity') return this.#startWorker();
    if (code === 'storage.full' || code === 'storage.failed') {
      this.#diskTrouble = code;
      this.#troubleMs = Date.now();
    }
    // One that did its work for a while did not die of what it found at its start.
    if (this.engineReady && Date.now() - this.#readyMs > STEADY_MS) this.#failures = 0;
    this.engineReady = false;
    const wait_ms = Math.min(RESTART_MS_MAX, RESTART_MS_MIN * 2 ** this.#failures);
    this.#failures += 1;
    setTimeout(() => void this.#restart(code), wait_ms);
  }

  async #restart(code: FromWorker['code']): Promise<void> {
    // The browser has cleared the storage under a running app: the server knows what it had been sent.
    if (code === 'storage.lost') await this.#findSession();
    this.#startWorker();
  }

  /** A leader that sleeps in another tab would keep this one waiting for ever. */
  #expectLeader(): void {
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => {
      if (document.visibilityState !== 'visible') return;
      this.#worker?.postMessage({ say: 'steal' } satisfies ToWorker);
    }, LEADER_SILENT_MS_MAX);
  }

  // --- Talking

  #say(message: FromPage): void {
    this.#channel.postMessage(message);
  }

  #sayHere(): void {
    if (!this.#present) return;
    const visible = document.visibilityState === 'visible';
    this.#say({ say: 'here', page: this.#page, keys: this.#shelf.keys(), visible, about: this.#about });
  }

  /** A screen asks for several views at once: they are told together. */
  #sayHereSoon(): void {
    if (this.#hereSoon) return;
    this.#hereSoon = true;
    queueMicrotask(() => {
      this.#hereSoon = false;
      this.#sayHere();
    });
  }

  #wake(why: Wake): void {
    if (this.#worker) this.#expectLeader();
    this.#say({ say: 'wake', why });
  }

  #learn(about: Partial<About>): void {
    this.#about = { ...this.#about, ...about };
    this.#sayHereSoon();
  }

  #hear(message: Message): void {
    switch (message.say) {
      // What comes from the leader.
      case 'leading':
        this.#onLeader(message.ready);
        if (!message.ready) this.#sayHere();
        return;
      case 'awake':
        this.#onLeader(message.ready);
        return;
      case 'news':
        clearTimeout(this.#silence);
        this.#shelf.take(JSON.parse(message.updates) as ViewUpdate[], message.done);
        if (message.refused.length > 0) this.refused = [...this.refused, ...message.refused];
        if (message.done.length > 0) this.#stored();
        this.#count();
        return;
      case 'painted':
        this.#shelf.painted(message.ids);
        return;
      case 'exchange':
        this.#told = message.exchange;
        // What came down was written.
        if (message.exchange.endedMs > this.#troubleMs && message.exchange.code === null) this.#stored();
        return;
      case 'session':
        this.session = message.session;
        this.phase = 'ready';
        return;
      case 'revoked':
        this.phase = 'revoked';
        return;
      // What follows comes from other pages.
      case 'logged':
        this.#shelf.lay(message.entries);
        this.#count();
        return;
      case 'enrolled':
        void this.#disk.boot().then((boot) => {
          this.#take(boot);
          if (boot.session) this.#startWorker();
        });
        return;
      case 'dismissed':
        this.refused = this.refused.filter(({ id }) => id !== message.id);
    }
  }

  #onLeader(ready: boolean): void {
    clearTimeout(this.#silence);
    if (ready && !this.engineReady) this.#readyMs = Date.now();
    this.engineReady = ready;
  }

  /** There is room again. */
  #stored(): void {
    this.#logTrouble = null;
    this.#diskTrouble = null;
  }

  // --- Edits

  async #append(entries: readonly Logged[]): Promise<void> {
    await this.#disk.append(entries);
    if (this.#worker) this.#expectLeader();
    this.#say({ say: 'logged', entries: [...entries] });
  }

  #count(): void {
    this.inLog = this.#shelf.waiting;
  }

  /** Asked when there is something to keep. Some browsers ask the person, and answer when they do, or never. */
  #askToPersist(): void {
    if (this.#askedToPersist || this.#about.persisted) return;
    this.#askedToPersist = true;
    void navigator.storage?.persist?.().then((persisted) => this.#learn({ persisted }));
  }

  #tie(key: ViewKey): { follow: () => void; changed: () => void } {
    const name = keyText(key);
    const known = this.#ties.get(name);
    if (known) return known;
    const tie = { follow: () => {}, changed: () => {} };
    tie.follow = createSubscriber((changed) => {
      tie.changed = changed;
      const stop = this.#shelf.use(key);
      return () => {
        tie.changed = () => {};
        stop();
      };
    });
    this.#ties.set(name, tie);
    return tie;
  }
}

function isInstalled(): boolean {
  const { standalone } = navigator as Navigator & { standalone?: boolean };
  return standalone === true || matchMedia('(display-mode: standalone)').matches;
}

export const store: Store = new AppStore();
