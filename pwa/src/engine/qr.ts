/** Reads QR codes in a thread of its own, where the browser cannot do it by itself. */
import { prepareZXingModule, readBarcodes } from 'zxing-wasm/reader';
import type { Picture, QrAnswer } from './picture';

const say = (answer: QrAnswer) => postMessage(answer);

// First comes the reader itself: the page has it, also where this thread's own requests do not reach what is kept for offline.
onmessage = async ({ data }: MessageEvent<Picture | ArrayBuffer>) => {
  if (data instanceof ArrayBuffer) {
    const ready = prepareZXingModule({ overrides: { wasmBinary: data }, fireImmediately: true });
    return ready.then(
      () => say('ready'),
      () => say('unable'),
    );
  }
  const { bytes, width, height } = data;
  try {
    const picture = new ImageData(new Uint8ClampedArray(bytes), width, height);
    const [code] = await readBarcodes(picture, { formats: ['QRCode'], maxNumberOfSymbols: 1 });
    say({ text: code?.isValid ? code.text : null });
  } catch {
    // A picture that cannot be read holds no code.
    say({ text: null });
  }
};
