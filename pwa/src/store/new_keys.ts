/** Making keys and wrapping them. It is loaded when that happens, which is seldom; opening them is in `keys.ts`. */
import { seal } from './cipher';
import { AES_GCM, IV_BYTES, labelOf, wrapping, type Way, type Wrapping } from './keys';

const SALT_BYTES = 32;
const encoder = new TextEncoder();

/** Never leaves the browser, and seals nothing but the data key. */
export function newDeviceKey(): Promise<CryptoKey> {
  return crypto.subtle.generateKey(AES_GCM, false, ['encrypt', 'decrypt', 'wrapKey', 'unwrapKey']);
}

/** A new data key, to be wrapped and then opened: this one can still be exported. */
export function newDataKey(): Promise<CryptoKey> {
  return crypto.subtle.generateKey(AES_GCM, true, ['encrypt', 'decrypt']);
}

export function newSalt(): Uint8Array<ArrayBuffer> {
  return crypto.getRandomValues(new Uint8Array(SALT_BYTES));
}

/** The key that follows from what a secret gives: 32 bytes, of Argon2id or of a passkey. */
export async function secretKey(bytes: Uint8Array<ArrayBuffer>): Promise<CryptoKey> {
  const material = await crypto.subtle.importKey('raw', bytes, 'HKDF', false, ['deriveKey']);
  // It is random or was stretched already: what is added is its purpose.
  const derive = { name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(), info: encoder.encode('tiwizi lock') };
  return crypto.subtle.deriveKey(derive, material, AES_GCM, false, ['wrapKey', 'unwrapKey']);
}

/** Wraps the data key, which must be exportable. `secret` is null without a lock. */
export async function wrap(way: Way, data: CryptoKey, device: CryptoKey, secret: CryptoKey | null): Promise<Wrapping> {
  const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES));
  const wrapped = await crypto.subtle.wrapKey('raw', data, secret ?? device, wrapping(way, iv));
  const once = new Uint8Array(IV_BYTES + wrapped.byteLength);
  once.set(iv);
  once.set(new Uint8Array(wrapped), IV_BYTES);
  return { way, sealed: secret ? await seal(device, labelOf(way), once) : once };
}

