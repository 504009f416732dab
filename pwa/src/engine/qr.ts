/** Reads QR codes in a thread of its own, where the browser cannot do it by itself. */
import { prepareZXingModule, readBarcodes } from 'zxing-wasm/reader';
import wasmUrl from 'zxing-wasm/reader/zxing_reader.wasm?url';
import type { Picture, QrAnswer } from './picture';

const say = (answer: QrAnswer) => postMessage(answer);

// Ours, and not from where the library would fetch it.
const ready = prepareZXingModule({ overrides: { locateFile: () => wasmUrl }, fireImmediately: true });
ready.then(
  () => say('ready'),
  () => say('unable'),
);

onmessage = async ({ data: { bytes, width, height } }: MessageEvent<Picture>) => {
  try {
    const picture = new ImageData(new Uint8ClampedArray(bytes), width, height);
    const [code] = await readBarcodes(picture, { formats: ['QRCode'], maxNumberOfSymbols: 1 });
    say({ text: code?.isValid ? code.text : null });
  } catch {
    // A picture that cannot be read holds no code.
    say({ text: null });
  }
};
