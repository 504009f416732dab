/**
 * The keys of a phone. One data key seals everything on the disk (`cipher.ts`); it is never there itself, only *wrapped*:
 *
 *   no lock    sealed with the device key
 *   a lock     sealed with a key that follows from a secret (the person's code, or what their passkey answers), and that once more
 *              with the device key
 *
 * The device key cannot be exported and stays in the browser. So the secret alone opens nothing on another device, and the device
 * alone nothing without the secret. Setting, changing and taking away a lock wraps the same data key anew, in one record that is
 * replaced whole: whenever the power fails, one valid wrapping is there, and not a byte of the data was touched.
 *
 * What it does not do: six digits are a million guesses. Whoever copies the browser's files from an unlocked computer has the device
 * key among them and can guess at their leisure, some fifty milliseconds for each. That gives time to shut the device out; it is no
 * vault. A passkey cannot be guessed.
 */
import { unseal, type Sealed } from './cipher';

/** What the person must give before this phone opens. */
export type LockKind = 'none' | 'pin' | 'passkey';

/** By which way the data key is reached. Nothing of it is secret. */
export type Way =
  | { lock: 'none' }
  /** Argon2id with this salt and cost. */
  | { lock: 'pin'; salt: Uint8Array<ArrayBuffer>; memoryKib: number; passes: number }
  /** The passkey of that id, asked for its answer (WebAuthn's `prf`) to that salt. */
  | { lock: 'passkey'; credential: Uint8Array<ArrayBuffer>; salt: Uint8Array<ArrayBuffer> };

/** The data key as it lies on the disk. */
export interface Wrapping {
  way: Way;
  sealed: Sealed;
}

export const AES_GCM = { name: 'AES-GCM', length: 256 };
export const IV_BYTES = 12;
const encoder = new TextEncoder();

/**
 * The data key, or null where the secret is another one or the record is damaged. Only to be wrapped anew is it ever `exportable`.
 */
export async function unwrap(
  { way, sealed }: Wrapping,
  device: CryptoKey,
  secret: CryptoKey | null,
  use: 'to seal' | 'exportable' = 'to seal',
): Promise<CryptoKey | null> {
  const once = secret ? await unseal(device, labelOf(way), sealed) : sealed;
  if (!once) return null;
  const iv = once.subarray(0, IV_BYTES);
  const algorithm = wrapping(way, iv);
  const usages: KeyUsage[] = ['encrypt', 'decrypt'];
  try {
    const wrapped = once.subarray(IV_BYTES);
    return await crypto.subtle.unwrapKey('raw', wrapped, secret ?? device, algorithm, AES_GCM, use === 'exportable', usages);
  } catch {
    return null;
  }
}

/** A wrapping of one kind cannot be passed off as one of another. */
export function labelOf(way: Way): string {
  return `data key/${way.lock}`;
}

/** How the data key is wrapped, under whichever key. */
export function wrapping(way: Way, iv: Uint8Array<ArrayBuffer>): AesGcmParams {
  return { name: 'AES-GCM', iv, additionalData: encoder.encode(labelOf(way)) };
}
