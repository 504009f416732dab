//! What lists brought at the desk have left: files that could not be read, rows that were not taken. Shapes are those of the server's
//! `routes/imports.rs`.
import type { AccountId } from '../../../generated/AccountId';
import type { DocumentId } from '../../../generated/DocumentId';
import { ask } from '../../../store/api';
import type { Said } from '../../twins/imports';
import type { Of } from '../../twins/twins';

export interface Left {
  id: DocumentId;
  at_ms: number;
  by: string;
  name: string;
  kind: Of;
  /** Why the file could not be read; null where it was, and rows were not taken. */
  code: string | null;
  refused: number;
  lines: (Said & { line: number })[];
  settled: { at_ms: number; by: string; reason: string } | null;
  assigned: AccountId | null;
}

export const listLeft = () => ask<{ left: Left[] }>('/api/imports/left');

/** Settles one, or asks about it again. */
export const settleList = (id: DocumentId, settled: boolean, reason: string) => ask<null>(`/api/imports/left/${id}`, { settled, reason });

export const assignList = (id: DocumentId, account: AccountId | null) => ask<null>(`/api/imports/left/${id}/assign`, { account });
