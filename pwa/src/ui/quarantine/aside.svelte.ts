//! What waits because it was not allowed. No document holds it, so that the server is asked.
import { deskText } from '../../i18n/exchange';
import { store } from '../../store';
import { groupsOf, listWaiting, type Row } from './quarantine';
import { waiting } from './waiting.svelte';

/** As long as a screen stands, which makes one while it is set up. */
export class Aside {
  rows: Row[] = $state.raw([]);
  asking = $state(true);
  /** Why the server could not be asked, in words. */
  failure: string | null = $state(null);

  readonly open = $derived(groupsOf(this.rows.filter(({ judgement }) => !judgement)));
  readonly done = $derived(groupsOf(this.rows.filter(({ judgement }) => judgement)));
  /** More than the server lists. */
  readonly beyond = $derived(waiting.count - this.rows.filter(({ judgement }) => !judgement).length);

  constructor() {
    // Each exchange may have brought another one.
    $effect(() => {
      void store.exchange.endedMs;
      void this.look();
    });
  }

  look = async (): Promise<void> => {
    this.asking = true;
    const answer = await listWaiting();
    this.asking = false;
    this.failure = answer.ok ? null : deskText(answer.code);
    if (!answer.ok) return;
    this.rows = answer.value.rows;
    waiting.set(answer.value.waiting);
  };
}
