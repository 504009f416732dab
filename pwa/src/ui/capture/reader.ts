//! Finds the QR code in what the camera sees: by the browser where it can, else by a reader of our own.
import wasmUrl from 'zxing-wasm/reader/zxing_reader.wasm?url';
import type { Picture, QrAnswer } from '../../engine/picture';
import threadUrl from '../../engine/qr.ts?worker&url';

export interface Reader {
  /** The text of a code in sight, or null. */
  read(video: HTMLVideoElement): Promise<string | null>;
  end(): void;
}

/** Our own reader could not be loaded: the phone has no network, and has never read a code. */
export class NoReader extends Error {}

/** What lib.dom does not know yet. */
interface BarcodeDetector {
  detect(source: HTMLVideoElement): Promise<{ rawValue: string }[]>;
}

interface BarcodeDetectors {
  new (options: { formats: string[] }): BarcodeDetector;
  getSupportedFormats(): Promise<string[]>;
}

/** The largest picture that is looked at, in px: a code fills most of it. */
const SIDE_PX_MAX = 720;

/** So often in a row the browser's own reader may fail before it is given up: some phones promise one and have none. */
const FAILURES_MAX = 3;

/** Throws `NoReader`. */
export async function openReader(): Promise<Reader> {
  const own = await nativeDetector();
  return own ? new NativeReader(own) : ThreadReader.open();
}

/**
 * On phones whose browser does not read codes: has our reader kept for the time without a network (the service worker does it). To be
 * called in a calm moment, before codes are read. Says whether it is there.
 */
export async function keepReader(): Promise<boolean> {
  if (await nativeDetector()) return true;
  try {
    return (await fetch(threadUrl)).ok && (await fetch(wasmUrl)).ok;
  } catch {
    return false;
  }
}

async function nativeDetector(): Promise<BarcodeDetector | null> {
  const { BarcodeDetector: Detector } = globalThis as { BarcodeDetector?: BarcodeDetectors };
  try {
    const formats = await Detector?.getSupportedFormats();
    return Detector && formats?.includes('qr_code') ? new Detector({ formats: ['qr_code'] }) : null;
  } catch {
    return null;
  }
}

class NativeReader implements Reader {
  readonly #detector: BarcodeDetector;
  #instead: Reader | null = null;
  #failures = 0;

  constructor(detector: BarcodeDetector) {
    this.#detector = detector;
  }

  async read(video: HTMLVideoElement): Promise<string | null> {
    if (this.#instead) return this.#instead.read(video);
    try {
      const [code] = await this.#detector.detect(video);
      this.#failures = 0;
      return code?.rawValue || null;
    } catch {
      this.#failures += 1;
      if (this.#failures >= FAILURES_MAX) this.#instead = await ThreadReader.open();
      return null;
    }
  }

  end(): void {
    this.#instead?.end();
  }
}

class ThreadReader implements Reader {
  readonly #thread: Worker;
  readonly #canvas = document.createElement('canvas');
  readonly #context = this.#canvas.getContext('2d', { willReadFrequently: true });

  private constructor(thread: Worker) {
    this.#thread = thread;
  }

  static async open(): Promise<ThreadReader> {
    const answered = await fetch(wasmUrl).catch(() => null);
    if (!answered?.ok) throw new NoReader();
    const reader = await answered.arrayBuffer();
    const thread = new Worker(threadUrl, { type: 'module', name: 'qr' });
    const answer = await new Promise<QrAnswer>((resolve) => {
      thread.onmessage = ({ data }: MessageEvent<QrAnswer>) => resolve(data);
      thread.onerror = () => resolve('unable');
      thread.postMessage(reader, [reader]);
    });
    if (answer === 'ready') return new ThreadReader(thread);
    thread.terminate();
    throw new NoReader();
  }

  /** One picture after the other. */
  read(video: HTMLVideoElement): Promise<string | null> {
    // The middle, which is what the page shows.
    const side = Math.min(video.videoWidth, video.videoHeight);
    if (side === 0 || !this.#context) return Promise.resolve(null);
    const size = Math.min(side, SIDE_PX_MAX);
    this.#canvas.width = this.#canvas.height = size;
    const [x, y] = [(video.videoWidth - side) / 2, (video.videoHeight - side) / 2];
    this.#context.drawImage(video, x, y, side, side, 0, 0, size, size);
    const { buffer } = this.#context.getImageData(0, 0, size, size).data;
    return new Promise((resolve) => {
      this.#thread.onmessage = ({ data }: MessageEvent<QrAnswer>) => resolve(typeof data === 'object' ? data.text : null);
      this.#thread.onerror = () => resolve(null);
      this.#thread.postMessage({ bytes: buffer, width: size, height: size } satisfies Picture, [buffer]);
    });
  }

  /** What it was asked last is never answered. */
  end(): void {
    this.#thread.terminate();
  }
}
