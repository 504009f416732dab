//! The logos at the head of papers, which the server keeps. Shapes are those of the server's `routes/logos.rs`.
import { ask } from '../../store/api';
import { signedFetch } from '../../store/signed';

export interface Logo {
  id: number;
  /** The funder's name; empty for the organisation. */
  name: string;
  put_ms: number;
}

export const listLogos = () => ask<Logo[]>('/api/logos');
export const putLogo = (name: string, picture: string) => ask<undefined>('/api/logos', { name, picture });
export const removeLogo = (id: number) => ask<undefined>(`/api/logos/${id}/remove`, {});

/** The picture, as an address for an `<img>`, to be given back; null where it cannot be had. */
export async function pictureOf({ id }: Logo): Promise<string | null> {
  try {
    const answer = await signedFetch(`/api/logos/${id}`, { cache: 'no-store' });
    return answer.ok ? URL.createObjectURL(await answer.blob()) : null;
  } catch {
    return null;
  }
}

/** The longest side: 31 mm on paper at 400 dots an inch. In pixels. */
const SIDE_MAX = 500;
/** As the server's `LOGO_BYTES_MAX`. */
const BYTES_MAX = 45 * 1024;
const SHRINK = 0.8;

/** A picture that was picked, small enough for the head of a paper, as a PNG in base64; null where this browser cannot read it. */
export async function shrinkLogo(file: Blob): Promise<string | null> {
  const picture = await createImageBitmap(file).catch(() => null);
  if (!picture || picture.width === 0 || picture.height === 0) return null;
  try {
    for (let scale = Math.min(1, SIDE_MAX / Math.max(picture.width, picture.height)); ; scale *= SHRINK) {
      const canvas = document.createElement('canvas');
      canvas.width = Math.max(1, Math.round(picture.width * scale));
      canvas.height = Math.max(1, Math.round(picture.height * scale));
      const context = canvas.getContext('2d');
      if (!context) return null;
      context.imageSmoothingQuality = 'high';
      context.drawImage(picture, 0, 0, canvas.width, canvas.height);
      const png = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/png'));
      if (!png) return null;
      if (png.size <= BYTES_MAX) return base64(new Uint8Array(await png.arrayBuffer()));
    }
  } finally {
    picture.close();
  }
}

function base64(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}
