//! Questions of documents, as what stands in the inbox.
import type { AskedQuestion } from '../../generated/AskedQuestion';
import type { DocumentId } from '../../generated/DocumentId';
import type { Edit } from '../../generated/Edit';
import type { RowId } from '../../generated/RowId';
import { dayInWords, m } from '../../i18n';
import { newRowId, store } from '../../store';
import { whoAndWhen } from '../desk/words';
import { sayFailure } from '../failure';
import { type Choice, choicesOf, type Desk, titleOf } from './choices';
import type { Word } from './deciding.svelte';
import type { Group } from './groups';
import type { Answer, Item } from './item';

async function keep(edit: Edit): Promise<boolean> {
  const saved = await store.commit(edit);
  if (!saved.saved) void sayFailure(saved.code);
  return saved.saved;
}

/** Settles a Question, and writes down how. */
export const settling =
  ({ document, asked }: AskedQuestion, answer: Edit | null): Word =>
  async (reason) => {
    const decision = newRowId();
    return (await keep({ do: 'settle', document, asked, decision, answer: withReason(answer, reason), reason })) ? reopening(document, decision) : null;
  };

/** Takes a decision back. What takes that back is to decide anew. */
export const reopening =
  (document: DocumentId, of: RowId): Word =>
  async (reason) =>
    (await keep({ do: 'reopen', document, of, decision: newRowId(), reason })) ? () => Promise.resolve(null) : null;

/** M1: marks of another status are withdrawn with the reason; none is lost. */
function withReason(answer: Edit | null, reason: string): Edit | null {
  return answer?.do === 'settle_marks' && reason ? { ...answer, reason } : answer;
}

/** `noted` says who gave an answer, and when. */
export function answersOf(asked: AskedQuestion, desk: Desk, noted: (choice: Choice) => string[]): Answer[] {
  return choicesOf(asked, desk).map((choice) => answerOf(asked, choice, noted(choice)));
}

const answerOf = (asked: AskedQuestion, { label, quoted, shown, answer, said }: Choice, notes: string[]): Answer => ({
  label,
  notes,
  at_ms: Math.max(0, ...said.map(({ at_ms }) => at_ms)),
  word: settling(asked, answer),
  ...(quoted !== undefined && { quoted }),
  ...(shown !== undefined && { shown }),
});

export function questionItem(asked: AskedQuestion, desk: Desk): Item {
  const noted = ({ said }: Choice) => said.slice(0, 1).map((one) => whoAndWhen(one, desk.authors));
  return {
    id: asked.id,
    group: groupOf(asked),
    level: asked.level,
    kind: asked.kind,
    document: asked.document,
    name: desk.names[asked.document] || m.record_untitled(),
    at_ms: asked.at_ms,
    assigned: asked.assigned,
    again: asked.decisions.length > 0 && asked.level === 'decide',
    title: () => titleOf(asked, desk),
    details: () => [
      ...(asked.question.ask === 'possible_duplicate' ? [desk.names[asked.question.other] || m.question_unnamed()] : []),
      ...(asked.day ? [dayInWords(asked.day)] : []),
    ],
    answers: () => answersOf(asked, desk, noted),
    assign: async (account) => void (await keep({ do: 'assign_question', document: asked.document, asked: asked.asked, account })),
    asked,
  };
}

function groupOf({ question }: AskedQuestion): Group {
  switch (question.ask) {
    case 'field_set_apart':
      return question.field === 'stage' ? 'stages' : 'fields';
    case 'counted_apart':
      return 'fields';
    case 'marks_contradict':
      return 'marks';
    case 'read_again':
    case 'section_begun_apart':
      return 'texts';
    case 'line_removed_and_changed':
    case 'row_removed_and_changed':
      return 'rows';
    case 'late_marks':
      return 'late';
    case 'sheet_odd':
      return 'sheets';
    case 'possible_duplicate':
      return 'same';
  }
}
