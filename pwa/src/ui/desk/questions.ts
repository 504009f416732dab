import type { DocumentId } from '../../generated/DocumentId';
import type { Question } from '../../generated/Question';

/** The document that a Question is about. See `Question::document` in the engine. */
export function documentOf(question: Question): DocumentId {
  switch (question.ask) {
    case 'field_set_apart':
    case 'row_removed_and_changed':
      return question.document;
    case 'marks_contradict':
    case 'late_marks':
      return question.event;
    case 'possible_duplicate':
      return question.person;
    default:
      return question.dossier;
  }
}
