/** Blobs on their way up: how far one is, and one piece. `/api/blobs/{hash}` */
import type { Media } from '../store/media';
import { signedFetch, type SignedInit } from '../store/signed';
import { BYTES_PER_MS_MIN, SILENCE_MS_MAX, Silence } from './http';

export type BlobReply =
  /** So many of its first bytes are there; `whole` when it is all there. */
  | { kind: 'state'; size: number; whole: boolean }
  /** It was erased, and must leave this phone too. */
  | { kind: 'erased' }
  /** The server does not take this blob. */
  | { kind: 'refused'; code: string }
  /** No reply, or one that says: later. `retryMs` is the server's wish. */
  | { kind: 'later'; code: string | null; retryMs: number }
  /** The server does not let this device in. */
  | { kind: 'shut_out'; code: string };

export interface BlobServer {
  state(hash: string): Promise<BlobReply>;
  bring(hash: string, media: Media, at: number, total: number, piece: Uint8Array<ArrayBuffer>): Promise<BlobReply>;
}

export const blobServer: BlobServer = {
  state: (hash) => ask(`/api/blobs/${hash}/state`, {}, 0),
  bring: (hash, media, at, total, piece) =>
    ask(
      `/api/blobs/${hash}?media=${media}&at=${at}&total=${total}`,
      { method: 'POST', headers: { 'content-type': 'application/octet-stream' }, body: piece },
      piece.length,
    ),
};

async function ask(path: string, init: SignedInit, bytes: number): Promise<BlobReply> {
  const silence = new Silence(SILENCE_MS_MAX + bytes / BYTES_PER_MS_MIN);
  try {
    const response = await signedFetch(path, { ...init, redirect: 'error', cache: 'no-store', signal: silence.signal });
    silence.broken(SILENCE_MS_MAX);
    return replyOf(response.status, (await response.json()) as Said);
  } catch {
    // No network, a reply that broke off, silence, or something that is not our server's word.
    return { kind: 'later', code: null, retryMs: 0 };
  } finally {
    silence.end();
  }
}

interface Said {
  code?: string;
  retry_after_s?: number;
  size?: number;
  whole?: boolean;
}

export function replyOf(status: number, { code, retry_after_s = 0, size, whole }: Said): BlobReply {
  const is = typeof size === 'number' && typeof whole === 'boolean';
  if (is && (status === 200 || code === 'blob.offset')) return { kind: 'state', size, whole };
  if (typeof code !== 'string') return { kind: 'later', code: null, retryMs: 0 };
  if (status === 401) return { kind: 'shut_out', code };
  if (code === 'blob.erased') return { kind: 'erased' };
  // A device that waits to be confirmed, or whose session has ended, may bring it afterwards.
  const later = status >= 500 || status === 408 || status === 429 || (status === 403 && code !== 'role.forbidden');
  return later ? { kind: 'later', code, retryMs: retry_after_s * 1000 } : { kind: 'refused', code };
}
