/**
 * Brings photos, scans and signatures to the server: one after the other, the oldest first, piece by piece, from where it stopped.
 *
 * Documents go first: it begins when an exchange has gone well, and waits between two pieces while one is under way.
 */
import type { Media } from '../store/media';
import { blobServer, type BlobReply, type BlobServer } from './blob_http';
import { Alarm, retryMs } from './rhythm';

/** A network that carries no large piece may carry a small one: each failure halves the next, each success doubles it. In bytes. */
const PIECE_BYTES_MAX = 64 * 1024;
const PIECE_BYTES_MIN = 4 * 1024;
/** So long an exchange has, once there is reason to hope, before blobs are tried without waiting for it. */
const HOPE_MS = 5_000;
/** Answers in a row that bring a blob no further. */
const STANDSTILLS_MAX = 4;

export interface UploadPort {
  /** The hashes of all that the server has still to get, the oldest first. */
  waiting(): Promise<string[]>;
  /** Null where it cannot be read any more. */
  read(hash: string): Promise<{ media: Media; bytes: Uint8Array<ArrayBuffer> } | null>;
  /** The server has it. */
  brought(hash: string, media: Media): Promise<void>;
  /** It has no place on this phone any more. */
  drop(hash: string): Promise<void>;
  /** Resolves when no documents are being exchanged. */
  calm(): Promise<void>;
  /** So many wait, `refused` of them without hope for now; the code says why, where it is known. */
  told(waiting: number, refused: number, code: string | null): void;
  server?: BlobServer;
}

type Failure = Extract<BlobReply, { kind: 'later' | 'shut_out' }>;

const LATER: Failure = { kind: 'later', code: null, retryMs: 0 };

export class Uploader {
  readonly #port: UploadPort;
  readonly #server: BlobServer;
  readonly #alarm = new Alarm(() => void this.#run());
  /** What the server will not have, and why. They stay on the phone; another start, or a person who asks, tries again. */
  readonly #refused = new Map<string, string>();
  #failures = 0;
  #pieceBytes = PIECE_BYTES_MAX;
  /** The server has asked to be left alone until then. */
  #restMs = 0;
  #running = false;
  /** Something was kept while blobs were being brought. */
  #missed = false;
  #stopped = true;

  constructor(port: UploadPort) {
    this.#port = port;
    this.#server = port.server ?? blobServer;
  }

  /** The server has just answered well: it can be reached, and lets this device in. */
  go(): void {
    this.#stopped = false;
    this.#failures = 0;
    this.#soon(0);
  }

  /** An event gives reason to hope. `asked`: a person wants it. */
  hope(asked: boolean): void {
    this.#failures = 0;
    if (asked) {
      this.#refused.clear();
      this.#restMs = 0;
    }
    this.#soon(HOPE_MS);
  }

  /** There is one more. */
  kept(): void {
    this.#missed = true;
    this.#soon(0);
  }

  /** The server does not let this device in, or this worker ends. */
  stop(): void {
    this.#stopped = true;
    this.#alarm.off();
  }

  #soon(ms: number): void {
    if (this.#stopped || this.#running) return;
    this.#alarm.within(Math.max(ms, this.#restMs - Date.now()));
  }

  async #run(): Promise<void> {
    if (this.#stopped || this.#running) return;
    this.#running = true;
    this.#alarm.off();
    let failed: Failure | null;
    do {
      this.#missed = false;
      // A disk that fails for a moment is tried again as a network is.
      failed = await this.#all().catch(() => LATER);
    } while (!failed && this.#missed);
    this.#running = false;
    await this.#conclude(failed);
  }

  /** Null when nothing is left that the server would take. */
  async #all(): Promise<Failure | null> {
    for (;;) {
      const hash = (await this.#tell(null)).find((hash) => !this.#refused.has(hash));
      if (hash === undefined || this.#stopped) return null;
      const failed = await this.#bring(hash);
      if (failed) return failed;
    }
  }

  async #bring(hash: string): Promise<Failure | null> {
    const blob = await this.#port.read(hash);
    if (!blob) {
      // Its key is lost: nobody will ever read it.
      await this.#port.drop(hash);
      return null;
    }
    const { media, bytes } = blob;
    await this.#port.calm();
    let reply = await this.#server.state(hash);
    let mismatched = false;
    for (let at = -1, standstills = 0; ; ) {
      switch (reply.kind) {
        case 'state': {
          if (reply.whole) return this.#port.brought(hash, media).then(() => null);
          standstills = reply.size > at ? 0 : standstills + 1;
          if (standstills > STANDSTILLS_MAX || reply.size >= bytes.length) return LATER;
          at = reply.size;
          break;
        }
        case 'erased':
          await this.#port.drop(hash);
          return null;
        case 'refused':
          // A piece of another upload was in it, and is thrown away by now.
          if (reply.code === 'blob.hash_mismatch' && !mismatched) {
            mismatched = true;
            at = 0;
            break;
          }
          this.#refused.set(hash, reply.code);
          return null;
        default:
          if (reply.kind === 'later' && reply.code === null) this.#pieceBytes = Math.max(PIECE_BYTES_MIN, this.#pieceBytes / 2);
          return reply;
      }
      await this.#port.calm();
      if (this.#stopped) return null;
      reply = await this.#server.bring(hash, media, at, bytes.length, bytes.subarray(at, at + this.#pieceBytes));
      if (reply.kind === 'state') this.#pieceBytes = Math.min(PIECE_BYTES_MAX, this.#pieceBytes * 2);
    }
  }

  async #conclude(failed: Failure | null): Promise<void> {
    if (!failed) {
      this.#failures = 0;
      return;
    }
    await this.#tell(failed.code).catch(() => {});
    if (failed.kind === 'shut_out') {
      this.stop();
      return;
    }
    this.#failures += 1;
    this.#restMs = Date.now() + failed.retryMs;
    this.#soon(retryMs(this.#failures));
  }

  /** Returns what waits. */
  async #tell(code: string | null): Promise<string[]> {
    const waiting = await this.#port.waiting();
    const refused = waiting.flatMap((hash) => this.#refused.get(hash) ?? []);
    this.#port.told(waiting.length, refused.length, code ?? refused[0] ?? null);
    return waiting;
  }
}
