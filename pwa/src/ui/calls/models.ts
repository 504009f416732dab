//! The calls that come with the app: what the ordinary ones of PRA/OSIM ask for, as far as it is known. The server reads the same file.
import type { DocumentId } from '../../generated/DocumentId';
import type { Edit } from '../../generated/Edit';
import type { Field } from '../../generated/Field';
import type { Table } from '../../generated/Table';
import type { Value } from '../../generated/Value';
import { newRowId } from '../../store';
import calls from '../../../../reference/calls.json';

export interface Model {
  key: string;
  fields: Partial<Record<Field, Value>>;
  to_confirm: Field[];
  rows: Partial<Record<Table, Partial<Record<Field, Value>>[]>>;
}

export const MODELS = calls as unknown as readonly Model[];

/** The edits that begin a call as such a one. It is not published: what is uncertain is confirmed first. */
export function editsOf(model: Model, call: DocumentId): Edit[] {
  const rows = Object.entries(model.rows).flatMap(([table, rows]) =>
    rows.map((fields, n): Edit => {
      // Before whatever is added later, in the order of the file.
      const order = (n + 1).toString(16).padStart(12, '0');
      return { do: 'add_row', document: call, table: table as Table, row: newRowId(), fields: { ...fields, order } };
    }),
  );
  return [
    { do: 'create_call', call, fields: model.fields, sections: [] },
    ...rows,
    ...model.to_confirm.map((field): Edit => ({ do: 'confirm_rule', call, field, confirmed: false })),
  ];
}
