/** To the thread that reads QR codes: RGBA. */
export interface Picture {
  bytes: ArrayBuffer;
  width: number;
  height: number;
}

/** Its answers: once whether it can read, then one to each picture. */
export type QrAnswer = 'ready' | 'unable' | { text: string | null };
