/** What staff ask of the server directly, since no phone holds it. Where the server wants the passkey, its owner is asked for it. */
import { signedFetch } from './signed';

/** An answer, or the stable code of why there is none. */
export type Answer<T> = { ok: true; value: T } | { ok: false; code: string };

/** A village's network is slow; longer than this it is not there. */
const WAIT_MS = 20_000;

/** Reads where there is no body, else posts it. */
export async function ask<T>(path: string, body?: unknown, waitMs = WAIT_MS): Promise<Answer<T>> {
  const answer = await askOnce<T>(path, body, waitMs);
  if (answer.ok || answer.code !== 'factor.required') return answer;
  const { provePasskey } = await import('./passkeys');
  const refused = await provePasskey();
  return refused === null ? askOnce<T>(path, body, waitMs) : { ok: false, code: refused };
}

/** A request that brings something. */
export const posted = (body: unknown): { method: 'POST'; headers: Record<string, string>; body: string } => ({
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body ?? null),
});

async function askOnce<T>(path: string, body: unknown, waitMs: number): Promise<Answer<T>> {
  try {
    const signal = AbortSignal.timeout(waitMs);
    const response = await signedFetch(path, { ...(body !== undefined && posted(body)), cache: 'no-store', signal });
    if (!response.ok) {
      const refusal = (await response.json().catch(() => ({}))) as { code?: string };
      return { ok: false, code: refusal.code ?? 'server.failed' };
    }
    const value = response.status === 204 ? undefined : await response.json();
    return { ok: true, value: value as T };
  } catch {
    return { ok: false, code: 'server.unreachable' };
  }
}
