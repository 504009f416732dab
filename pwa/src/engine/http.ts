/** One frame up, one frame down: `POST /api/sync`. */

import { signedFetch } from '../store/signed';

/** Until the reply begins, and then between two pieces of it. */
export const SILENCE_MS_MAX = 30_000;
/** A village's network still carries so much; a large frame gets more time to go up. */
export const BYTES_PER_MS_MIN = 4;
/** The largest frame of the protocol (`FRAME_BYTES_MAX` in the engine). */
const REPLY_BYTES_MAX = 1024 * 1024;

export type Reply =
  | { kind: 'frame'; bytes: Uint8Array<ArrayBuffer> }
  /** No reply, or one that says: later. `retryMs` is the server's wish. */
  | { kind: 'unreachable'; code: string | null; retryMs: number }
  /** The server does not take this request. */
  | { kind: 'refused'; code: string }
  /** The server does not let this device in. */
  | { kind: 'shut_out'; code: string };

export async function postFrame(frame: Uint8Array<ArrayBuffer>): Promise<Reply> {
  const silence = new Silence(SILENCE_MS_MAX + frame.length / BYTES_PER_MS_MIN);
  try {
    const response = await signedFetch('/api/sync', {
      method: 'POST',
      headers: { 'content-type': 'application/octet-stream' },
      body: frame,
      redirect: 'error',
      cache: 'no-store',
      signal: silence.signal,
    });
    silence.broken(SILENCE_MS_MAX);
    if (!response.ok) return await refusal(response);
    // Whatever answers in the server's place (a hotel's login page) has not understood the question.
    if (response.headers.get('content-type') !== 'application/octet-stream') return unreachable(null);
    const bytes = await read(response, silence);
    return bytes ? { kind: 'frame', bytes } : unreachable(null);
  } catch {
    // No network, a reply that broke off, or silence: all the same, and nothing is lost by any of them.
    return unreachable(null);
  } finally {
    silence.end();
  }
}

async function read(response: Response, silence: Silence): Promise<Uint8Array<ArrayBuffer> | null> {
  const reader = response.body?.getReader();
  if (!reader) return null;
  const pieces: Uint8Array[] = [];
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    silence.broken(SILENCE_MS_MAX);
    length += value.length;
    if (length > REPLY_BYTES_MAX) {
      await reader.cancel();
      return null;
    }
    pieces.push(value);
  }
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}

async function refusal(response: Response): Promise<Reply> {
  const { code = null, retry_after_s = 0 } = await (response.json() as Promise<{ code?: string; retry_after_s?: number }>).catch(
    () => ({ code: undefined, retry_after_s: undefined }),
  );
  if (response.status === 401) return { kind: 'shut_out', code: code ?? 'session.none' };
  const later = response.status >= 500 || response.status === 408 || response.status === 429;
  if (later) return { kind: 'unreachable', code, retryMs: retry_after_s * 1000 };
  return { kind: 'refused', code: code ?? 'exchange.refused' };
}

function unreachable(code: string | null): Reply {
  return { kind: 'unreachable', code, retryMs: 0 };
}

/** Aborts when nothing has been heard for too long. */
export class Silence {
  readonly #controller = new AbortController();
  #timer: ReturnType<typeof setTimeout>;

  constructor(ms: number) {
    this.#timer = this.#wait(ms);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Something was heard: from now on it may be silent for so long. */
  broken(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = this.#wait(ms);
  }

  end(): void {
    clearTimeout(this.#timer);
  }

  #wait(ms: number): ReturnType<typeof setTimeout> {
    return setTimeout(() => this.#controller.abort(), ms);
  }
}
