//! Whom this device knows: the accounts that wrote what it holds.
import type { AccountId } from '../../generated/AccountId';
import type { AuthorEntry } from '../../generated/AuthorEntry';
import { isolate, m } from '../../i18n';
import { byAlphabet } from '../../i18n/format';
import { foldSearch } from '../../search';
import { store } from '../../store';
import type { Choice } from '../components/choice';

/** Each device that wrote something here, with whose it is. Reactive. */
export function knownAuthors(): readonly AuthorEntry[] {
  const view = store.view({ view: 'tasks' });
  return view?.view === 'tasks' ? view.people : [];
}

/** The accounts, each once, by the alphabet; the one of this device first. */
export function accountsOf(authors: readonly AuthorEntry[]): { account: AccountId; name: string }[] {
  const me = store.session?.account;
  const names = new Map(authors.map(({ account, name }) => [account, name]));
  if (me) names.delete(me.id);
  const compare = byAlphabet();
  const others = [...names].map(([account, name]) => ({ account, name })).sort((a, b) => compare(a.name, b.name));
  return me ? [{ account: me.id, name: me.name }, ...others] : others;
}

/** Who can be asked to do something. */
export function whoChoices(authors: readonly AuthorEntry[]): Choice[] {
  return accountsOf(authors).map(({ account, name }) => ({
    value: account,
    label: account === store.session?.account.id ? m.who_me({ name }) : name,
  }));
}

/** Whom a cell names: an account by its name, other words as they stand. */
export function nameIn(text: string, authors: readonly AuthorEntry[]): string {
  if (!text) return '';
  if (text === store.session?.account.id) return m.who_you();
  const known = authors.find(({ account }) => account === text)?.name;
  if (known) return isolate(known);
  return isAccount(text) ? m.who_unknown() : isolate(text);
}

const isAccount = (text: string): boolean => /^[0-9a-f]{8}-[0-9a-f-]{27}$/.test(text);

/** The accounts of a list with commas between. */
export const accountsIn = (mentions: string): string[] => mentions.split(',').filter(Boolean);

/** Those whose name stands after an `@`. */
export function mentionedIn(body: string, authors: readonly AuthorEntry[]): AccountId[] {
  const said = body.split('@').slice(1).map(foldSearch);
  return accountsOf(authors)
    .filter(({ name }) => {
      const [first = ''] = foldSearch(name).split(' ');
      return first !== '' && said.some((words) => words.split(' ')[0] === first);
    })
    .map(({ account }) => account);
}
