//! The journal, asked of the server, and its lines as sentences. Shapes are those of the server's `routes/journal.rs`.
import type { AccountId } from '../../generated/AccountId';
import type { Role } from '../../generated/Role';
import { isolate, m, roleLabel } from '../../i18n';
import { ask } from '../../store/api';
import { whyText } from '../inbox/aside/changes';

export interface Line {
  number: number;
  /** By the server's clock. Milliseconds since 1970. */
  at_ms: number;
  account: AccountId | null;
  /** Null on the server's own console, and what the server does by itself. */
  name: string | null;
  action: string;
  subject: string;
  detail: Record<string, unknown> | null;
}

export interface JournalPage {
  lines: Line[];
  /** What the ids in them are called today. */
  names: Record<string, string>;
  more: boolean;
}

export interface Filter {
  action: string;
  account: string;
  subject: string;
}

/** A page, the newest line first; `before` is the number of the last line of the page before it. */
export function readJournal(filter: Filter, before: number | null) {
  const asked = new URLSearchParams();
  for (const [key, value] of Object.entries(filter)) if (value) asked.set(key, value);
  if (before !== null) asked.set('before', String(before));
  return ask<JournalPage>(`/api/journal?${asked}`);
}

export const listNames = () => ask<{ id: AccountId; name: string }[]>('/api/accounts');

/** What the names of a page and the particulars of a line say. */
interface Told {
  /** What it was about, by today's name. */
  what: string;
  /** The same of a document among the particulars. */
  document: string;
  detail: Record<string, unknown>;
}

const role = ({ detail }: Told) => (typeof detail.role === 'string' ? roleLabel(detail.role as Role) : '');
const count = ({ detail }: Told, key: string) => (typeof detail[key] === 'number' ? detail[key] : 0);

/** As in the server's `storage/journal.rs`, in its order. */
const ACTIONS: Record<string, { label: () => string; said: (told: Told) => string }> = {
  invite_made: { label: m.journal_invite_made, said: (told) => m.journal_said_invite_made({ role: isolate(role(told)) }) },
  invite_withdrawn: { label: m.journal_invite_withdrawn, said: m.journal_said_invite_withdrawn },
  device_enrolled: { label: m.journal_device_enrolled, said: m.journal_said_device_enrolled },
  device_confirmed: { label: m.journal_device_confirmed, said: m.journal_said_device_confirmed },
  device_revoked: { label: m.journal_device_revoked, said: m.journal_said_device_revoked },
  device_rescued: {
    label: m.journal_device_rescued,
    said: (told) => m.journal_said_device_rescued({ what: told.what, count: count(told, 'changes') }),
  },
  account_closed: { label: m.journal_account_closed, said: m.journal_said_account_closed },
  account_opened: { label: m.journal_account_opened, said: m.journal_said_account_opened },
  account_changed: { label: m.journal_account_changed, said: m.journal_said_account_changed },
  given: { label: m.journal_given, said: ({ what, document }) => m.journal_said_given({ what, document }) },
  taken_back: {
    label: m.journal_taken_back,
    said: ({ what, document, detail }) =>
      detail.over ? m.journal_said_over({ what, document }) : m.journal_said_taken_back({ what, document }),
  },
  quarantine_accepted: { label: m.journal_quarantine_accepted, said: m.journal_said_quarantine_accepted },
  quarantine_refused: { label: m.journal_quarantine_refused, said: m.journal_said_quarantine_refused },
  quarantine_reopened: { label: m.journal_quarantine_reopened, said: m.journal_said_quarantine_reopened },
  contact_read: { label: m.journal_contact_read, said: m.journal_said_contact_read },
  setting_changed: { label: m.journal_setting_changed, said: m.journal_said_setting_changed },
  passkey_added: { label: m.journal_passkey_added, said: m.journal_said_passkey_added },
  passkey_removed: { label: m.journal_passkey_removed, said: m.journal_said_passkey_removed },
  second_factor_failed: { label: m.journal_second_factor_failed, said: m.journal_said_second_factor_failed },
  person_erased: { label: m.journal_person_erased, said: m.journal_said_person_erased },
  document_rewritten: { label: m.journal_document_rewritten, said: m.journal_said_document_rewritten },
  person_answered: { label: m.journal_person_answered, said: m.journal_said_person_answered },
  retention_run: { label: m.journal_retention_run, said: m.journal_said_retention_run },
  exported: {
    label: m.journal_exported,
    said: (told) => {
      if (told.detail.everything) return m.journal_said_exported_everything();
      if (told.detail.list) return m.list_journal_exported({ list: listName(told.detail.list), count: count(told, 'lines') });
      return told.what ? m.journal_said_exported_one({ what: told.what }) : m.journal_said_exported();
    },
  },
  imported: {
    label: m.journal_imported,
    said: (told) =>
      told.detail.export ? m.journal_said_imported_everything() : m.journal_said_imported({ count: count(told, 'rows') }),
  },
  import_undone: { label: m.journal_import_undone, said: m.journal_said_import_undone },
  recovery_invite: { label: m.journal_recovery_invite, said: m.journal_said_recovery_invite },
  sheet_sealed: {
    label: m.journal_sheet_sealed,
    said: (told) => m.journal_said_sheet_sealed({ version: count(told, 'version'), code: String(told.detail.code ?? '') }),
  },
  logo_changed: {
    label: m.journal_logo_changed,
    said: ({ detail }) => {
      if (detail.removed) return m.journal_said_logo_removed();
      return detail.name ? m.journal_said_logo_put({ name: isolate(String(detail.name)) }) : m.journal_said_logo_house();
    },
  },
  token_made: { label: m.journal_token_made, said: m.journal_said_token_made },
  token_revoked: { label: m.journal_token_revoked, said: m.journal_said_token_revoked },
  webhook_added: { label: m.journal_webhook_added, said: m.journal_said_webhook_added },
  webhook_removed: { label: m.journal_webhook_removed, said: m.journal_said_webhook_removed },
  webhook_given_up: { label: m.journal_webhook_given_up, said: m.journal_said_webhook_given_up },
  webhook_resumed: { label: m.journal_webhook_resumed, said: m.journal_said_webhook_resumed },
  program_edited: {
    label: m.journal_program_edited,
    said: (told) => m.journal_said_program_edited({ count: count(told, 'edits') }),
  },
  rebuilt: { label: m.journal_rebuilt, said: (told) => m.journal_said_rebuilt({ count: count(told, 'documents') }) },
};

/** A list that was taken out as a file. */
function listName(list: unknown): string {
  const names: Record<string, () => string> = {
    people: m.list_people,
    associations: m.nav_associations,
    events: m.nav_events,
    dossiers: m.nav_dossiers,
  };
  return names[String(list)]?.() ?? String(list);
}

export const actionChoices = () => Object.entries(ACTIONS).map(([value, { label }]) => ({ value, label: label() }));

/** What a line tells, without who and when. An action of a newer server is shown by its word. */
export function lineText({ action, subject, detail }: Line, names: Record<string, string>): string {
  const name = (id: unknown) => (typeof id === 'string' && id ? isolate(names[id] ?? m.journal_no_name()) : '');
  const particulars = detail ?? {};
  const told = { what: name(subject), document: name(particulars.document), detail: particulars };
  return ACTIONS[action]?.said(told) ?? action;
}

/** Why something had waited, where the line says so. */
export const reasonOf = ({ detail }: Line): string => (typeof detail?.code === 'string' ? whyText(detail.code) : '');

/** Whether one can ask for all that was done to the same. Numbers of invites and names of lists are nobody. */
export const hasSubject = ({ subject }: Line): boolean => subject.length === 36;
