/** The page's side of everything: what screens read and hand over. It holds views only, never a document. */
import { tick } from 'svelte';
import { createSubscriber } from 'svelte/reactivity';
import { engineWorker } from '../engine';
import type { Edit } from '../generated/Edit';
import type { KnownPerson } from '../generated/KnownPerson';
import type { Sought } from '../generated/Sought';
import type { View } from '../generated/View';
import type { ViewKey } from '../generated/ViewKey';
import type { ViewUpdate } from '../generated/ViewUpdate';
import {
  CHANNEL,
  PAGE_LOCK_PREFIX,
  keyText,
  type FromPage,
  type FromWorker,
  type Logged,
  type Message,
  type ToWorker,
  type Wake,
} from './channel';
import type { Exchange, Kept, Loss, Phase, Refused, Saved, Session, Store } from './contract';
import { Disk, Locked, storageCode, type Boot } from './disk';
import { enroll, whoAmI } from './door';
import { setPolicy } from './policy';
import { newDocumentId } from './ids';
import { keeping } from './keeping.svelte';
import { AppLock } from './lock.svelte';
import type { Media } from './media';
import { Outbox } from './outbox';
import { contentPainted, painted } from './paint';
import { Shelf } from './shelf';
import type { AppUpdate } from './update';

/** Between the death of a worker and the start of the next: doubled with each that dies in a row. */
const RESTART_MS_MIN = 250;
const RESTART_MS_MAX = 60_000;
/** A worker that lasted so long after its engine was ready does not count as one that dies in a row. */
const STEADY_MS = 60_000;
/** A leader that says nothing for so long is asleep in a tab that the phone has put aside. Opening documents takes seconds. */
const LEADER_SILENT_MS_MAX = 20_000;
/** So long an answer about people is waited for. */
const KNOWN_MS_MAX = 10_000;
/** So long a tab that has just been opened waits for an unlocked one to hand it the key. */
const KEY_MS_MAX = 400;
/** Says that this browser held an account, and nothing of whose: what is left of it tells that the rest has vanished. */
const HELD = 'tiwizi held';

class AppStore implements Store {
  phase = $state<Phase>('opening');
  session = $state.raw<Session | null>(null);
  engineReady = $state(false);
  inLog = $state(0);
  blobsWaiting = $state(0);
  blobTrouble = $state<string | null>(null);
  refused = $state.raw<readonly Refused[]>([]);
  updateWaits = $state(false);
  /** Why the last edit of this page is not on disk, if it is not. */
  #logTrouble = $state<Store['storageTrouble']>(null);
  /** Why the engine could not store, or the page not read, until something was stored. */
  #diskTrouble = $state<Store['storageTrouble']>(null);
  loss = $state<Loss | null>(null);
  delivered = $state<number | null>(null);
  #told = $state.raw<Exchange>({ state: 'never', code: null, endedMs: 0 });

  readonly #page = newDocumentId();
  readonly #channel = new BroadcastChannel(CHANNEL);
  readonly #disk = new Disk(() => (this.updateWaits = true));
  readonly #outbox = new Outbox((entries) => this.#append(entries));
  /** Questions about people that wait for their answer. */
  readonly #sought = new Map<string, (found: string | null) => void>();
  readonly #ties = new Map<string, { follow: () => void; changed: () => void }>();
  readonly #shelf = new Shelf({
    changed: (key) => this.#ties.get(key)?.changed(),
    wanted: () => this.#sayHereSoon(),
    load: async (key) => {
      const json = await this.#disk.readView(key);
      // A snapshot lacks what was typed last: it is not shown without the log over it.
      await this.#opened;
      return json;
    },
  });
  readonly lock = new AppLock(this.#disk, {
    changed: (lock) => {
      this.#say({ say: 'lock changed', lock });
      this.#onLockChanged();
    },
    unlocked: async (key) => {
      this.#say({ say: 'unlocked', key });
      await this.#onUnlocked(key);
    },
    lockAll: () => {
      this.#say({ say: 'lock' });
      void this.#shut();
    },
    touched: () => this.#say({ say: 'touched' }),
  });

  /** The disk was looked into, or cannot be. */
  #opened: Promise<void> | null = null;
  #update: AppUpdate | null = null;
  #worker: Worker | null = null;
  #failures = 0;
  #readyMs = 0;
  #troubleMs = 0;
  #hereSoon = false;
  /** The page's lock is held: the leader may be told that it is here. */
  #present = false;
  #silence: ReturnType<typeof setTimeout> | undefined;
  /** Another tab has handed over the key. */
  #handed: (() => void) | null = null;

  constructor() {
    this.#channel.onmessage = ({ data }: MessageEvent<Message>) => this.#hear(data);
    this.#opened = this.#lookIn();
    void this.#open();
  }

  /** `level` cannot be said while something is still on its way into the documents, or a blob to the server. */
  get exchange(): Exchange {
    const waits = this.inLog > 0 || this.blobsWaiting > 0;
    return this.#told.state === 'level' && waits ? { ...this.#told, state: 'unsent' } : this.#told;
  }

  get storageTrouble(): Store['storageTrouble'] {
    return this.#logTrouble ?? this.#diskTrouble;
  }

  view(key: ViewKey): View | null {
    this.#tie(key).follow();
    return this.#shelf.shown(key);
  }

  prefetch(key: ViewKey): void {
    // Held for a moment, it stays among those that are kept warm.
    this.#shelf.use(key)();
  }

  async known(sought: readonly Sought[]): Promise<KnownPerson[][] | null> {
    const id = newDocumentId();
    const found = await new Promise<string | null>((resolve) => {
      this.#sought.set(id, resolve);
      setTimeout(() => resolve(null), KNOWN_MS_MAX);
      this.#say({ say: 'sought', id, people: JSON.stringify(sought) });
    });
    this.#sought.delete(id);
    return found === null ? null : (JSON.parse(found) as KnownPerson[][]);
  }

  async commit(edit: Edit): Promise<Saved> {
    // A copy: what the screen holds may be a proxy, and may change.
    const entry = { at_ms: Date.now(), edit: JSON.parse(JSON.stringify(edit)) as Edit };
    const logged: Logged = { id: newDocumentId(), entry };
    this.#shelf.lay([logged]);
    this.#count();
    const saved = await this.#outbox.append(logged);
    if (saved.saved) {
      this.#onSaved();
    } else {
      this.#onUnsaved(saved.code);
      this.#shelf.lift([logged.id]);
      this.#count();
    }
    return saved;
  }

  async keepBlob(media: Media, bytes: Uint8Array): Promise<Kept> {
    const putting = import('./blobs').then(({ keepBlob }) => keepBlob(this.#disk, media, bytes));
    const kept = await putting.catch((error: unknown): Kept => ({ saved: false, code: storageCode(error) }));
    if (kept.saved) {
      await this.#countBlobs();
      this.#onSaved();
      if (this.#worker) this.#expectLeader();
      this.#say({ say: 'kept' });
    } else if (kept.code === 'storage.full' || kept.code === 'storage.failed') {
      this.#onUnsaved(kept.code);
    }
    return kept;
  }

  async readBlob(hash: string, how?: 'keep'): Promise<Uint8Array<ArrayBuffer> | null> {
    const { readBlob } = await import('./blobs');
    return readBlob(this.#disk, hash, how);
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
      await this.#tellLeft();
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

  dismissLoss(): void {
    const gone = () => (this.loss = null);
    // From the screen once it is gone from the disk: what is closed right after must not be said again.
    this.#disk.noteLoss(null).then(gone, gone);
  }

  async unacknowledged(): Promise<number> {
    await this.#outbox.idle();
    return this.#disk.unacknowledged();
  }

  async applyUpdate(how?: 'anyway'): Promise<'taken' | 'unsent'> {
    if (how !== 'anyway' && (await this.unacknowledged()) > 0) return 'unsent';
    void this.#update?.apply();
    return 'taken';
  }

  /** The server has ended this device's access and has all that it had to give. What was typed this very moment goes first. */
  async #farewell(delivered: number, refused: number): Promise<void> {
    if ((await this.unacknowledged()) > refused) return;
    const { forgetAll } = await import('./leaving');
    const others = () => {
      this.#say({ say: 'forgotten' });
      this.#endWorker();
    };
    await forgetAll(this.#disk, others, delivered);
    remember(false);
    location.reload();
  }

  async leave(how?: 'anyway'): Promise<'left' | 'unsent' | 'failed'> {
    try {
      if (how !== 'anyway' && (await this.unacknowledged()) > 0) return 'unsent';
      const { forgetAll } = await import('./leaving');
      await forgetAll(this.#disk, () => {
        this.#say({ say: 'forgotten' });
        this.#endWorker();
      });
    } catch {
      return 'failed';
    }
    remember(false);
    location.reload();
    return 'left';
  }

  // --- Opening

  async #open(): Promise<void> {
    const present = this.#bePresent();
    await this.#opened;
    await present;
    this.#listen();
    await this.#readExchange();
    // The browser looks for a new version while nobody waits for the first screen.
    await contentPainted();
    await painted();
    if (import.meta.env.PROD) await this.#followUpdates().catch(() => {});
  }

  async #lookIn(): Promise<void> {
    try {
      // Asked together: each answer that is waited for alone comes a turn of a slow processor later.
      const [policy, lock, boot] = await Promise.all([this.#disk.policy(), this.#disk.lockedBy(), this.#bootIfOpen()]);
      setPolicy(policy);
      this.lock.is(lock);
      if (boot || lock === 'none') this.#resume(boot ?? (await this.#disk.boot()));
      else if (await this.#isHandedKey()) this.#resume(await this.#disk.boot());
      else this.phase = 'locked';
    } catch (error) {
      this.#diskTrouble = storageCode(error);
      this.phase = 'welcome';
    }
  }

  async #followUpdates(): Promise<void> {
    const { AppUpdate } = await import('./update');
    this.#update = new AppUpdate({
      waits: () => (this.updateWaits = true),
      alone: () => this.#isAlone(),
      saved: () => this.#outbox.idle(),
    });
    await this.#update.follow('/service-worker.js');
  }

  /** What is on the disk; null while it is locked. */
  #bootIfOpen(): Promise<Boot | null> {
    return this.#disk.boot().catch((error: unknown) => {
      if (error instanceof Locked) return null;
      throw error;
    });
  }

  /** The disk can be read, and this was on it. */
  #resume(boot: Boot): void {
    // Views that were asked for while nothing could be read.
    if (this.lock.kind !== 'none') this.#shelf.reload();
    this.#take(boot);
    if (!boot.session) void this.#findSession();
    else void this.#startAfterPaint();
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
    this.blobsWaiting = boot.blobsWaiting;
    this.session = boot.session;
    if (boot.session) {
      keeping.returning = true;
      remember(true);
      this.lock.demand(boot.session.account.role);
      if (boot.lostMs !== null) this.loss = 'restored';
    }
    this.phase = !boot.session ? 'welcome' : boot.revoked === null ? 'ready' : 'revoked';
    this.lock.watch();
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
    return (await this.#otherPages()) === 0 && (await this.#disk.unacknowledged()) === 0;
  }

  async #otherPages(): Promise<number> {
    const { held = [] } = await navigator.locks.query();
    return held.filter(({ name }) => name?.startsWith(PAGE_LOCK_PREFIX) && name !== PAGE_LOCK_PREFIX + this.#page).length;
  }

  /**
   * A phone may lose its storage and keep its credential: then everything comes back from the server, and the person is told. One
   * that was given up has a credential too, as long as the server has not heard of it: that one is spent.
   */
  async #findSession(): Promise<void> {
    if (await this.#disk.hasLeft()) return this.#tellLeft();
    this.delivered = await this.#disk.delivered();
    if (this.delivered !== null) return;
    const held = isRemembered();
    if (held) this.loss = 'searching';
    const answer = await whoAmI();
    if (!('session' in answer)) {
      if (held && answer.code !== 'server.unreachable') this.loss = 'shut_out';
      return;
    }
    try {
      // It may also have come in by an invite, and never have heard the answer: then it had nothing to lose.
      const lost = held || !(await this.#disk.hasTried());
      if (lost) await this.#disk.noteLoss(Date.now());
      await this.#enter(answer.session);
      this.loss = lost ? 'restored' : null;
    } catch (error) {
      this.#diskTrouble = storageCode(error);
    }
  }

  async #tellLeft(): Promise<void> {
    if (!(await this.#disk.hasLeft())) return;
    const { tellLeft } = await import('./leaving');
    await tellLeft(this.#disk);
  }

  async #enter(session: Session): Promise<void> {
    await this.#disk.keepSession({ session, revoked: null, askedMs: Date.now() });
    remember(true);
    this.lock.demand(session.account.role);
    this.session = session;
    this.phase = 'ready';
    this.#startWorker();
  }

  /** What the last run knew of the exchange, until the leader says more. */
  async #readExchange(): Promise<void> {
    const known = Promise.all([this.#disk.readView(keyText({ view: 'sync' })), this.#disk.unacknowledged()]);
    const [json, unsent] = await known.catch(() => [null, 0] as const);
    const view = json === null ? null : (JSON.parse(json) as View);
    if (view?.view !== 'sync' || this.#told.state !== 'never' || view.exchanged_ms === 0) return;
    // The view may be a moment older than what was stored last: the lock gives it no time to be kept.
    this.#told = { state: unsent > 0 ? 'unsent' : 'level', code: null, endedMs: view.exchanged_ms };
  }

  #listen(): void {
    addEventListener('online', () => this.#onHope('online'));
    document.addEventListener('visibilitychange', () => {
      this.#sayHere();
      if (document.visibilityState === 'visible') this.#onHope('visible');
    });
    void keeping.look().then(() => this.#sayHereSoon());
  }

  // --- The lock

  /** Whether another tab is unlocked, and so is this one now. */
  async #isHandedKey(): Promise<boolean> {
    if ((await this.#otherPages()) === 0) return false;
    const handed = new Promise<void>((resolve) => (this.#handed = resolve));
    this.#say({ say: 'key?' });
    await Promise.race([handed, new Promise((resolve) => setTimeout(resolve, KEY_MS_MAX))]);
    this.#handed = null;
    return this.#disk.key !== null;
  }

  async #onUnlocked(key: CryptoKey): Promise<void> {
    if (this.#disk.key) return;
    this.#disk.useKey(key);
    if (this.#handed) return this.#handed();
    if (this.phase !== 'locked') return;
    this.#resume(await this.#disk.boot());
    await this.#readExchange();
  }

  #onLockChanged(): void {
    this.lock.watch();
    // It may have waited for this.
    if (this.phase === 'ready') this.#startWorker();
    this.#sayHereSoon();
  }

  /**
   * Shows the lock screen and nothing else, lets what was being typed reach the log, and forgets. Loading the page anew forgets most
   * surely; without a service worker that may fail, and then what is held here has to do.
   */
  async #shut(): Promise<void> {
    if (this.phase === 'locked' || this.lock.kind === 'none') return;
    this.phase = 'locked';
    this.lock.closing = true;
    this.lock.rest();
    this.#endWorker();
    // Screens that leave the page hand over their last words, some of them a moment later.
    await tick();
    await new Promise((resolve) => setTimeout(resolve));
    await this.#outbox.idle();
    this.#disk.dropKey();
    this.#shelf.clear();
    this.#count();
    this.session = null;
    this.refused = [];
    if (navigator.serviceWorker?.controller) location.reload();
    else this.lock.closing = false;
  }

  // --- The worker

  #startWorker(): void {
    const key = this.#disk.key;
    // What must be locked is not even fetched before.
    if (this.#worker || !key || this.lock.owed) return;
    const worker = engineWorker();
    this.#worker = worker;
    worker.onmessage = ({ data }: MessageEvent<FromWorker>) => this.#onDeath(worker, data.code);
    // It could not even be loaded.
    worker.onerror = () => this.#onDeath(worker, 'engine.failed');
    worker.postMessage({ say: 'start', failures: this.#failures, key } satisfies ToWorker);
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

  #endWorker(): void {
    clearTimeout(this.#silence);
    this.#worker?.terminate();
    this.#worker = null;
    this.engineReady = false;
  }

  async #restart(code: FromWorker['code']): Promise<void> {
    if (this.phase === 'locked') return;
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
    this.#say({ say: 'here', page: this.#page, keys: this.#shelf.keys(), visible, about: keeping.about(this.lock.kind) });
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

  #onHope(why: Wake): void {
    if (this.loss === 'searching') void this.#findSession();
    this.#wake(why);
  }

  #wake(why: Wake): void {
    if (this.#worker) this.#expectLeader();
    this.#say({ say: 'wake', why });
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
        if (this.phase === 'locked') return;
        this.#shelf.take(JSON.parse(message.updates) as ViewUpdate[], message.done);
        if (message.refused.length > 0) this.refused = [...this.refused, ...message.refused];
        if (message.done.length > 0) this.#stored();
        this.#count();
        return;
      case 'painted':
        this.#shelf.painted(message.ids);
        return;
      case 'known':
        this.#sought.get(message.id)?.(message.found);
        return;
      case 'exchange':
        this.#told = message.exchange;
        // What came down was written.
        if (message.exchange.endedMs > this.#troubleMs && message.exchange.code === null) this.#stored();
        return;
      case 'session':
        if (this.phase === 'locked') return;
        this.session = message.session;
        this.phase = 'ready';
        return;
      case 'revoked':
        if (this.phase !== 'locked') this.phase = 'revoked';
        return;
      case 'access ended':
        void this.#farewell(message.delivered, message.refused);
        return;
      case 'policy':
        setPolicy(message.policy);
        return;
      case 'blobs':
        this.blobsWaiting = message.waiting;
        this.blobTrouble = message.code;
        return;
      // What follows comes from other pages.
      case 'logged':
        if (this.phase === 'locked') return;
        this.#shelf.lay(message.entries);
        this.#count();
        return;
      case 'enrolled':
        void this.#disk.boot().then((boot) => {
          this.#take(boot);
          if (boot.session) this.#startWorker();
        });
        return;
      case 'kept':
        void this.#countBlobs();
        return;
      case 'dismissed':
        this.refused = this.refused.filter(({ id }) => id !== message.id);
        return;
      case 'touched':
        this.lock.touch();
        return;
      case 'lock':
        void this.#shut();
        return;
      case 'lock changed':
        this.lock.is(message.lock);
        this.#onLockChanged();
        return;
      case 'key?':
        if (this.phase !== 'locked' && this.lock.kind !== 'none' && this.#disk.key) {
          this.#say({ say: 'unlocked', key: this.#disk.key });
        }
        return;
      case 'unlocked':
        void this.#onUnlocked(message.key);
        return;
      case 'forgotten':
        this.#endWorker();
        this.#disk.dropKey();
        remember(false);
        // Another tab empties the disk meanwhile: this one looks at it afterwards.
        void import('./leaving').then(({ FORGET_LOCK }) => navigator.locks.request(FORGET_LOCK, () => location.reload()));
    }
  }

  #onLeader(ready: boolean): void {
    clearTimeout(this.#silence);
    if (ready && !this.engineReady) {
      this.#readyMs = Date.now();
      void this.#missedNews().catch(() => {});
    }
    this.engineReady = ready;
  }

  /** A leader may have worked an edit in and have ended before it could say so. The next one has nothing to tell of it; the disk has. */
  async #missedNews(): Promise<void> {
    const waiting = this.#shelf.waits();
    if (waiting.length === 0) return;
    await this.#outbox.idle();
    const { log, refused } = await this.#disk.boot();
    if (this.phase === 'locked') return;
    const waits = new Set(log.filter(({ worked }) => !worked).map(({ id }) => id));
    this.refused = refused;
    this.#shelf.take([], waiting.filter((id) => !waits.has(id)));
    this.#count();
  }

  /** There is room again. */
  #stored(): void {
    this.#logTrouble = null;
    this.#diskTrouble = null;
  }

  // --- Edits

  #onSaved(): void {
    this.#logTrouble = null;
    // There is something to keep now.
    keeping.askOnce();
  }

  #onUnsaved(code: 'storage.full' | 'storage.failed'): void {
    this.#logTrouble = code;
    this.#troubleMs = Date.now();
  }

  async #append(entries: readonly Logged[]): Promise<void> {
    await this.#disk.append(entries);
    if (this.#worker) this.#expectLeader();
    this.#say({ say: 'logged', entries: [...entries] });
  }

  #count(): void {
    this.inLog = this.#shelf.waits().length;
  }

  /** What cannot be counted now is counted by the leader. */
  async #countBlobs(): Promise<void> {
    this.blobsWaiting = await this.#disk.blobsWaiting().catch(() => this.blobsWaiting);
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

function remember(held: boolean): void {
  try {
    if (held) localStorage.setItem(HELD, '1');
    else localStorage.removeItem(HELD);
  } catch {
    // A browser that keeps nothing has nothing to be reminded of.
  }
}

function isRemembered(): boolean {
  try {
    return localStorage.getItem(HELD) !== null;
  } catch {
    return false;
  }
}

export const store: Store = new AppStore();
