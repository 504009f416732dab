/** Coming in: an invite code for a session, and asking who one is. */
import type { Session } from './contract';
import { publicKey, signedFetch, type SignedInit } from './signed';

/** How long the server may take. */
const REPLY_MS_MAX = 30_000;
/** Whoever leaves does not wait for long: the server is told at another time. */
const LEAVE_MS_MAX = 8_000;

export interface Guest {
  code: string;
  /** 16 random bytes in hex, the same at each attempt with this code. */
  attempt: string;
  name: string;
  label: string;
  language: string;
}

/** `waits`: somebody must confirm this device before it may do anything. */
export type Answer = { session: Session; waits: boolean } | { code: string };

/** `POST /api/enroll`. The credential comes as a cookie that scripts do not see. */
export async function enroll({ code, attempt, name, label, language }: Guest): Promise<Answer> {
  const public_key = await publicKey();
  const body = JSON.stringify({ code, attempt, public_key, name: name.trim() || null, device_label: label, language });
  return ask('/api/enroll', { method: 'POST', headers: { 'content-type': 'application/json' }, body });
}

/** `GET /api/session`. Also makes the browser keep its credential for longer. */
export function whoAmI(): Promise<Answer> {
  return ask('/api/session', {});
}

/** `POST /api/session/end`: this device leaves. Whether the server knows it now; one that does not let it in does already. */
export async function leave(): Promise<boolean> {
  try {
    const signal = AbortSignal.timeout(LEAVE_MS_MAX);
    const response = await signedFetch('/api/session/end', { method: 'POST', redirect: 'error', cache: 'no-store', signal });
    return response.ok || response.status === 401;
  } catch {
    return false;
  }
}

async function ask(path: string, init: SignedInit): Promise<Answer> {
  try {
    const signal = AbortSignal.timeout(REPLY_MS_MAX);
    const response = await signedFetch(path, { ...init, redirect: 'error', cache: 'no-store', signal });
    const body = (await response.json()) as Partial<Session> & { code?: string | null; ends_ms?: number | null };
    if (!response.ok) return { code: body.code ?? 'server.failed' };
    const { account, device } = body;
    // Whatever answers in the server's place (a hotel's login page) does not know whose device this is.
    if (!account || !device) return { code: 'server.unreachable' };
    const { id, name, role, language } = account;
    const session = { account: { id, name, role, language }, device: { id: device.id, label: device.label } };
    return { session, waits: typeof body.code === 'string' };
  } catch {
    return { code: 'server.unreachable' };
  }
}
