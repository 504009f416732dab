//! Deciding about Questions, one or many at once, and taking that back.
import type { AskedQuestion } from '../../generated/AskedQuestion';
import type { DocumentId } from '../../generated/DocumentId';
import type { Edit } from '../../generated/Edit';
import type { RowId } from '../../generated/RowId';
import { m } from '../../i18n';
import { newRowId, store } from '../../store';
import { say } from '../components';
import { sayFailure } from '../failure';

interface Done {
  document: DocumentId;
  decision: RowId;
}

/** What one decides about a Question. */
export interface Word {
  asked: AskedQuestion;
  answer: Edit | null;
}

class Deciding {
  /** What this page has decided, in steps that are taken back as one. */
  #steps: Done[][] = $state([]);

  /** How many decisions the last step was; 0 where nothing can be taken back. */
  get last(): number {
    return this.#steps.at(-1)?.length ?? 0;
  }

  /** Whether all of it is on this device's disk. */
  async decide(words: readonly Word[], reason: string): Promise<boolean> {
    const done: Done[] = [];
    for (const { asked, answer } of words) {
      const { document, asked: place } = asked;
      const decision = newRowId();
      const saved = await store.commit({ do: 'settle', document, asked: place, decision, answer, reason: reason.trim() });
      if (!saved.saved) {
        void sayFailure(saved.code);
        break;
      }
      done.push({ document, decision });
    }
    if (done.length > 0) {
      this.#steps.push(done);
      say(done.length === 1 ? m.question_settled() : m.inbox_decided({ count: done.length }));
    }
    return done.length === words.length;
  }

  /** Takes the last step back. */
  async undo(): Promise<void> {
    const step = this.#steps.pop();
    if (step) await this.reopen(step);
  }

  /** Takes decisions back: what they were about is asked again. */
  async reopen(decisions: readonly Done[], reason = ''): Promise<void> {
    for (const { document, decision: of } of decisions) {
      const saved = await store.commit({ do: 'reopen', document, of, decision: newRowId(), reason });
      if (!saved.saved) return void sayFailure(saved.code);
    }
    say(m.inbox_reopened({ count: decisions.length }));
  }

  async assign({ document, asked }: AskedQuestion, account: string | null): Promise<void> {
    const saved = await store.commit({ do: 'assign_question', document, asked, account });
    if (!saved.saved) void sayFailure(saved.code);
  }
}

export const deciding = new Deciding();
