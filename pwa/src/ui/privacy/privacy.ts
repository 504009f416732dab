//! What people may ask for, and what has had its time: asked of the server, which alone has all of it. Shapes are those of the
//! server's `erasure.rs`.
import type { DocumentId } from '../../generated/DocumentId';
import { type Answer, ask } from '../../store/api';
import { signedFetch } from '../../store/signed';

export interface Named {
  document: DocumentId;
  title: string;
}

/** An event that names somebody. Days are `2026-11-23`, empty where no half-day says. */
export interface Sheet {
  event: DocumentId;
  title: string;
  last_day: string;
  marked: number;
}

/** What will happen if somebody is erased. */
export interface PersonPlan {
  /** To be sent back with the word to do it. */
  plan: string;
  people: Named[];
  kept: (Sheet & { keep_until: string })[];
  others: Sheet[];
  documents: number;
  changes: number;
  phones: number;
  emails: number;
  waiting: number;
}

export interface RewritePlan {
  plan: string;
  title: string;
  changes: number;
  questions: number;
  waiting: number;
}

export interface Due {
  document: DocumentId;
  title: string;
  since: string;
}

export interface DueList {
  count: number;
  /** The oldest of them. */
  rows: Due[];
}

export interface RetentionPlan {
  plan: string;
  people: DueList;
  dossiers: DueList;
  events: DueList;
  person_months: number;
  sheet_months: number;
  dossier_months: number;
}

/** How far a run has come; `plan` names what is left of what was confirmed. */
export interface Run {
  erased: number;
  left: number;
  plan: string;
}

export const planErasure = (person: DocumentId) => ask<PersonPlan>(`/api/people/${person}/erasure`);
export const erase = (person: DocumentId, plan: string) => ask<undefined>(`/api/people/${person}/erasure`, { plan });
export const planRewriting = (document: DocumentId) => ask<RewritePlan>(`/api/documents/${document}/rewriting`);
export const rewrite = (document: DocumentId, plan: string) => ask<undefined>(`/api/documents/${document}/rewriting`, { plan });
export const planRetention = () => ask<RetentionPlan>('/api/retention');
export const runRetention = (plan: string) => ask<Run>('/api/retention', { plan });

/** Gathering everything about somebody reads many documents. */
const ANSWER_WAIT_MS = 60_000;

/** Everything about somebody, as a file that the browser saves. Nothing of it stays in the app. */
export async function saveAnswer(person: DocumentId, form: 'html' | 'json', name: string): Promise<Answer<undefined>> {
  try {
    const response = await signedFetch(`/api/people/${person}/answer`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ form }),
      cache: 'no-store',
      signal: AbortSignal.timeout(ANSWER_WAIT_MS),
    });
    if (!response.ok) {
      const refusal = (await response.json().catch(() => ({}))) as { code?: string };
      return { ok: false, code: refusal.code ?? 'server.failed' };
    }
    const url = URL.createObjectURL(await response.blob());
    const link = document.createElement('a');
    link.href = url;
    // No name of a person in a file's name: it ends up in lists of downloads.
    link.download = `${name}.${form}`;
    link.click();
    URL.revokeObjectURL(url);
    return { ok: true, value: undefined };
  } catch {
    return { ok: false, code: 'server.unreachable' };
  }
}
