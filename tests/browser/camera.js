// A camera for browsers that have none: Chromium plays a film of QR codes, drawn here, in its place.
import { createRequire } from 'node:module';
import { writeFileSync } from 'node:fs';

/** What the app itself draws its codes with. */
const { encode } = createRequire(new URL('../../pwa/package.json', import.meta.url))('uqr');

const WIDTH = 640;
const HEIGHT = 480;
const FRAMES_A_SECOND = 10;
/** The quiet border, in modules. */
const BORDER = 4;
/** Paper and ink as a camera sees them in a hall: neither white nor black. */
const [PAPER, INK, GREY] = [215, 45, 128];

/** What Chromium needs to be started with to see the film, and to be asked nothing. */
export function cameraArguments(file) {
  return ['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream', `--use-file-for-fake-video-capture=${file}`];
}

/**
 * Writes a film (Y4M), which is played again and again: each text's code is held still for so long; null is an empty hand.
 *
 * @param {string} file to write, ending in .y4m
 * @param {(string | null)[]} texts
 * @param {{ seconds?: number }} options of each
 */
export function writeFilm(file, texts, { seconds = 1 } = {}) {
  const header = `YUV4MPEG2 W${WIDTH} H${HEIGHT} F${FRAMES_A_SECOND}:1 Ip A1:1 C420jpeg\n`;
  const frames = texts.flatMap((text) => {
    const frame = Buffer.concat([Buffer.from('FRAME\n'), picture(text), Buffer.alloc((WIDTH * HEIGHT) / 2, 128)]);
    return Array.from({ length: seconds * FRAMES_A_SECOND }, () => frame);
  });
  writeFileSync(file, Buffer.concat([Buffer.from(header), ...frames]));
}

/** The brightness of each dot. */
function picture(text) {
  const dots = Buffer.alloc(WIDTH * HEIGHT, GREY);
  if (text === null) return dots;
  const { data, size } = encode(text, { border: BORDER, ecc: 'M' });
  const module = Math.floor((HEIGHT * 0.7) / size);
  const [left, top] = [(WIDTH - size * module) >> 1, (HEIGHT - size * module) >> 1];
  for (let y = 0; y < size * module; y += 1) {
    for (let x = 0; x < size * module; x += 1) {
      const dark = data[Math.floor(y / module)][Math.floor(x / module)];
      dots[(top + y) * WIDTH + left + x] = dark ? INK : PAPER;
    }
  }
  return dots;
}
