//! Other programs: their tokens, and whom the server tells of news. Shapes are those of the server's `routes/programs.rs` and
//! `storage/programs.rs`.
import type { AccountId } from '../../generated/AccountId';
import type { DeviceId } from '../../generated/DeviceId';
import { m } from '../../i18n';
import { ask } from '../../store/api';

/** What a token may be given: see `Grant` of the server. */
export const GRANTS = [
  'read:events',
  'read:dossiers',
  'read:directory',
  'read:figures',
  'read:questions',
  'read:documents',
  'write:edits',
] as const;
export type Grant = (typeof GRANTS)[number];

export const KINDS = ['event', 'dossier', 'person', 'association', 'call', 'question', 'sheet'] as const;
export type Kind = (typeof KINDS)[number];

export interface TokenRow {
  id: DeviceId;
  name: string;
  account: AccountId;
  account_name: string;
  scopes: Grant[];
  made_by: string;
  made_ms: number;
  expires_ms: number;
  revoked_ms: number | null;
  used_ms: number | null;
}

export interface Delivery {
  id: number;
  news: string;
  made_ms: number;
  attempts: number;
  next_ms: number | null;
  tried_ms: number | null;
  status: number | null;
  failure: string | null;
}

export interface WebhookRow {
  id: number;
  url: string;
  kinds: Kind[];
  made_by: string;
  made_ms: number;
  disabled_ms: number | null;
  failure: string | null;
  waiting: number;
  deliveries: Delivery[];
}

export const listTokens = () => ask<TokenRow[]>('/api/tokens');
export const makeToken = (token: { name: string; scopes: Grant[]; account?: AccountId; days: number }) =>
  ask<{ id: DeviceId; token: string; expires_ms: number }>('/api/tokens', token);
export const revokeToken = (id: DeviceId) => ask<undefined>(`/api/tokens/${id}/revoke`, {});
export const listWebhooks = () => ask<WebhookRow[]>('/api/webhooks');
export const addWebhook = (webhook: { url: string; kinds: Kind[] }) => ask<{ id: number; secret: string }>('/api/webhooks', webhook);
export const resumeWebhook = (id: number) => ask<undefined>(`/api/webhooks/${id}/resume`, {});
export const removeWebhook = (id: number) => ask<undefined>(`/api/webhooks/${id}/remove`, {});

export const grantText: Record<Grant, () => string> = {
  'read:events': m.open_grant_events,
  'read:dossiers': m.open_grant_dossiers,
  'read:directory': m.open_grant_directory,
  'read:figures': m.open_grant_figures,
  'read:questions': m.open_grant_questions,
  'read:documents': m.open_grant_documents,
  'write:edits': m.open_grant_edits,
};

export const kindText: Record<Kind, () => string> = {
  event: m.open_kind_event,
  dossier: m.open_kind_dossier,
  person: m.open_kind_person,
  association: m.open_kind_association,
  call: m.open_kind_call,
  question: m.open_kind_question,
  sheet: m.open_kind_sheet,
};

/** Why a message did not arrive: the words of the server's `programs/news.rs`. */
const FAILURES: Record<string, () => string> = {
  address: m.open_failure_address,
  private: m.open_failure_private,
  connect: m.open_failure_connect,
  tls: m.open_failure_tls,
  timeout: m.open_failure_timeout,
  answer: m.open_failure_answer,
  too_many: m.open_failure_too_many,
};

export const failureOf = (word: string) => (FAILURES[word] ?? m.open_failure_connect)();

const NEWS: Record<string, () => string> = {
  document_changed: m.open_news_changed,
  question_opened: m.open_kind_question,
  sheet_sealed: m.open_kind_sheet,
};

export const newsText = (word: string) => NEWS[word]?.() ?? word;
