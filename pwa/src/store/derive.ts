/** From the code that a person types to a key, at the cost that was chosen when the code was set. */
import { pinWorker } from '../engine';

/** To the thread that derives. */
export interface DeriveKey {
  pin: string;
  salt: Uint8Array<ArrayBuffer>;
  memoryKib: number;
  passes: number;
}

/** Its answer; null where it failed. */
export interface DerivedKey {
  key: Uint8Array<ArrayBuffer> | null;
}

/**
 * What a new code costs to try, for us and for whoever guesses. More than OWASP's minimum for Argon2id (19 MiB, 2 passes), and still
 * under a second, reading the data included, on a phone six times slower than a laptop; tests/bench/RESULTS.md has the measurement.
 */
export const PIN_COST = { memoryKib: 32 * 1024, passes: 2 };

/** One code after the other. */
export class PinDeriver {
  #worker: Worker | null = null;

  /** Gets ready while the person types. */
  prepare(): void {
    this.#worker ??= pinWorker();
  }

  /** 32 bytes, or null where the phone has not the memory for it. */
  derive(asked: DeriveKey): Promise<Uint8Array<ArrayBuffer> | null> {
    this.prepare();
    const worker = this.#worker;
    this.#worker = null;
    return new Promise((resolve) => {
      if (!worker) return resolve(null);
      const done = (key: Uint8Array<ArrayBuffer> | null) => {
        worker.terminate();
        resolve(key);
      };
      worker.onmessage = ({ data }: MessageEvent<DerivedKey>) => done(data.key);
      worker.onerror = () => done(null);
      worker.postMessage(asked);
    });
  }

  /** Nobody types any more. */
  end(): void {
    this.#worker?.terminate();
    this.#worker = null;
  }
}
