//! Deciding about what stands in the inbox, one or many at once, and taking that back.
import { m } from '../../i18n';
import { say } from '../components';

/** Does what was decided, with a reason, and gives what takes it back; null where it was not done, which it has then said itself. */
export type Word = (reason: string) => Promise<Word | null>;

/** What is taken back as one. */
interface Step {
  count: number;
  /** What takes back as much of it as is kept, once that is known. */
  done: Promise<Word[]>;
}

class Deciding {
  /** What this page has decided. */
  #steps: Step[] = $state.raw([]);

  /** How many decisions the last step was; 0 where nothing can be taken back. */
  get last(): number {
    return this.#steps.at(-1)?.count ?? 0;
  }

  /** Whether all of it is kept: on this device's disk, or by the server where only it can decide. */
  async decide(words: readonly Word[], reason: string, said: string = m.question_settled()): Promise<boolean> {
    // It shows before it is kept: whoever takes it back at once means this step, and none before it.
    const step = { count: words.length, done: all(words, reason.trim()) };
    this.#steps = [...this.#steps, step];
    const { length } = await step.done;
    if (length < words.length) {
      this.#steps = this.#steps.flatMap((one) => (one !== step ? [one] : length > 0 ? [{ ...step, count: length }] : []));
    }
    if (length > 0) say(length === 1 ? said : m.inbox_decided({ count: length }));
    return length === words.length;
  }

  /** Takes the last step back. */
  async undo(): Promise<void> {
    const step = this.#steps.at(-1);
    this.#steps = this.#steps.slice(0, -1);
    if (step) await this.takeBack(await step.done);
  }

  /** Takes decisions back: what they were about is asked again. */
  async takeBack(words: readonly Word[]): Promise<void> {
    const { length } = await all(words, '');
    if (length > 0) say(m.inbox_reopened({ count: length }));
  }
}

/** One after the other, up to the first that is not done. */
async function all(words: readonly Word[], reason: string): Promise<Word[]> {
  const backs: Word[] = [];
  for (const word of words) {
    const back = await word(reason);
    if (!back) break;
    backs.push(back);
  }
  return backs;
}

export const deciding = new Deciding();
