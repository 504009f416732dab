//! The sheet of an event, asked of the server, which alone has every phone's marks. Shapes are those of the server's `sheet.rs`.
import type { DeviceId } from '../../generated/DeviceId';
import type { DocumentId } from '../../generated/DocumentId';
import type { RowId } from '../../generated/RowId';
import { type Answer, ask, posted } from '../../store/api';
import { signedFetch } from '../../store/signed';

export interface Presence {
  person: DocumentId;
  name: string;
  slot: RowId;
}

export type Anomaly =
  | { anomaly: 'in_a_row'; slot: RowId; device_name: string; signatures: number; seconds: number }
  | { anomaly: 'at_the_end'; slot: RowId; signatures: number; of: number }
  | { anomaly: 'before_it_began'; slot: RowId; signatures: number }
  | { anomaly: 'after_it_ended'; slot: RowId; signatures: number }
  | { anomaly: 'over_capacity'; slot: RowId; people: number; capacity: number }
  | { anomaly: 'holiday'; slot: RowId; name: string }
  | { anomaly: 'trainer_elsewhere'; slot: RowId; trainer: string; event: DocumentId; title: string };

export interface Outstanding {
  device: DeviceId;
  label: string;
  account_name: string;
  last_exchange_ms: number | null;
  unsent: number;
}

/** What sealing now would seal, and what is missing. */
export interface Plan {
  /** To be sent back with the word to do it. */
  plan: string;
  version: number;
  sealed: { version: number; code: string; sealed_ms: number; reason: string; by_name: string }[];
  is_sealed: boolean;
  late: number;
  people: number;
  presences: number;
  signed: number;
  unsigned: Presence[];
  trainers_unsigned: { trainer: RowId; name: string; slot: RowId }[];
  contradicted: Presence[];
  inks_missing: number;
  outstanding: Outstanding[];
  anomalies: Anomaly[];
}

/** What the world may know of a sealed sheet. */
export interface Check {
  code: string;
  genuine: boolean;
  house: string;
  title: string;
  days: string[];
  version: number;
  sealed_ms: number;
  replaced_by: number | null;
  people: number;
  presences: number;
  signatures: number;
  /** The hash of the PDF, in hexadecimal. */
  pdf: string;
  public_key: string;
}

export const planSheet = (event: DocumentId) => ask<Plan>(`/api/events/${event}/sheet`);
export const sealSheet = (event: DocumentId, plan: string, reason: string) =>
  ask<{ version: number; code: string }>(`/api/events/${event}/sheet`, { plan, reason });

/** A paper of an event as it is now. See `Wanted` on the server. */
export type PaperKind =
  | 'draft'
  | 'blank'
  | 'xlsx'
  | 'csv'
  | 'json'
  | 'contacts'
  | 'contacts_xlsx'
  | 'attestations'
  | 'convocations'
  | 'badges';

export const paperPath = (event: DocumentId, what: PaperKind) => `/api/events/${event}/papers?what=${what}`;
export const sealedPath = (code: string, form: 'pdf' | 'xlsx' | 'csv' | 'json' | 'manifest') => `/api/sheets/${code}?form=${form}`;

/** A paper of two hundred people takes seconds to be made, and more to come over a village's network. */
const PAPER_WAIT_MS = 90_000;

/**
 * Saves a paper as a file. `name` is that of the file, without a person's name: it ends up in lists of downloads. `asked` is what it is to
 * hold, where the path does not say.
 */
export async function savePaper(path: string, name: string, asked?: unknown): Promise<Answer<undefined>> {
  try {
    const response = await signedFetch(path, { ...(asked !== undefined && posted(asked)), cache: 'no-store', signal: AbortSignal.timeout(PAPER_WAIT_MS) });
    if (!response.ok) {
      const refusal = (await response.json().catch(() => ({}))) as { code?: string };
      return { ok: false, code: refusal.code ?? 'server.failed' };
    }
    const url = URL.createObjectURL(await response.blob());
    const link = document.createElement('a');
    link.href = url;
    link.download = name;
    link.click();
    URL.revokeObjectURL(url);
    return { ok: true, value: undefined };
  } catch {
    return { ok: false, code: 'server.unreachable' };
  }
}

/** A code as it is printed: `3F7K-9QXA-01BD`. */
export const printedCode = (code: string) => code.match(/.{1,4}/g)?.join('-') ?? code;

/** Of a file that somebody holds. In hexadecimal. */
export async function hashOfFile(file: Blob): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', await file.arrayBuffer()));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Asked without being signed: whoever holds a sheet need not be known here. */
export async function checkSheet(code: string): Promise<Answer<Check>> {
  try {
    const response = await fetch(`/api/check/${encodeURIComponent(code)}`, { cache: 'no-store', signal: AbortSignal.timeout(20_000) });
    const body = (await response.json()) as Check & { code: string };
    return response.ok ? { ok: true, value: body } : { ok: false, code: body.code };
  } catch {
    return { ok: false, code: 'server.unreachable' };
  }
}
