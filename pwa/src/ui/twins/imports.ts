//! Lists of people and associations brought at the desk, read and taken by the server. Shapes are those of the server's `routes/imports.rs`.
import type { DocumentId } from '../../generated/DocumentId';
import type { Reason } from '../../generated/Reason';
import { fieldLabel, m } from '../../i18n';
import { listText } from '../../i18n/lists';
import { type Answer, ask } from '../../store/api';
import { reasonText } from './reasons';
import type { Of } from './twins';

export interface Said {
  code: string;
  about?: unknown;
  /** Why somebody may be known already. */
  because?: Reason[];
}

export interface Column {
  title: string;
  samples: string[];
  /** A key; empty where it is not read. */
  says: string;
}

export interface ImportRow {
  line: number;
  title: string;
  detail: string;
  document: DocumentId;
  was: 'new' | 'known' | 'incomplete';
  notes: Said[];
}

export interface ImportPlan {
  columns: Column[];
  keys: string[];
  remembered: boolean;
  figures: { created: number; completed: number; known: number; refused: number; maybe_known: number; associations_created: number };
  rows: ImportRow[];
  refused: (Said & { line: number })[];
  country_needed: boolean;
}

export interface Import {
  id: DocumentId;
  at_ms: number;
  by: string;
  name: string;
  kind: Of;
  created: number;
  completed: number;
  known: number;
  refused: number;
  undone_ms: number | null;
}

export interface UndoPlan {
  people: number;
  associations: number;
  staying: number;
  stays: { document: DocumentId; title: string; why: 'known' | 'changed' | 'named' | 'waiting' }[];
}

export interface Sent {
  file: string;
  name: string;
  kind: Of;
  columns: string[] | null;
  country: 'FR' | 'MA' | null;
  left_out: number[];
}

export const IMPORT_BYTES_MAX = 4 * 1024 * 1024;
const WAIT_MS = 175_000;

export const planImport = (sent: Sent): Promise<Answer<ImportPlan>> => ask('/api/imports/plan', sent, WAIT_MS);
export const takeImport = (sent: Sent): Promise<Answer<{ import: DocumentId; created: number; completed: number }>> =>
  ask('/api/imports', sent, WAIT_MS);
export const listImports = (): Promise<Answer<{ imports: Import[] }>> => ask('/api/imports');
export const planUndo = (id: DocumentId): Promise<Answer<UndoPlan>> => ask(`/api/imports/${id}/undo`, undefined, WAIT_MS);
export const undoImport = (id: DocumentId): Promise<Answer<{ documents: number; staying: number }>> =>
  ask(`/api/imports/${id}/undo`, null, WAIT_MS);

/** What a column may say, where it is not simply a field of the record. */
const KEYS: Record<string, () => string> = {
  family_given: m.twins_column_family_given,
  given_family: m.twins_column_given_family,
  phone: m.twins_column_phone,
  email: m.twins_column_email,
  role: m.twins_column_role,
  province: m.twins_column_province,
  region: m.twins_column_region,
  female: m.twins_column_female,
  male: m.twins_column_male,
  age: m.twins_column_age,
  born: m.twins_column_born,
  remarks: m.twins_column_remarks,
};

export const keyText = (key: string): string => KEYS[key]?.() ?? fieldLabel(key as Parameters<typeof fieldLabel>[0]);

/** 'Probablement déjà connue : … parce que …' */
export function noteText(said: Said, nameOf: (document: string) => string): string {
  if (said.code === 'person.maybe_known' || said.code === 'association.maybe_known') {
    const because = (said.because ?? []).map(reasonText).join(', ');
    return m.twins_maybe_known({ name: nameOf(String(said.about)), because });
  }
  return listText(said.code, said.about) ?? said.code;
}
