/**
 * What a blob may be, how large, and what it must look like: as the server has it (`server/src/media.rs`), so that a phone never
 * keeps what will be refused. `shared/vectors/media.json` tries both.
 */

import type { Office } from './office';

/** A finger signature as JSON, a photo, a scan, a file of an office program. A closed list. */
export type Media = 'ink' | 'jpeg' | 'pdf' | Office;

/**
 * A signature: its strokes in a box, each as `x, y, x, y, …`. Sides are whole numbers up to `INK_SIDE_MAX`; points lie in the box.
 */
export interface Ink {
  ink: 1;
  width: number;
  height: number;
  strokes: number[][];
}

/** In bytes. */
export const BLOB_BYTES_MAX: Record<Media, number> = {
  ink: 16 * 1024,
  jpeg: 1536 * 1024,
  pdf: 5 * 1024 * 1024,
  docx: 5 * 1024 * 1024,
  xlsx: 5 * 1024 * 1024,
  odt: 5 * 1024 * 1024,
  ods: 5 * 1024 * 1024,
};
export const INK_STROKES_MAX = 64;
/** Of all strokes together. */
export const INK_POINTS_MAX = 2_000;
export const INK_SIDE_MAX = 2_000;

/** Why these bytes are no blob of that kind; null where they are. */
export async function refusalOf(media: Media, bytes: Uint8Array): Promise<'blob.too_large' | 'blob.damaged' | null> {
  if (bytes.length > BLOB_BYTES_MAX[media]) return 'blob.too_large';
  return (await looksLike(media, bytes)) ? null : 'blob.damaged';
}

async function looksLike(media: Media, bytes: Uint8Array): Promise<boolean> {
  switch (media) {
    case 'ink':
      return isInk(bytes);
    case 'jpeg':
      return has(bytes, 0, [0xff, 0xd8, 0xff]) && has(bytes, bytes.length - 2, [0xff, 0xd9]);
    case 'pdf':
      return has(bytes, 0, Array.from('%PDF-', (letter) => letter.charCodeAt(0)));
    default:
      // Few phones ever keep one.
      return (await import('./office')).isOffice(media, bytes);
  }
}

function has(bytes: Uint8Array, at: number, expected: readonly number[]): boolean {
  return expected.every((byte, n) => bytes[at + n] === byte);
}

const FIELDS = ['height', 'ink', 'strokes', 'width'];

function isInk(bytes: Uint8Array): boolean {
  let ink: unknown;
  try {
    ink = JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch {
    return false;
  }
  if (typeof ink !== 'object' || ink === null || Object.keys(ink).sort().join() !== FIELDS.join()) return false;
  const { ink: version, width, height, strokes } = ink as Record<string, unknown>;
  if (version !== 1 || !isSide(width) || !isSide(height) || !Array.isArray(strokes)) return false;
  let numbers = 0;
  for (const stroke of strokes as unknown[]) {
    if (!Array.isArray(stroke) || stroke.length === 0 || stroke.length % 2 !== 0) return false;
    if (!stroke.every((value, n) => isWithin(value, n % 2 === 0 ? width : height))) return false;
    numbers += stroke.length;
  }
  return strokes.length >= 1 && strokes.length <= INK_STROKES_MAX && numbers <= 2 * INK_POINTS_MAX;
}

function isSide(side: unknown): side is number {
  return Number.isInteger(side) && isWithin(side, INK_SIDE_MAX) && side !== 0;
}

function isWithin(value: unknown, most: number): boolean {
  return typeof value === 'number' && value >= 0 && value <= most;
}
