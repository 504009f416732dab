//! What is wrong with a list from a spreadsheet, or with one of its rows, in words.
import * as m from '../paraglide/messages.js';
import { isolate, number } from './format';
import { registrationText } from './registrations';

const LISTS: Record<string, () => string> = {
  'file.too_large': m.list_file_too_large,
  'file.not_text': m.list_file_not_text,
  'file.workbook_unreadable': m.list_file_workbook_unreadable,
  'file.workbook_too_large': m.list_file_workbook_too_large,
  'file.rows_too_many': m.list_file_rows_too_many,
  'file.empty': m.list_file_empty,
  'file.header_missing': m.list_file_header_missing,
  'row.quote_open': m.list_row_quote_open,
  'row.text_too_long': m.list_row_text_too_long,
  'participant.name_missing': m.list_participant_name_missing,
  'participant.not_a_person': m.list_participant_not_a_person,
  'participant.repeated': m.list_participant_repeated,
  'sex.unclear': m.list_sex_unclear,
  'age.unclear': m.list_age_unclear,
  'rna.number_left': m.list_rna_number_left,
  'rna.siret_invalid': m.list_rna_siret_invalid,
  'rna.date_invalid': m.list_rna_date_invalid,
  'rna.title_missing': m.list_rna_title_missing,
  'association.repeated': m.list_association_repeated,
  'association.differs': m.list_association_differs,
  'association.ambiguous': m.list_association_ambiguous,
  'commune.ambiguous': m.list_commune_ambiguous,
  'commune.maybe': m.list_commune_maybe,
  'commune.unknown': m.list_commune_unknown,
  'association.maybe_known': m.list_association_maybe_known,
  'person.maybe_known': m.list_person_maybe_known,
};

/** Null where the code is none of these. `about` is the line of which a repeated row speaks. */
export function listText(code: string, about?: unknown): string | null {
  if (code === 'participant.repeated' && typeof about === 'number') return m.list_participant_repeated_of({ line: isolate(number(about)) });
  if (code === 'association.repeated' && typeof about === 'number') return m.list_association_repeated_of({ line: isolate(number(about)) });
  return LISTS[code]?.() ?? registrationText(code);
}
