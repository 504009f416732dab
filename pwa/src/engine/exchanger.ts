/** When this device and the server exchange, and how it went. What they exchange is the engine's affair. */
import type { Exchange } from '../store/contract';
import { postFrame, type Reply } from './http';
import { Alarm, retryMs } from './rhythm';

/** Edits of one moment go together. */
const EDIT_PAUSE_MS = 200;
/** Without any news, the server is asked so often. */
const IDLE_MS = 60_000;
/** Pages in a row. A first exchange of everything there is has a few hundred. */
const PAGES_MAX = 2_000;

/** Codes of the engine for a reply that lost something on its way: the next one may be whole. */
const UNREADABLE: readonly string[] = ['frame.malformed', 'exchange.unasked'];

export interface ExchangePort {
  /** The next frame, or nothing while there is nothing to ask. */
  request(): Promise<Uint8Array<ArrayBuffer> | null>;
  /** Takes the reply in and stores it. */
  response(frame: Uint8Array<ArrayBuffer>): Promise<{ again: boolean; code: string | null }>;
  requestFailed(): Promise<void>;
  /** Changes that the server has not acknowledged. */
  unsent(): number;
  told(exchange: Exchange): void;
  /** The server lets this device in, or does not and says why. */
  admitted(code: string | null): Promise<void>;
  post?(frame: Uint8Array<ArrayBuffer>): Promise<Reply>;
}

export class Exchanger {
  readonly #port: ExchangePort;
  readonly #alarm = new Alarm(() => void this.#run());
  #exchange: Exchange = { state: 'never', code: null, endedMs: 0 };
  #failures: number;
  #running = false;
  /** Who waits for the end of the exchange that is under way. */
  #patient: Array<() => void> = [];
  /** Something happened while an exchange was under way, that may have come too late for it. */
  #missed = false;
  #stopped = false;

  /** `failures`: of the workers before this one. If an exchange kills the engine, it must not do so in a tight loop. */
  constructor(port: ExchangePort, failures: number) {
    this.#port = port;
    this.#failures = failures;
  }

  get exchange(): Exchange {
    return this.#exchange;
  }

  /** What an earlier run knew. */
  recall(endedMs: number): void {
    if (endedMs > 0) this.#tell({ state: this.#port.unsent() > 0 ? 'unsent' : 'level', code: null, endedMs });
  }

  /** Begins, so long from now. */
  start(ms: number): void {
    this.#alarm.within(this.#failures > 0 ? retryMs(this.#failures) : ms);
  }

  /** An event gives reason to hope: whatever failed before is forgotten. */
  hope(ms = 0): void {
    this.#failures = 0;
    this.#stopped = false;
    this.#soon(ms);
  }

  edited(): void {
    if (this.#exchange.state === 'level' && this.#port.unsent() > 0) this.#tell({ ...this.#exchange, state: 'unsent' });
    this.#soon(EDIT_PAUSE_MS);
  }

  /** Resolves when no exchange is under way. */
  calm(): Promise<void> {
    return this.#running ? new Promise((resolve) => this.#patient.push(resolve)) : Promise.resolve();
  }

  #soon(ms: number): void {
    if (this.#stopped) return;
    if (this.#running) this.#missed = true;
    else this.#alarm.within(ms);
  }

  async #run(): Promise<void> {
    if (this.#running || this.#stopped) return;
    this.#running = true;
    this.#missed = false;
    this.#alarm.off();
    const reply = await this.#pages();
    this.#running = false;
    for (const goOn of this.#patient.splice(0)) goOn();
    await this.#conclude(reply);
  }

  /** Null when all went well. */
  async #pages(): Promise<Exclude<Reply, { kind: 'frame' }> | null> {
    const post = this.#port.post ?? postFrame;
    for (let page = 0; page < PAGES_MAX; page += 1) {
      const frame = await this.#port.request();
      if (!frame) return null;
      const reply = await post(frame);
      if (reply.kind !== 'frame') {
        await this.#port.requestFailed();
        return reply;
      }
      const { again, code } = await this.#port.response(reply.bytes);
      if (code !== null) return UNREADABLE.includes(code) ? { kind: 'unreachable', code, retryMs: 0 } : { kind: 'refused', code };
      if (!again) return null;
    }
    return null;
  }

  async #conclude(failed: Exclude<Reply, { kind: 'frame' }> | null): Promise<void> {
    if (!failed) {
      this.#failures = 0;
      const state = this.#port.unsent() > 0 ? 'unsent' : 'level';
      this.#tell({ state, code: null, endedMs: Date.now() });
      await this.#port.admitted(null);
      this.#alarm.within(this.#missed ? EDIT_PAUSE_MS : IDLE_MS);
      return;
    }
    this.#failures += 1;
    if (failed.kind === 'shut_out') {
      this.#stopped = true;
      this.#tell({ ...this.#exchange, state: 'refused', code: failed.code });
      await this.#port.admitted(failed.code);
      return;
    }
    const { kind, code } = failed;
    this.#tell({ ...this.#exchange, state: kind, code });
    this.#alarm.within(Math.max(retryMs(this.#failures), kind === 'unreachable' ? failed.retryMs : 0));
  }

  #tell(exchange: Exchange): void {
    this.#exchange = exchange;
    this.#port.told(exchange);
  }
}
