//! A list of participants from a spreadsheet, read and taken by the server. Shapes are those of the server's `routes/lists.rs`.
import type { DocumentId } from '../../generated/DocumentId';
import type { Reason } from '../../generated/Reason';
import { type Answer, ask } from '../../store/api';

/** What was found in a row, by its stable code, and what that speaks of: a line, a person. */
export interface Said {
  code: string;
  about?: unknown;
  /** Why somebody may be known already. */
  because?: Reason[];
}

export interface ListRow {
  line: number;
  given: string;
  family: string;
  name_ar: string;
  association: string;
  phones: string[];
  emails: string[];
  person: DocumentId;
  was: 'new' | 'known' | 'incomplete';
  /** On the event's roster already. */
  expected: boolean;
  notes: Said[];
}

export interface ListPlan {
  rows: ListRow[];
  refused: (Said & { line: number })[];
  columns_left_out: string[];
  /** There are numbers that two countries have. */
  country_needed: boolean;
}

export type Country = 'FR' | 'MA';

export const FILE_BYTES_MAX = 2 * 1024 * 1024;

/** Two thousand rows over a village's network, and as many people made. */
const WAIT_MS = 170_000;

export const planList = (event: DocumentId, file: string, country: Country | null): Promise<Answer<ListPlan>> =>
  ask<ListPlan>(`/api/events/${event}/list/plan`, { file, country }, WAIT_MS);

export const takeList = (
  event: DocumentId,
  file: string,
  country: Country | null,
  left_out: number[],
  recognised: Record<number, DocumentId>,
): Promise<Answer<{ created: number; expected: number; refused: number }>> =>
  ask(`/api/events/${event}/list`, { file, country, left_out, recognised }, WAIT_MS);

/** The bytes of a file in base 64. */
export function inBase64(file: Blob): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result).replace(/^[^,]*,/, ''));
    reader.onerror = () => reject(reader.error ?? new Error('the file cannot be read'));
    reader.readAsDataURL(file);
  });
}

export const nameOf = ({ given, family, name_ar }: Pick<ListRow, 'given' | 'family' | 'name_ar'>): string =>
  [given, family].filter(Boolean).join(' ') || name_ar;
