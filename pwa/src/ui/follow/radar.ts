//! Diagnoses of an association: seven axes from 0 to 4 (`domain.md` section 3: our own proposal), as a shape.
import type { Field } from '../../generated/Field';
import type { RowView } from '../../generated/RowView';

/** In the order in which they stand around. */
export const AXES = [
  'governance',
  'membership',
  'finance',
  'project_skill',
  'partnerships',
  'communication',
  'network_life',
] as const satisfies readonly Field[];

export const MARK_MAX = 4;

export interface Diagnosis {
  row: string;
  day: string;
  /** One for each axis; null where nobody said. */
  marks: (number | null)[];
}

export function diagnosisOf({ row, fields }: RowView): Diagnosis {
  const value = (field: Field) => fields.find((shown) => shown.field === field)?.value;
  return {
    row,
    day: String(value('day') ?? ''),
    marks: AXES.map((axis) => {
      const mark = value(axis);
      return typeof mark === 'number' ? mark : null;
    }),
  };
}

/** A point on an axis, around the middle: the first axis points up, the others follow the clock. */
export function pointAt(axis: number, share: number, radius: number): [x: number, y: number] {
  const angle = (axis / AXES.length) * 2 * Math.PI - Math.PI / 2;
  return [Math.cos(angle) * radius * share, Math.sin(angle) * radius * share];
}

/** The marks as a shape; what nobody said counts as none, and is drawn by no dot. */
export const shapeOf = (marks: readonly (number | null)[], radius: number): string =>
  marks.map((mark, axis) => pointAt(axis, (mark ?? 0) / MARK_MAX, radius).map((n) => n.toFixed(1)).join(',')).join(' ');
