//! The communes of Morocco (HCP) and France (INSEE), each with its official code, found by typing. The list is not among what every phone
//! keeps: the service worker keeps it once it was fetched, which happens by itself on devices of those who plan events. How it is
//! packed stands in `tools/communes.js`.
import { foldSearch, matcher } from '../../search';
import address from './communes.txt?url';

export interface Commune {
  /** `09.541.05.13` of the HCP, `13055` of INSEE; of a province `09.541`. */
  code: string;
  name: string;
  /** Empty in France. */
  nameAr: string;
  /** The province or département that it lies in; empty for a province. */
  within: { name: string; nameAr: string } | null;
  /** Its names, folded. */
  search: string;
}

/** Two letters say little, one says nothing. */
export const LETTERS_MIN = 2;

let list: Promise<Commune[] | null> | null = null;

/** The list; null where it is neither kept here nor to be had. */
export function communes(): Promise<Commune[] | null> {
  list ??= fetch(address)
    .then((answer) => (answer.ok ? answer.text() : null))
    .then((text) => text && unpack(text))
    .catch(() => null)
    .then((read) => {
      // Asked again when it is wanted again.
      if (!read) list = null;
      return read || null;
    });
  return list;
}

let kept = false;

/** Has it fetched and kept, when the device has nothing else to do. Not where every byte is counted. */
export function keepCommunes(): void {
  const { connection, serviceWorker } = navigator as Navigator & { connection?: { saveData?: boolean } };
  if (kept || connection?.saveData || !serviceWorker) return;
  // A device that has just been let in has none yet, and may leave the network within the minute.
  if (!serviceWorker.controller) return serviceWorker.addEventListener('controllerchange', keepCommunes, { once: true });
  kept = true;
  // Read to its end, so that it is there whole; what is kept is not read again.
  const fetchOnce = () => fetch(address, { priority: 'low' } as RequestInit).then((answer) => answer.arrayBuffer());
  const fetchIt = () => caches.match(address).then((here) => (here ? undefined : fetchOnce())).catch(() => (kept = false));
  if ('requestIdleCallback' in window) requestIdleCallback(() => void fetchIt());
  else setTimeout(() => void fetchIt(), 2_000);
}

/** Names of plain letters, hyphens and spaces, which most are: folding those the long way takes a second on an old phone. */
const PLAIN = /^[A-Za-z -]*$/;
const fold = (name: string) => (PLAIN.test(name) ? name.toLowerCase().replaceAll('-', ' ') : foldSearch(name));

export function unpack(text: string): Commune[] {
  const all: Commune[] = [];
  let prefix = '';
  let within: Commune['within'] = null;
  let last = 0;
  for (const line of text.split('\n')) {
    const [rest = '', name = '', nameAr = ''] = line.split('\t');
    if (!name) continue;
    const search = nameAr ? `${fold(name)} ${foldSearch(nameAr)}` : fold(name);
    if (rest.startsWith('=')) {
      prefix = rest.slice(1);
      within = { name, nameAr };
      last = 0;
      if (nameAr) all.push({ code: prefix, name, nameAr, within: null, search });
    } else if (nameAr) {
      all.push({ code: `${prefix}.${rest}`, name, nameAr, within, search });
    } else {
      last += rest === '' ? 1 : Number(rest);
      all.push({ code: prefix + String(last).padStart(5 - prefix.length, '0'), name, nameAr, within, search });
    }
  }
  return all;
}

export type Among = 'communes' | 'origins';

const isMoroccan = ({ code }: Commune) => code.includes('.');

/** What is offered: communes of both countries, or provinces and communes of Morocco. */
const offered = (commune: Commune, among: Among) => (among === 'origins' ? isMoroccan(commune) : commune.within !== null);

/** Those of which every word that was typed begins a word: the same name first, then what begins so. */
export function find(all: readonly Commune[], typed: string, among: Among): Commune[] {
  const query = foldSearch(typed);
  if (query.length < LETTERS_MIN) return [];
  const isMeant = matcher(query);
  const rank = ({ search, within }: Commune) => (within ? 1 : 0) + (search === query || search.startsWith(`${query} `) ? 0 : search.startsWith(query) ? 2 : 4);
  return all
    .filter((commune) => offered(commune, among) && isMeant(commune.search))
    .map((commune) => ({ commune, rank: rank(commune) }))
    .sort((a, b) => a.rank - b.rank || a.commune.name.length - b.commune.name.length)
    .map(({ commune }) => commune);
}
