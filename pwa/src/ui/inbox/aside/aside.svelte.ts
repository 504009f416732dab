//! What no document holds, so that the server is asked: changes that were not allowed, lists that were not taken. Each stands in the inbox
//! like a Question.
import { SvelteSet } from 'svelte/reactivity';
import { isolate, kindLabel, m } from '../../../i18n';
import { deskText, exchangeText } from '../../../i18n/exchange';
import { store } from '../../../store';
import { may } from '../../../store/may';
import { say } from '../../components';
import type { Word } from '../deciding.svelte';
import type { Answer, Item, Settled } from '../item';
import { assignChanges, type Group, groupsOf, judge, listWaiting, reopenChanges, type Row, whyText } from './changes';
import { assignList, type Left, listLeft, settleList } from './lists';

/** Whoever is elsewhere in the app sees a new one within this time. */
const PATIENCE_MS = 60_000;

const NOTHING: Word = () => Promise.resolve(null);

class Aside {
  #rows: Row[] = $state.raw([]);
  #lists: Left[] = $state.raw([]);
  #waiting = $state(0);
  #lookedMs = 0;
  /** What is on its way to the server is gone from the list already: no key settles it twice. */
  readonly #leaving = new SvelteSet<string>();
  /** Why the server could not be asked, in words. */
  failure: string | null = $state(null);

  readonly #changes = $derived(groupsOf(this.#rows.filter(({ judgement }) => !judgement)));
  readonly items: readonly Item[] = $derived([
    ...this.#changes.filter(({ key }) => !this.#leaving.has(key)).map((group) => this.#changeItem(group)),
    ...this.#lists.filter(({ id, settled }) => !settled && !this.#leaving.has(id)).map((list) => this.#listItem(list)),
  ]);
  readonly settled: readonly Settled[] = $derived([
    ...groupsOf(this.#rows.filter(({ judgement }) => judgement)).map((group) => this.#judged(group)),
    ...this.#lists.flatMap((list) => (list.settled ? [this.#settledList(list, list.settled)] : [])),
  ]);
  /** Changes that wait beyond those that the server lists. */
  readonly beyond = $derived(Math.max(0, this.#waiting - this.#rows.filter(({ judgement }) => !judgement).length));

  /** Those of one document, judged ones too. */
  of(document: string): Group[] {
    return groupsOf(this.#rows.filter((row) => row.document === document));
  }

  /** Takes back what was judged of them. */
  reopening = (group: Group): Word => this.#reopening(numbersOf(group));

  /** After an exchange, which may have brought another one. */
  async look(patienceMs = 0): Promise<void> {
    if (Date.now() - this.#lookedMs < patienceMs) return;
    this.#lookedMs = Date.now();
    const role = store.session?.account.role;
    const [changes, lists] = await Promise.all([
      may(role, 'judge_quarantine') ? listWaiting() : null,
      may(role, 'join_people') ? listLeft() : null,
    ]);
    const failed = [changes, lists].find((answer) => answer?.ok === false);
    this.failure = failed?.ok === false ? failedText(failed.code) : null;
    if (changes?.ok) {
      this.#rows = changes.value.rows;
      this.#waiting = changes.value.waiting;
    }
    if (lists?.ok) this.#lists = lists.value.left;
  }

  lookPatiently = (): Promise<void> => this.look(PATIENCE_MS);

  #changeItem(change: Group): Item {
    const { first, rows, key } = change;
    const count = rows.length;
    const name = first.title || m.sync_untitled();
    const accept: Answer = {
      label: m.inbox_change_accept(),
      action: m.quarantine_accept({ count }),
      notes: [],
      at_ms: 0,
      word: this.#judging(change, true),
      said: m.quarantine_accepted_now(),
    };
    const refuse: Answer = {
      label: m.inbox_change_refuse({ name: isolate(first.account_name) }),
      action: m.quarantine_refuse({ count }),
      notes: [],
      at_ms: 0,
      word: this.#judging(change, false),
      said: m.quarantine_refused_now(),
    };
    return {
      id: key,
      group: 'changes',
      level: 'decide',
      kind: first.kind,
      document: first.document,
      name,
      at_ms: Math.max(...rows.map(({ received_ms }) => received_ms)),
      assigned: first.assigned ? [first.assigned] : [],
      again: false,
      title: () => m.inbox_change({ count }),
      details: () => [first.account_name, whyText(first.code)],
      answers: () => [accept, refuse],
      assign: (account) => this.#done(assignChanges(numbersOf(change), account)),
      change,
    };
  }

  #listItem(list: Left): Item {
    const settle: Answer = { label: m.inbox_list_settle(), action: m.inbox_left_settle(), notes: [], at_ms: 0, word: this.#settling(list) };
    return {
      id: list.id,
      group: 'lists',
      level: 'decide',
      kind: list.kind,
      document: null,
      name: list.name || m.record_untitled(),
      at_ms: list.at_ms,
      assigned: list.assigned ? [list.assigned] : [],
      again: false,
      title: () => (list.code ? m.inbox_list_unread() : m.inbox_left_rows({ count: list.refused })),
      details: () => [list.by],
      answers: () => [settle],
      assign: (account) => this.#done(assignList(list.id, account)),
      list,
    };
  }

  #judging(change: Group, accept: boolean): Word {
    return async (reason) => {
      this.#leaving.add(change.key);
      const answer = await judge(numbersOf(change), accept, reason);
      const done = answer.ok ? answer.value.outcomes.filter(({ code }) => code === null).map((one) => one.number) : [];
      const why = answer.ok ? answer.value.outcomes.find(({ code }) => code !== null)?.code : null;
      if (!answer.ok) say(failedText(answer.code), 'wrong');
      else if (why) say(m.quarantine_not_done({ why: exchangeText(why) }), 'wrong');
      await this.look();
      this.#leaving.delete(change.key);
      return done.length > 0 ? this.#reopening(done) : null;
    };
  }

  #reopening(numbers: number[]): Word {
    return async (reason) => {
      const answer = await reopenChanges(numbers, reason || m.inbox_taken_back());
      const why = answer.ok ? answer.value.outcomes.find(({ code }) => code !== null)?.code : null;
      if (!answer.ok) say(failedText(answer.code), 'wrong');
      else if (why) say(m.quarantine_not_done({ why: exchangeText(why) }), 'wrong');
      await this.look();
      return answer.ok && !why ? NOTHING : null;
    };
  }

  #settling(list: Left): Word {
    return async (reason) => {
      this.#leaving.add(list.id);
      const answer = await settleList(list.id, true, reason);
      if (!answer.ok) say(failedText(answer.code), 'wrong');
      await this.look();
      this.#leaving.delete(list.id);
      return answer.ok ? this.#reopeningList(list) : null;
    };
  }

  #reopeningList({ id }: Left): Word {
    return async () => {
      const answer = await settleList(id, false, '');
      if (!answer.ok) say(failedText(answer.code), 'wrong');
      await this.look();
      return answer.ok ? NOTHING : null;
    };
  }

  async #done(asking: ReturnType<typeof assignList>): Promise<void> {
    const answer = await asking;
    if (!answer.ok) say(failedText(answer.code), 'wrong');
    await this.look();
  }

  #judged(group: Group): Settled {
    const { first, key, rows } = group;
    const { accepted, at_ms, by_name, word } = first.judgement ?? { accepted: false, at_ms: 0, by_name: '', word: '' };
    const of = m.inbox_change({ count: rows.length });
    return {
      id: key,
      at_ms,
      where: `${isolate(first.title || m.sync_untitled())} · ${of} · ${isolate(first.account_name)}`,
      of: `${of}, ${isolate(first.title || m.sync_untitled())}`,
      chose: accepted ? m.quarantine_accepted() : m.quarantine_refused(),
      who: by_name,
      reason: word,
      back: this.reopening(group),
    };
  }

  #settledList(list: Left, { at_ms, by, reason }: NonNullable<Left['settled']>): Settled {
    const of = list.code ? m.inbox_list_unread() : m.inbox_left_rows({ count: list.refused });
    return {
      id: list.id,
      at_ms,
      where: `${isolate(list.name)} · ${kindLabel(list.kind)} · ${of}`,
      of: isolate(list.name),
      chose: m.inbox_left_settle(),
      who: by,
      reason,
      back: this.#reopeningList(list),
    };
  }
}

/** Why the server did not do it. Only what stands here needs it: a Question of a document does not. */
const failedText = (code: string): string => (code === 'server.unreachable' ? m.inbox_aside_offline() : deskText(code));

const numbersOf = ({ rows }: Group): number[] => rows.map((row) => row.number);

export const aside = new Aside();
