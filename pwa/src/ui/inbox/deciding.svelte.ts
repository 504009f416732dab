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

/** What is taken back as one. */
interface Step {
  count: number;
  /** What of it is on disk, once it is there or will not be. */
  done: Promise<Done[]>;
}

/** What one decides about a Question. */
export interface Word {
  asked: AskedQuestion;
  answer: Edit | null;
}

class Deciding {
  /** What this page has decided. */
  #steps: Step[] = $state.raw([]);

  /** How many decisions the last step was; 0 where nothing can be taken back. */
  get last(): number {
    return this.#steps.at(-1)?.count ?? 0;
  }

  /** Whether all of it is on this device's disk. */
  async decide(words: readonly Word[], reason: string): Promise<boolean> {
    // It shows before the disk has it: whoever takes it back at once means this step, and none before it.
    const step = { count: words.length, done: this.#settle(words, reason.trim()) };
    this.#steps = [...this.#steps, step];
    const { length } = await step.done;
    if (length < words.length) {
      this.#steps = this.#steps.flatMap((one) => (one !== step ? [one] : length > 0 ? [{ ...step, count: length }] : []));
    }
    if (length > 0) say(length === 1 ? m.question_settled() : m.inbox_decided({ count: length }));
    return length === words.length;
  }

  async #settle(words: readonly Word[], reason: string): Promise<Done[]> {
    const done: Done[] = [];
    for (const { asked, answer } of words) {
      const { document, asked: place } = asked;
      const decision = newRowId();
      const saved = await store.commit({ do: 'settle', document, asked: place, decision, answer, reason });
      if (!saved.saved) {
        void sayFailure(saved.code);
        break;
      }
      done.push({ document, decision });
    }
    return done;
  }

  /** Takes the last step back. */
  async undo(): Promise<void> {
    const step = this.#steps.at(-1);
    this.#steps = this.#steps.slice(0, -1);
    if (step) await this.reopen(await step.done);
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
