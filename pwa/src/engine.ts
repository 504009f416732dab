/** Starts the engine in a thread of its own. */
export function engineWorker(): Worker {
  return new Worker(new URL('./engine/worker.ts', import.meta.url), { type: 'module', name: 'engine' });
}

/** Starts the thread that makes keys of codes. */
export function pinWorker(): Worker {
  return new Worker(new URL('./engine/pin.ts', import.meta.url), { type: 'module', name: 'pin' });
}
