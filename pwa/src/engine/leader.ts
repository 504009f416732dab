/**
 * The worker that leads: it has the engine, works the edit log into it, stores what comes of that, serves views to every page, and
 * exchanges with the server.
 *
 * Invariant: between two turns nothing in the engine is unstored. Whatever changes it (an edit, a reply) is stored in the same
 * turn, before a page or the server hears of it. If it cannot be stored the engine is thrown away: it must not show, or build on,
 * what the disk does not have.
 */
import type { ViewUpdate } from '../generated/ViewUpdate';
import type { Field } from '../generated/Field';
import type { SettingsView } from '../generated/SettingsView';
import type { View } from '../generated/View';
import type { StoredBatch } from '../wasm/engine.js';
import { blobToBring, bringAgain, broughtBlobs, dropBlob, dropBrought, noteBrought, waitingBlobs } from '../store/blob_disk';
import { keyText, NOTHING_KNOWN, type About, type DeathCode, type FromLeader, type FromPage } from '../store/channel';
import type { Refused, Session } from '../store/contract';
import { Superseded, storageCode, type Batch, type Disk, type Known, type LogEntry } from '../store/disk';
import { whoAmI } from '../store/door';
import { updated } from '../store/views';
import type { Media } from '../store/media';
import { lackingOf } from './blob_http';
import { Exchanger } from './exchanger';
import { Pokes } from './pokes';
import { Alarm } from './rhythm';
import { Uploader } from './uploader';

/** The part of the compiled engine that is used here. */
export interface Engine {
  edit(entry: string): string;
  take_batch(): StoredBatch | undefined;
  persisted(id: number): void;
  request(now_ms: number, report: string): Uint8Array | undefined;
  response(frame: Uint8Array, now_ms: number): string;
  request_failed(): void;
  subscribe(key: string): void;
  unsubscribe(key: string): void;
  updates(): string;
  unsent(): number;
  expire(now_ms: number): void;
  known(sought: string): string;
  has_ended(): boolean;
}

/** Compiles the engine, then opens one over what is stored. */
export interface EngineSource {
  load(): Promise<unknown>;
  open(identity: string, nonce: Uint8Array, keys: string[], values: Uint8Array[]): Engine;
}

export interface LeaderPort {
  post(message: FromLeader): void;
  /** This worker is of no use any more. */
  die(code: DeathCode): void;
  /** Calls back when the page is gone. */
  onGone(page: string, gone: () => void): void;
  /** The app's build, for the server's list of devices. */
  build: string;
}

/** Edits that are stored together when many wait. */
const EDITS_PER_BATCH_MAX = 50;
/** An edit of which the engine has died so often is set aside. */
const CRASHES_MAX = 2;
/** After a change, its views are kept for the next start. */
const KEEP_PAUSE_MS = 500;
/** So long the first exchange waits for the stream of pokes, so that nothing happens between the two. */
const STREAM_MS_MAX = 1_500;
/** How long a blob stays here once the server has it: a signature is small, and is looked at again at the door. In milliseconds. */
const BROUGHT_KEPT_MS: Record<Media, number> = { ink: 7 * 24 * 60 * 60 * 1000, jpeg: 0, pdf: 0, docx: 0, xlsx: 0, odt: 0, ods: 0 };
/** The server is asked about the session once a day. */
const ASK_MS = 24 * 60 * 60 * 1000;

const SYNC = keyText({ view: 'sync' });
const SETTINGS = keyText({ view: 'settings' });

interface Page {
  keys: ReadonlySet<string>;
  visible: boolean;
  about: About;
}

export class Leader {
  readonly #disk: Disk;
  readonly #source: EngineSource;
  readonly #port: LeaderPort;
  readonly #exchanger: Exchanger;
  readonly #uploader: Uploader;
  readonly #pokes: Pokes;
  readonly #keep = new Alarm(() => void this.#turn(() => this.#keepViews()));

  #engine: Engine | null = null;
  #known: Known | null = null;
  #term = 0;
  #turns: Promise<unknown> = Promise.resolve();
  #dead = false;
  /** The number of the last entry of the log that was read. */
  #readTo = 0;

  readonly #pages = new Map<string, Page>();
  /** The views that the engine follows for the pages. */
  readonly #followed = new Set<string>();
  /** What each of them shows now, and what others showed that are still to be kept. */
  readonly #views = new Map<string, View>();
  /** Views that changed since they were kept. */
  readonly #unkept = new Set<string>();
  /** Edits that are stored, and may be missing in the kept views. */
  #worked: LogEntry[] = [];
  #documents = 0;
  /** Changes that the server had not acknowledged when something was last stored. */
  #unsent = 0;
  /** Blobs that the server would not have. */
  #blobsRefused = 0;
  /** An exchange is wanted as soon as the stream of pokes stands, or fails. */
  #expectant = false;

  constructor(disk: Disk, source: EngineSource, port: LeaderPort, failures: number) {
    this.#disk = disk;
    this.#source = source;
    this.#port = port;
    this.#exchanger = new Exchanger(
      {
        request: () => this.#turn(() => this.#request()),
        response: (frame) => this.#turn(() => this.#response(frame)),
        requestFailed: () => this.#turn(async () => this.#ready.request_failed()),
        unsent: () => this.#ready.unsent(),
        told: (exchange) => this.#port.post({ say: 'exchange', exchange }),
        admitted: (code) => this.#turn(() => this.#admitted(code)),
      },
      failures,
    );
    this.#uploader = new Uploader({
      waiting: () => waitingBlobs(this.#disk),
      read: (hash) => blobToBring(this.#disk, hash),
      brought: (hash, media) => {
        const keptMs = BROUGHT_KEPT_MS[media];
        return noteBrought(this.#disk, hash, keptMs > 0 ? Date.now() + keptMs : null);
      },
      drop: (hash) => dropBlob(this.#disk, hash),
      calm: () => this.#exchanger.calm(),
      told: (waiting, refused, code) => this.#onBlobs(waiting, refused, code),
    });
    this.#pokes = new Pokes({
      poked: () => this.#exchanger.hope(),
      failed: () => {
        if (this.#expectant) this.#exchanger.start(0);
      },
    });
  }

  lead(): void {
    void this.#turn(() => this.#open());
  }

  hear(message: FromPage): void {
    switch (message.say) {
      case 'here':
        return this.#onHere(message.page, { ...message, keys: new Set(message.keys) });
      case 'logged':
        void this.#turn(async () => {
          await this.#workIn();
          this.#exchanger.edited();
        });
        return;
      case 'wake':
        this.#port.post({ say: 'awake', ready: this.#engine !== null });
        if (this.#engine) this.#wake(message.why === 'tap');
        this.#uploader.hope(message.why === 'tap');
        return;
      case 'kept':
        this.#port.post({ say: 'awake', ready: this.#engine !== null });
        this.#uploader.kept();
        return;
      case 'sought':
        // A page asks again when the engine is open.
        if (!this.#engine) return;
        void this.#turn(async () => this.#port.post({ say: 'known', id: message.id, found: this.#ready.known(message.people) }));
        return;
      case 'enrolled':
        void this.#turn(() => this.#onEnrolled());
    }
  }

  // --- Turns

  /** One thing at a time. What goes wrong in a turn ends this worker. */
  #turn<T>(task: () => Promise<T>): Promise<T> {
    const turn = this.#turns.then(() => {
      // A dead leader does nothing, and answers nobody.
      if (this.#dead) return new Promise<never>(() => {});
      return task();
    });
    this.#turns = turn.catch((error: unknown) => this.#die(error));
    return turn.catch(() => new Promise<never>(() => {}));
  }

  #die(error: unknown): void {
    if (this.#dead) return;
    this.#dead = true;
    this.#pokes.stop();
    this.#uploader.stop();
    this.#port.die(causeOf(error));
  }

  get #ready(): Engine {
    if (!this.#engine) throw new Error('the engine is not open');
    return this.#engine;
  }

  // --- Opening

  async #open(): Promise<void> {
    this.#port.post({ say: 'leading', ready: false });
    const compiled = this.#source.load();
    // Told apart below, once it is awaited.
    compiled.catch(() => {});
    this.#term = await this.#disk.beginTerm();
    const [known, stored] = await Promise.all([this.#disk.readSession(), this.#disk.readBatches(), compiled]);
    if (!known) throw new Ending('storage.lost');
    this.#known = known;
    const nonce = crypto.getRandomValues(new Uint8Array(8));
    this.#engine = this.#source.open(identityOf(known.session), nonce, stored.keys, stored.values);
    this.#follow();
    // What is stored is shown first: a phone that is full dies of its log, and must still show all that it has.
    this.#publish([], []);
    await this.#workIn();
    await this.#expire();
    this.#publish([], []);
    this.#port.post({ say: 'leading', ready: true });
    const sync = this.#views.get(SYNC);
    this.#exchanger.recall(sync?.view === 'sync' ? sync.exchanged_ms : 0);
    this.#expectant = this.#pokes.wake();
    this.#exchanger.start(STREAM_MS_MAX);
  }

  async #onEnrolled(): Promise<void> {
    this.#known = await this.#disk.readSession();
    if (!this.#known) return;
    // The engine writes as the device that it was opened for.
    const sync = this.#views.get(SYNC);
    if (sync?.view === 'sync' && sync.device !== this.#known.session.device.id) throw new Ending('identity');
    this.#wake(true);
  }

  // --- Edits

  async #workIn(): Promise<void> {
    const entries = await this.#disk.readLog(this.#readTo);
    this.#readTo = entries.at(-1)?.n ?? this.#readTo;
    this.#worked.push(...entries.filter(({ record }) => record.worked));
    const waiting = entries.filter(({ record }) => !record.worked);
    for (let at = 0; at < waiting.length; at += EDITS_PER_BATCH_MAX) {
      await this.#workSome(waiting.slice(at, at + EDITS_PER_BATCH_MAX));
    }
  }

  async #workSome(entries: readonly LogEntry[]): Promise<void> {
    const worked: LogEntry[] = [];
    const refused: Batch['refused'] = [];
    for (const entry of entries) {
      const code = await this.#workOne(entry);
      if (code === null) worked.push(entry);
      else refused.push({ entry, code });
    }
    await this.#store(worked, refused);
    this.#worked.push(...worked);
    this.#publish(
      entries.map(({ id }) => id),
      refused.map(({ entry, code }) => refusedOf(entry, code)),
    );
  }

  /** Returns the code of the rule that refused it, if one did. */
  async #workOne(entry: LogEntry): Promise<string | null> {
    try {
      return (JSON.parse(this.#ready.edit(JSON.stringify(entry.entry))) as { refusal: string | null }).refusal;
    } catch (error) {
      // It only says that the entry cannot be read: another version of the app wrote it.
      if (!isCrash(error)) return 'edit.failed';
      if (entry.record.crashes + 1 < CRASHES_MAX) {
        await this.#disk.noteCrash(this.#term, entry);
      } else {
        const refusal = { entry, code: 'edit.failed' };
        // How much is unsent cannot be asked of an engine that has died: the next one says it.
        await this.#disk.commit(this.#term, { puts: [], deletes: [], worked: [], refused: [refusal], unsent: this.#unsent });
        this.#port.post({ say: 'news', updates: '[]', done: [entry.id], refused: [refusedOf(entry, refusal.code)] });
      }
      throw error;
    }
  }

  /** Stores what the engine has made, and with its first part what became of these entries. */
  async #store(worked: LogEntry[] = [], refused: Batch['refused'] = []): Promise<void> {
    let batch = this.#ready.take_batch();
    const unsent = (this.#unsent = this.#ready.unsent());
    if (!batch && worked.length + refused.length > 0) {
      await this.#disk.commit(this.#term, { puts: [], deletes: [], worked, refused, unsent });
    }
    for (; batch; batch = this.#ready.take_batch()) {
      const { id, puts, deletes } = contentsOf(batch);
      await this.#disk.commit(this.#term, { puts, deletes, worked, refused, unsent });
      this.#ready.persisted(id);
      [worked, refused] = [[], []];
    }
  }

  // --- Views

  #onHere(name: string, page: Page): void {
    const before = this.#pages.get(name);
    this.#pages.set(name, page);
    this.#port.post({ say: 'awake', ready: this.#engine !== null });
    if (!before) {
      this.#port.onGone(name, () => {
        this.#pages.delete(name);
        void this.#turn(async () => this.#serve([]));
      });
      // Until the engine is open, the page knows more from the last run.
      if (this.#engine) this.#port.post({ say: 'exchange', exchange: this.#exchanger.exchange });
    }
    const fresh = [...page.keys].filter((key) => !before?.keys.has(key));
    if (!this.#engine) return;
    void this.#turn(async () => this.#serve(fresh));
    const seen = [...this.#pages.values()].some(({ visible }) => visible);
    // The phone may put the app aside now, and for good.
    if (!seen) void this.#turn(() => this.#keepViews());
  }

  /** Follows the views that pages want, and no others. Returns those that were followed already. */
  #follow(): ReadonlySet<string> {
    const before = new Set(this.#followed);
    const wanted = new Set([SYNC, SETTINGS, ...[...this.#pages.values()].flatMap(({ keys }) => [...keys])]);
    for (const key of before) {
      if (wanted.has(key)) continue;
      this.#ready.unsubscribe(key);
      this.#followed.delete(key);
      if (!this.#unkept.has(key)) this.#views.delete(key);
    }
    for (const key of wanted) {
      if (before.has(key)) continue;
      this.#ready.subscribe(key);
      this.#followed.add(key);
    }
    return before;
  }

  /** `fresh` are views that a page has just begun to show. */
  #serve(fresh: readonly string[]): void {
    const before = this.#follow();
    const known = fresh.filter((key) => before.has(key) && this.#views.has(key));
    if (known.length > 0) {
      const whole = known.map((key) => ({ update: 'whole', key: JSON.parse(key) as unknown, view: this.#views.get(key) }));
      this.#port.post({ say: 'news', updates: JSON.stringify(whole), done: [], refused: [] });
    }
    this.#publish([], []);
  }

  /** Tells the pages what has changed. Only what is stored may have changed. */
  #publish(done: string[], refused: Refused[]): void {
    const updates = this.#ready.updates();
    for (const update of JSON.parse(updates) as ViewUpdate[]) this.#note(update);
    if (updates === '[]' && done.length + refused.length === 0) return;
    this.#port.post({ say: 'news', updates, done, refused });
    this.#keep.within(KEEP_PAUSE_MS);
  }

  #note(update: ViewUpdate): void {
    const key = keyText(update.key);
    const view = update.update === 'whole' ? update.view : updated(this.#views.get(key) ?? null, update);
    if (!view) return;
    this.#views.set(key, view);
    this.#unkept.add(key);
    if (view.view === 'settings') this.#tellPolicy(view);
    if (view.view !== 'sync') return;
    // Documents have left this device: so must what was kept of them.
    if (view.documents < this.#documents) void this.#turn(() => this.#disk.dropViews(this.#followed));
    this.#documents = view.documents;
    const account = this.#known?.session.account;
    if (account && account.role !== view.role) void this.#turn(() => this.#learn({ role: view.role }));
  }

  #tellPolicy({ settings }: SettingsView): void {
    const of = (wanted: Field, otherwise: number) => settings.find(({ field }) => field === wanted)?.value ?? otherwise;
    const policy = { lockFrom: of('lock_from', 2), lockMinutes: of('lock_minutes', 5) };
    this.#port.post({ say: 'policy', policy });
    void this.#turn(() => this.#disk.keepPolicy(policy));
  }

  async #keepViews(): Promise<void> {
    this.#keep.off();
    const names = [...this.#unkept];
    const worked = this.#worked;
    if (names.length === 0 && worked.length === 0) return;
    this.#unkept.clear();
    this.#worked = [];
    const views = names.map((name): [string, string | null] => {
      const view = this.#views.get(name);
      return [name, !view || view.view === 'gone' ? null : JSON.stringify(view)];
    });
    try {
      await this.#disk.keepViews(this.#term, views, worked.map(({ n }) => n), this.#ready.unsent());
    } catch (error) {
      // Without room for them the next start paints later; the edits stay in the log until then.
      if (!(error instanceof DOMException)) throw error;
      this.#worked = [...worked, ...this.#worked];
      return;
    }
    this.#port.post({ say: 'painted', ids: worked.map(({ id }) => id) });
    for (const name of names) if (!this.#followed.has(name) && !this.#unkept.has(name)) this.#views.delete(name);
  }

  // --- The exchange

  #wake(asked: boolean): void {
    const expected = this.#pokes.wake() && !asked;
    this.#expectant ||= expected;
    this.#exchanger.hope(expected ? STREAM_MS_MAX : 0);
  }

  async #request(): Promise<Uint8Array<ArrayBuffer> | null> {
    this.#expectant = false;
    const about = [...this.#pages.values()].at(-1)?.about ?? NOTHING_KNOWN;
    const unsent_blobs = await this.#disk.blobsWaiting().catch(() => 0);
    const frame = this.#ready.request(Date.now(), JSON.stringify({ build: this.#port.build, unsent_blobs, ...about }));
    return frame ? new Uint8Array(frame) : null;
  }

  async #response(frame: Uint8Array): Promise<{ again: boolean; code: string | null }> {
    const reply = JSON.parse(this.#ready.response(frame, Date.now())) as { again: boolean; forgot: boolean; code: string | null };
    await this.#store();
    this.#publish([], []);
    if (reply.forgot) {
      // What is shown is kept as it is now, and no other snapshot may tell of what is gone.
      await this.#keepViews();
      await this.#disk.dropViews(this.#followed);
      // Whose they were is not known here. The server has them, and gives them to those who may still see them.
      await dropBrought(this.#disk);
    }
    await this.#farewell();
    return reply;
  }

  /** The server has ended this device's access. Once it has everything, the pages forget; until then the exchange goes on. */
  async #farewell(): Promise<void> {
    if (!this.#ready.has_ended() || this.#ready.unsent() > 0) return;
    // Told again when they have been brought.
    const refused = await this.#disk.blobsWaiting();
    if (refused > this.#blobsRefused) return;
    this.#pokes.stop();
    const sync = this.#views.get(SYNC);
    const aside = sync?.view === 'sync' ? sync.set_aside : [];
    const delivered = aside.filter(({ code }) => code === 'device.access_ended').reduce((sum, { changes }) => sum + changes, 0);
    this.#port.post({ say: 'access ended', delivered, refused });
  }

  #onBlobs(waiting: number, refused: number, code: string | null): void {
    this.#blobsRefused = refused;
    this.#port.post({ say: 'blobs', waiting, code });
    if (waiting === refused) void this.#turn(() => this.#farewell());
  }

  /** What is over for longer than the house keeps it here leaves: at the start, and when a day has passed. */
  async #expire(): Promise<void> {
    this.#ready.expire(Date.now());
    await this.#store();
    await dropBrought(this.#disk, Date.now());
  }

  async #admitted(code: string | null): Promise<void> {
    if (!this.#known) return;
    if (code !== this.#known.revoked) {
      this.#known = { ...this.#known, revoked: code };
      await this.#disk.keepSession(this.#known);
      if (code === null) this.#port.post({ say: 'session', session: this.#known.session });
    }
    if (code === null) this.#uploader.go();
    if (code !== null) {
      this.#pokes.stop();
      this.#uploader.stop();
      this.#port.post({ say: 'revoked', code });
    } else if (Date.now() - this.#known.askedMs > ASK_MS) {
      this.#known = { ...this.#known, askedMs: Date.now() };
      void this.#turn(() => this.#expire());
      void this.#refreshSession();
      void this.#giveBack().catch(() => {});
    }
  }

  /** A server that was restored from a backup has lost what was brought since: what is here still is brought once more. */
  async #giveBack(): Promise<void> {
    const brought = await broughtBlobs(this.#disk);
    if (brought.length === 0) return;
    for (const hash of await lackingOf(brought)) {
      await bringAgain(this.#disk, hash);
      this.#uploader.kept();
    }
  }

  /** Names may have changed, and the browser keeps the credential for longer. */
  async #refreshSession(): Promise<void> {
    const answer = await whoAmI();
    if (!('session' in answer)) return;
    const { account, device } = answer.session;
    await this.#turn(async () => {
      // What the account may do is the engine's to say: it hears it with every exchange.
      const { name, language } = account;
      if (device.id === this.#known?.session.device.id) await this.#learn({ name, language }, device.label);
    });
  }

  async #learn(account: Partial<Session['account']>, label?: string): Promise<void> {
    if (!this.#known) return;
    const { session } = this.#known;
    const now: Session = {
      account: { ...session.account, ...account },
      device: { ...session.device, label: label ?? session.device.label },
    };
    this.#known = { ...this.#known, session: now };
    await this.#disk.keepSession(this.#known);
    if (JSON.stringify(now) !== JSON.stringify(session)) this.#port.post({ say: 'session', session: now });
  }
}

/** An end of this worker that has a reason of its own. */
class Ending extends Error {
  readonly code: DeathCode;

  constructor(code: DeathCode) {
    super(code);
    this.code = code;
  }
}

function causeOf(error: unknown): DeathCode {
  if (error instanceof Ending) return error.code;
  if (error instanceof Superseded) return 'superseded';
  return error instanceof DOMException ? storageCode(error) : 'engine.failed';
}

/** A trap of WebAssembly: what is left of the instance must not be used again. An ordinary error leaves it whole. */
function isCrash(error: unknown): boolean {
  return error instanceof WebAssembly.RuntimeError;
}

function identityOf({ account, device }: Session): string {
  return JSON.stringify({ device: device.id, account: account.id, name: account.name, role: account.role });
}

function refusedOf({ id, entry }: LogEntry, code: string): Refused {
  return { id, code, edit: entry.edit, atMs: entry.at_ms };
}

/** The batch as values of our own, and its memory given back to the engine. */
function contentsOf(batch: StoredBatch): { id: number; puts: Batch['puts']; deletes: string[] } {
  const values = batch.put_values;
  const puts = batch.put_keys.map((key, n): [string, Uint8Array<ArrayBuffer>] => [key, new Uint8Array(values[n] ?? [])]);
  const contents = { id: batch.id, puts, deletes: batch.deletes };
  batch.free();
  return contents;
}
