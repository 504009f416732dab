//! What the page of a link asks of the server, which alone it speaks with. Shapes are those of the server's `registration.rs`.

export interface EventPage {
  title: string;
  slots: { day: string; starts: string; ends: string }[];
  place: string;
  closes_ms: number;
  /** Empty where the house has not said. */
  house: string;
  contact: string;
  person_months: number;
  sheet_months: number;
}

export interface Submission {
  given: string;
  family: string;
  association: string;
  phone: string;
  country: string | null;
  email: string;
  website: string;
}

/** A village's network is slow; longer than this it is not there. */
const WAIT_MS = 20_000;

/** Null, or the stable code of why not. */
export type Refused = string | null;

async function ask(token: string, init: RequestInit): Promise<Response> {
  const path = `/api/register/${encodeURIComponent(token)}`;
  const headers = { 'x-tiwizi': '1', 'content-type': 'application/json' };
  return fetch(path, { ...init, headers, credentials: 'omit', cache: 'no-store', signal: AbortSignal.timeout(WAIT_MS) });
}

async function codeOf(response: Response): Promise<string> {
  const refusal = (await response.json().catch(() => ({}))) as { code?: string };
  return refusal.code ?? 'server.failed';
}

export async function readPage(token: string): Promise<{ page: EventPage } | { code: string }> {
  try {
    const response = await ask(token, {});
    return response.ok ? { page: (await response.json()) as EventPage } : { code: await codeOf(response) };
  } catch {
    return { code: 'server.unreachable' };
  }
}

export async function submit(token: string, one: Submission): Promise<Refused> {
  try {
    const response = await ask(token, { method: 'POST', body: JSON.stringify(one) });
    return response.ok ? null : await codeOf(response);
  } catch {
    return 'server.unreachable';
  }
}
