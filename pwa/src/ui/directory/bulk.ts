//! One change for many records: an edit for each, so that it merges, is checked and stands in the history like any other.
import type { DocumentId } from '../../generated/DocumentId';
import type { Edit } from '../../generated/Edit';
import type { Field } from '../../generated/Field';
import { fieldLabel, m, wordLabel } from '../../i18n';
import { type AnyLine, idOf, isPerson, networksText, sectorsText } from './lists.svelte';

/** What can be changed of many at once. */
export type What = 'association' | 'commune' | 'sex' | 'age_band' | 'roster' | 'sector' | 'network' | 'seat';

/** What it becomes: as documents hold it, and in words. */
export interface Answer {
  value: string;
  words: string;
  /** The official code of a commune. */
  code?: string;
}

export interface Change {
  line: AnyLine;
  before: string;
  after: string;
  edits: Edit[];
  /** What takes it back. */
  undo: Edit[];
  /** The line as it is afterwards. */
  changed: AnyLine;
}

const set = (document: DocumentId, field: Field, value: string | null): Edit => ({
  do: 'set_field',
  document,
  row: null,
  field,
  value: value === '' ? null : value,
});

const joined = (words: readonly string[]): string => words.join(', ');

/** What would become of a line; null where nothing would. `there` are those whom the chosen roster has already. */
export function changeOf(line: AnyLine, what: What, answer: Answer, adds: boolean, there: ReadonlySet<DocumentId>): Change | null {
  const id = idOf(line);
  const plain = (field: Field, was: string, before: string, changed: Partial<AnyLine>): Change | null =>
    was === answer.value
      ? null
      : {
          line,
          before,
          after: answer.words,
          edits: [set(id, field, answer.value)],
          undo: [set(id, field, was)],
          changed: { ...line, ...changed } as AnyLine,
        };
  if (isPerson(line)) {
    switch (what) {
      case 'association':
        return plain('association', line.association ?? '', line.association_title, {
          association: answer.value || null,
          association_title: answer.words,
        });
      case 'sex':
      case 'age_band':
        return plain(what, line[what], line[what] && wordLabel(what, line[what]), { [what]: answer.value });
      case 'commune': {
        const change = plain('commune', line.commune, line.commune, { commune: answer.value, territory: null });
        // Which code it had is not in the line: taking it back clears it, rather than leaving that of another commune.
        return change && { ...change, edits: [...change.edits, set(id, 'commune_code', answer.code ?? '')], undo: [...change.undo, set(id, 'commune_code', null)] };
      }
      case 'roster':
        if (there.has(id)) return null;
        return {
          line,
          before: '',
          after: answer.words,
          edits: [{ do: 'add_to_roster', event: answer.value, person: id }],
          undo: [{ do: 'take_from_roster', event: answer.value, person: id }],
          changed: line,
        };
      default:
        return null;
    }
  }
  if (what === 'sector' || what === 'network') {
    const was = what === 'sector' ? line.sectors : line.networks;
    const now = adds ? [...new Set([...was, answer.value])] : was.filter((word) => word !== answer.value);
    if (now.length === was.length) return null;
    const field = what === 'sector' ? 'sectors' : 'networks';
    const text = what === 'sector' ? sectorsText : networksText;
    return {
      line,
      before: text(was),
      after: text(now),
      edits: [set(id, field, joined(now))],
      undo: [set(id, field, joined(was))],
      changed: { ...line, [field]: now },
    };
  }
  if (what === 'seat') {
    const change = plain('city', line.city, line.city, { city: answer.value, territory: null });
    return change && { ...change, edits: [...change.edits, set(id, 'commune_code', answer.code ?? '')], undo: [...change.undo, set(id, 'commune_code', null)] };
  }
  return null;
}

export const whatLabel = (what: What): string => {
  const labels: Record<What, () => string> = {
    association: () => fieldLabel('association'),
    commune: () => fieldLabel('commune'),
    sex: () => fieldLabel('sex'),
    age_band: () => fieldLabel('age_band'),
    roster: m.list_to_roster,
    sector: () => fieldLabel('sector'),
    network: m.list_network,
    seat: () => fieldLabel('city'),
  };
  return labels[what]();
};
