/** The stream of pokes: the server says that something has changed, and this device asks what. */
import { signedFetch } from '../store/signed';
import { Silence } from './http';
import { Alarm, retryMs } from './rhythm';

/** The server breaks the silence every 20 seconds: after so long the stream is dead and nobody has said so. */
const SILENCE_MS_MAX = 65_000;

/** An event holds one number. */
const LINE_CHARS_MAX = 1024;

export interface PokeHooks {
  poked(): void;
  /** There is no stream: nothing will be told. */
  failed(): void;
}

export class Pokes {
  readonly #hooks: PokeHooks;
  readonly #alarm = new Alarm(() => void this.#listen());
  #failures = 0;
  #state: 'closed' | 'opening' | 'open' = 'closed';

  constructor(hooks: PokeHooks) {
    this.#hooks = hooks;
  }

  /** Opens the stream, if it is not open. Its first event is a poke. Returns whether one is to be expected. */
  wake(): boolean {
    if (this.#state === 'open') return false;
    this.#failures = 0;
    if (this.#state === 'closed') this.#alarm.within(0);
    return true;
  }

  stop(): void {
    this.#alarm.off();
  }

  async #listen(): Promise<void> {
    if (this.#state !== 'closed') return;
    this.#state = 'opening';
    const silence = new Silence(SILENCE_MS_MAX);
    let again = true;
    try {
      const response = await signedFetch('/api/pokes', { cache: 'no-store', redirect: 'error', signal: silence.signal });
      again = response.status !== 401;
      const stream = response.headers.get('content-type')?.startsWith('text/event-stream') ? response.body : null;
      if (response.ok && stream) {
        this.#state = 'open';
        this.#failures = 0;
        await this.#read(stream, silence);
      }
    } catch {
      // It broke off, or was silent for too long.
    }
    silence.end();
    this.#state = 'closed';
    this.#failures += 1;
    this.#hooks.failed();
    if (again) this.#alarm.within(retryMs(this.#failures));
  }

  async #read(stream: ReadableStream<Uint8Array>, silence: Silence): Promise<void> {
    const reader = stream.getReader();
    const decoder = new TextDecoder();
    let rest = '';
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      silence.broken(SILENCE_MS_MAX);
      const lines = (rest + decoder.decode(value, { stream: true })).split('\n');
      rest = lines.pop() ?? '';
      if (rest.length > LINE_CHARS_MAX) return reader.cancel();
      // What it is about does not matter: the exchange finds out. Comments only keep the stream alive.
      if (lines.some((line) => line.startsWith('data:'))) this.#hooks.poked();
    }
  }
}
