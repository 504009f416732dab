//! The directory as the server lists it: page by page, sorted and filtered there, since no device could hold fifty thousand lines in
//! hand.
import type { DocumentId } from '../../generated/DocumentId';
import type { Answer } from '../../store/api';
import { signedFetch } from '../../store/signed';
import { fieldLabel, language, list, m, number, region, wordLabel } from '../../i18n';

export type ListName = 'people' | 'associations';

export interface Territory {
  code: string;
  name: string;
  name_ar: string;
}

/** As in the server's `routes/directory.rs`. */
export interface PersonLine {
  person: DocumentId;
  name: string;
  name_ar: string;
  sex: string;
  age_band: string;
  commune: string;
  territory: Territory | null;
  association: DocumentId | null;
  association_title: string;
  events: number;
  seen: string;
  joined: number;
}

export interface AssociationLine {
  association: DocumentId;
  title: string;
  title_ar: string;
  city: string;
  territory: Territory | null;
  sectors: string[];
  networks: string[];
  origin: string[];
  people: number;
  events: number;
  dossiers: number;
  seen: string;
  joined: number;
}

export type AnyLine = PersonLine | AssociationLine;

export const isPerson = (line: AnyLine): line is PersonLine => 'person' in line;
export const idOf = (line: AnyLine): DocumentId => (isPerson(line) ? line.person : line.association);
export const titleOf = (line: AnyLine): string => (isPerson(line) ? line.name : line.title);
export const arabicOf = (line: AnyLine): string => (isPerson(line) ? line.name_ar : line.title_ar);

export interface PageOf<Line> {
  items: Line[];
  next: string | null;
  total: number;
}

/** What is asked of a list, by the names that its address has. Empty is not asked. */
export interface Wanted {
  q: string;
  sort: string;
  place: string;
  association: string;
  sex: string;
  age_band: string;
  sector: string;
  network: string;
  origin: string;
  from: string;
  until: string;
  lacks: string;
}

export const NOTHING: Wanted = {
  q: '',
  sort: '',
  place: '',
  association: '',
  sex: '',
  age_band: '',
  sector: '',
  network: '',
  origin: '',
  from: '',
  until: '',
  lacks: '',
};

/** In memory alone: Back leads to the list as it was left. */
class Listing {
  wanted: Wanted = $state({ ...NOTHING });
  /** What the chosen association is called. */
  associationTitle = $state('');
}

export const listings: Record<ListName, Listing> = { people: new Listing(), associations: new Listing() };

export const isFilter = (key: keyof Wanted): boolean => key !== 'q' && key !== 'sort';

export const filtersSet = (wanted: Wanted): number =>
  (Object.keys(wanted) as (keyof Wanted)[]).filter((key) => isFilter(key) && wanted[key]).length;

export function queryOf(wanted: Wanted): string {
  const said = Object.entries(wanted).filter(([, value]) => value);
  return new URLSearchParams(said as [string, string][]).toString();
}

/** What a saved view asks for; what is not known here any more is left out. */
export function wantedOf(query: string): Wanted {
  const said = new URLSearchParams(query);
  const read = Object.keys(NOTHING).map((key) => [key, said.get(key) ?? '']);
  return Object.fromEntries(read) as unknown as Wanted;
}

const WAIT_MS = 20_000;

/** One page. Aborted by `signal` when something else is wanted meanwhile: then it is null. */
export async function readPage<Line>(
  name: ListName,
  wanted: Wanted,
  after: string | null,
  limit: number,
  signal: AbortSignal,
): Promise<Answer<PageOf<Line>> | null> {
  const query = new URLSearchParams(queryOf(wanted));
  query.set('limit', String(limit));
  if (after) query.set('after', after);
  try {
    const response = await signedFetch(`/api/v1/${name}?${query.toString()}`, {
      cache: 'no-store',
      signal: AbortSignal.any([signal, AbortSignal.timeout(WAIT_MS)]),
    });
    if (response.ok) return { ok: true, value: (await response.json()) as PageOf<Line> };
    const refusal = (await response.json().catch(() => ({}))) as { code?: string };
    return { ok: false, code: refusal.code ?? 'server.failed' };
  } catch {
    return signal.aborted ? null : { ok: false, code: 'server.unreachable' };
  }
}

export const exportPath = (name: ListName | 'dossiers', wanted: Wanted, form: 'xlsx' | 'csv' | 'json'): string =>
  `/api/v1/${name}/export?${[queryOf(wanted), `as=${form}`].filter(Boolean).join('&')}`;

export const territoryName = (territory: Territory | null): string =>
  territory ? (language() === 'ar' && territory.name_ar) || territory.name || territory.code : '';

export const sectorsText = (words: readonly string[]): string => list(words.map((word) => wordLabel('sector', word)));
export const networksText = (words: readonly string[]): string => list(words.map(networkLabel));

/** Networks are called the same in every language, but for our own. */
export const NETWORKS = ['forim', 'cosim', 'fosim', 'md'] as const;

export function networkLabel(word: string): string {
  return word === 'md' ? m.list_network_md() : word.toUpperCase();
}

/** A column: what it is called, what the server sorts it by, how wide it is, what stands in it. */
export interface Column {
  key: string;
  label: string;
  sort?: string;
  width: string;
  end?: boolean;
  text: (line: AnyLine) => string;
}

/** With its year, since it may be long ago. */
const whenSeen = (day: string): string =>
  day ? new Intl.DateTimeFormat(region(), { dateStyle: 'medium', timeZone: 'UTC' }).format(Date.parse(day)) : '';

export function columnsOf(name: ListName): Column[] {
  const territory: Column = {
    key: 'place',
    label: m.list_territory(),
    sort: 'place',
    width: 'minmax(8rem, 1fr)',
    text: ({ territory }) => territoryName(territory),
  };
  const counted = (key: 'events' | 'people' | 'dossiers', label: string): Column => ({
    key,
    label,
    sort: key,
    width: '6.75rem',
    end: true,
    text: (line) => number((line as unknown as Record<string, number>)[key] ?? 0),
  });
  const seen: Column = { key: 'day', label: m.list_seen(), sort: 'day', width: '7.5rem', text: ({ seen }) => whenSeen(seen) };
  if (name === 'people') {
    return [
      {
        key: 'association',
        label: fieldLabel('association'),
        sort: 'association',
        width: 'minmax(10rem, 1.4fr)',
        text: (line) => (isPerson(line) ? line.association_title : ''),
      },
      territory,
      {
        key: 'who',
        label: m.list_who(),
        width: 'minmax(10rem, 1fr)',
        text: (line) =>
          isPerson(line)
            ? [line.sex && wordLabel('sex', line.sex), line.age_band && wordLabel('age_band', line.age_band)].filter(Boolean).join(' · ')
            : '',
      },
      counted('events', m.nav_events()),
      seen,
    ];
  }
  return [
    territory,
    {
      key: 'sectors',
      label: m.list_sectors(),
      width: 'minmax(9rem, 1.3fr)',
      text: (line) => (isPerson(line) ? '' : [sectorsText(line.sectors), networksText(line.networks)].filter(Boolean).join(' · ')),
    },
    counted('people', m.list_people()),
    counted('events', m.nav_events()),
    counted('dossiers', m.nav_dossiers()),
    seen,
  ];
}
