/**
 * Photos as they are picked or taken, made small enough for a village's network. What is kept is drawn anew: the place where it was
 * taken, the phone that took it and all else that stands in a photo's file stay outside.
 */

/** The longest side. In pixels: a signed sheet is still read at this. */
const SIDE_MAX = 2_000;
/** In bytes. */
const BYTES_MAX = 900 * 1024;
/** Tried one after the other; then the sides shrink. */
const QUALITIES = [0.85, 0.75, 0.65, 0.55, 0.45];
const SHRINK = 0.75;

/** No picture that this browser can read. */
export class PhotoRefused extends Error {
  readonly code = 'photo.unreadable';
}

/** The photo as a JPEG, upright. Fails with `PhotoRefused`. */
export async function shrink(file: Blob): Promise<Uint8Array<ArrayBuffer>> {
  const picture = await decode(file).catch(() => null);
  if (!picture || picture.width === 0 || picture.height === 0) throw new PhotoRefused();
  try {
    let scale = Math.min(1, SIDE_MAX / Math.max(picture.width, picture.height));
    for (;;) {
      const canvas = draw(picture, scale);
      for (const quality of QUALITIES) {
        const jpeg = await encode(canvas, quality);
        if (jpeg?.type !== 'image/jpeg') throw new PhotoRefused();
        if (jpeg.size <= BYTES_MAX) return new Uint8Array(await jpeg.arrayBuffer());
      }
      scale *= SHRINK;
    }
  } finally {
    picture.close();
  }
}

async function decode(file: Blob): Promise<ImageBitmap> {
  try {
    return await createImageBitmap(file, { imageOrientation: 'from-image' });
  } catch (error) {
    // Browsers that do not know the word turn photos upright by themselves.
    if (error instanceof TypeError) return createImageBitmap(file);
    throw error;
  }
}

type Canvas = OffscreenCanvas | HTMLCanvasElement;

function draw(picture: ImageBitmap, scale: number): Canvas {
  const width = Math.max(1, Math.round(picture.width * scale));
  const height = Math.max(1, Math.round(picture.height * scale));
  const canvas = newCanvas(width, height);
  const context = canvas.getContext('2d') as CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D | null;
  if (!context) throw new PhotoRefused();
  // JPEG has no transparency: what was transparent would be black.
  context.fillStyle = '#fff';
  context.fillRect(0, 0, width, height);
  context.imageSmoothingQuality = 'high';
  context.drawImage(picture, 0, 0, width, height);
  return canvas;
}

function newCanvas(width: number, height: number): Canvas {
  if (typeof OffscreenCanvas !== 'undefined') return new OffscreenCanvas(width, height);
  return Object.assign(document.createElement('canvas'), { width, height });
}

function encode(canvas: Canvas, quality: number): Promise<Blob | null> {
  if ('convertToBlob' in canvas) return canvas.convertToBlob({ type: 'image/jpeg', quality });
  return new Promise((resolve) => canvas.toBlob(resolve, 'image/jpeg', quality));
}
