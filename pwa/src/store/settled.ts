/** Which Questions an edit settles. */
import type { Edit } from '../generated/Edit';

/** The names of the Questions that an edit settles. See `Question::id` in the engine. */
export function settledBy(edit: Edit): string[] {
  switch (edit.do) {
    case 'set_field':
      return [['field', edit.document, ...(edit.row === null ? [] : [edit.row]), edit.field].join('/')];
    case 'settle':
      return [edit.asked.replace(/\/|$/, `/${edit.document}$&`)];
    case 'settle_marks':
    case 'undo':
      return [`marks/${edit.event}/${edit.slot}/${edit.person}`];
    case 'read_again':
      return [`read/${edit.dossier}/${edit.section}/${edit.anchor}`];
    case 'settle_section':
      return [`begun/${edit.dossier}/${edit.section}`];
    case 'set_headcount':
      return [`count/${edit.event}/${edit.slot}/${edit.sex}/${edit.age_band}`];
    case 'set_line_state':
      return [`line/${edit.dossier}/${edit.line}`];
    case 'keep_row':
      return [`row/${edit.document}/${edit.row}`];
    case 'link_same':
      return [`same/${edit.person}/${edit.same_as}`, `same/${edit.same_as}/${edit.person}`];
    case 'not_same':
      return [`same/${edit.person}/${edit.other}`, `same/${edit.other}/${edit.person}`];
    default:
      return [];
  }
}
