//! The server's own routes, for what no phone holds. Nothing waits for them: a page that is refused says so and goes on.

/** An answer, or the stable code of why there is none. */
export type Answer<T> = { ok: true; value: T } | { ok: false; code: string };

/** A village's network is slow; longer than this it is not there. */
const WAIT_MS = 20_000;

/** Asks a route, or with a body tells it. */
export async function ask<T>(path: string, body?: unknown): Promise<Answer<T>> {
  try {
    const response = await fetch(path, {
      method: body === undefined ? 'GET' : 'POST',
      // The server acts for no page that cannot send this.
      headers: { 'x-tiwizi': '1', ...(body !== undefined && { 'content-type': 'application/json' }) },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(WAIT_MS),
    });
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
