//! The code that takes a phone back from those it was handed to. It keeps curious hands out for an hour; it protects nothing on the disk.
import { isEasy } from '../../store/pin';

export const CODE_DIGITS_MIN = 4;
export const CODE_DIGITS_MAX = 6;

/** What is kept of it, in hexadecimal. */
export interface KeptCode {
  salt: string;
  hash: string;
}

const SALT_BYTES = 16;
/** Under half a second on an old phone. Waits are what stops guessing: see `store/patience.ts`. */
const ROUNDS = 150_000;

export function codeProblem(code: string): 'short' | 'easy' | null {
  if (code.length < CODE_DIGITS_MIN || code.length > CODE_DIGITS_MAX) return 'short';
  return isEasy(code) ? 'easy' : null;
}

export async function keptCode(code: string): Promise<KeptCode> {
  const salt = crypto.getRandomValues(new Uint8Array(SALT_BYTES));
  return { salt: hex(salt), hash: await hashOf(code, salt) };
}

export async function isCode(typed: string, { salt, hash }: KeptCode): Promise<boolean> {
  const bytes = Uint8Array.from(salt.match(/../g) ?? [], (two) => parseInt(two, 16));
  return (await hashOf(typed, bytes)) === hash;
}

async function hashOf(code: string, salt: Uint8Array<ArrayBuffer>): Promise<string> {
  const key = await crypto.subtle.importKey('raw', new TextEncoder().encode(code), 'PBKDF2', false, ['deriveBits']);
  const way = { name: 'PBKDF2', hash: 'SHA-256', salt, iterations: ROUNDS };
  return hex(new Uint8Array(await crypto.subtle.deriveBits(way, key, 256)));
}

const hex = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
