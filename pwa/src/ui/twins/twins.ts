//! Pairs that may be one, as the server finds them (`routes/duplicates.rs`), with what speaks for and against each.
import type { Against } from '../../generated/Against';
import type { Certainty } from '../../generated/Certainty';
import type { DocumentId } from '../../generated/DocumentId';
import type { Edit } from '../../generated/Edit';
import type { Reason } from '../../generated/Reason';
import { m } from '../../i18n';
import { type Answer, ask } from '../../store/api';

/** What is shown of one of a pair before its record is read here. */
export interface Card {
  document: DocumentId;
  name: string;
  name_ar: string;
  of: string;
  commune: string;
}

export type Of = 'person' | 'association';

export interface Duplicate {
  kind: Of;
  one: Card;
  other: Card;
  certainty: Certainty;
  reasons: Reason[];
}

export interface Pairs {
  items: Duplicate[];
  next: string | null;
  total: number;
}

export interface Why {
  kind: Of;
  one: Card;
  other: Card;
  certainty: Certainty | null;
  reasons: Reason[];
  against: Against[];
}

/** The first full run over a large directory takes seconds. */
const WAIT_MS = 120_000;

export function listPairs(kind: Of | '', certainty: Certainty, after: string | null): Promise<Answer<Pairs>> {
  const asked = new URLSearchParams({ certainty, limit: '50', ...(kind && { kind }), ...(after && { after }) });
  return ask(`/api/v1/duplicates?${asked}`, undefined, WAIT_MS);
}

export const explain = (one: DocumentId, other: DocumentId): Promise<Answer<Why>> =>
  ask(`/api/v1/duplicates/why?${new URLSearchParams({ one, other })}`, undefined, WAIT_MS);

export const nameOf = ({ name, name_ar }: Pick<Card, 'name' | 'name_ar'>): string => name || name_ar || m.question_unnamed();

export const pairKey = ({ one, other }: Pick<Duplicate, 'one' | 'other'>): string => `${one.document}/${other.document}`;

/** The edit that parts what was joined. */
export const partEdit = (document: DocumentId, of: Of): Edit => ({
  do: 'set_field',
  document,
  row: null,
  field: of === 'person' ? 'same_as' : 'same_association',
  value: null,
});
