/** From a code to a key, in a thread of its own: the page goes on, and what Argon2id fills is given back when the thread ends. */
import type { DeriveKey, DerivedKey } from '../store/derive';
import init, { derive } from '../wasm/pin.js';
import pinUrl from '../wasm/pin_bg.wasm?url';

// At once, while the person still types.
const ready = init({ module_or_path: pinUrl });
// Told apart below, once it is awaited.
ready.catch(() => {});

onmessage = async ({ data: { pin, salt, memoryKib, passes } }: MessageEvent<DeriveKey>) => {
  let key: Uint8Array<ArrayBuffer> | null = null;
  try {
    await ready;
    key = new Uint8Array(derive(pin, salt, memoryKib, passes));
  } catch {
    // Hardly any memory is left on the phone, or the module could not be loaded.
  }
  postMessage({ key } satisfies DerivedKey);
};
