/**
 * What a view will show once the engine has worked the log in: the edits that it has not worked in yet, laid over what it last
 * said. A tap shows at once by this, also while the engine is still starting.
 *
 * All of it is a forecast: when the engine has done an edit, its own word takes the place. So every function here may be
 * laid over a view that shows the edit already, and then changes nothing; and what cannot be foreseen (texts that others changed
 * meanwhile, people who are linked as the same) is left to the engine.
 */
import type { DocumentId } from '../generated/DocumentId';
import type { Edit } from '../generated/Edit';
import type { Entry } from '../generated/Entry';
import type { EventView } from '../generated/EventView';
import type { Field } from '../generated/Field';
import type { FieldView } from '../generated/FieldView';
import type { NewPerson } from '../generated/NewPerson';
import type { RosterRow } from '../generated/RosterRow';
import type { RowId } from '../generated/RowId';
import type { SignatureView } from '../generated/SignatureView';
import type { SlotStatus } from '../generated/SlotStatus';
import type { Status } from '../generated/Status';
import type { Value } from '../generated/Value';
import type { View } from '../generated/View';
import { foldSearch } from '../search';
import { withRow } from './views';

/** What other views know of people and associations: a row that is added here has a name and an association at once. */
export interface Names {
  person(person: DocumentId): { name: string; name_ar: string; association: string } | null;
  title(document: DocumentId): string;
}

export type Of<V extends View['view']> = Extract<View, { view: V }>;
export type Does<D extends Edit['do']> = Extract<Edit, { do: D }>;

/** The view with these edits laid over it, oldest first. The same object where none of them concerns it. */
export function overlaid(view: View, logged: readonly Entry[], names: Names): View {
  const entries = logged.map(plainly);
  switch (view.view) {
    case 'events':
      return entries.reduce<Of<'events'>>(overEvents, view);
    case 'event':
      return entries.reduce<Of<'event'>>((event, entry) => overEvent(event, entry, names), view);
    case 'settings':
      return entries.reduce<Of<'settings'>>((house, entry) => overSettings(house, entry.edit, names), view);
    default: {
      const lay = late.get(view.view);
      return lay ? entries.reduce<View>((shown, entry) => lay(shown, entry, names), view) : view;
    }
  }
}

/** What settles a Question does what it does without the decision beside it. */
function plainly(entry: Entry): Entry {
  const { edit } = entry;
  return edit.do === 'settle' && edit.answer ? { ...entry, edit: edit.answer } : entry;
}

type Lay = (view: View, entry: Entry, names: Names) => View;

/** What is laid over views that no first paint shows: it comes with their screens. */
const late = new Map<View['view'], Lay>();

export function layOver<V extends View['view']>(view: V, lay: (view: Of<V>, entry: Entry, names: Names) => Of<V>): void {
  late.set(view, (shown, entry, names) => lay(shown as Of<V>, entry, names) as View);
}

// --- Lists

function overEvents(list: Of<'events'>, { edit }: Entry): Of<'events'> {
  if (edit.do !== 'create_event' || list.events.some(({ event }) => event === edit.event)) return list;
  const text = textOf(edit.fields);
  const slots = edit.slots.slice().sort((a, b) => (a.day + a.starts < b.day + b.starts ? -1 : 1));
  const card = {
    event: edit.event,
    title: text('title'),
    event_kind: text('event_kind'),
    place: text('place'),
    commune: text('commune'),
    first_day: slots[0]?.day ?? '',
    last_day: slots.at(-1)?.day ?? '',
    starts: slots[0]?.starts ?? '',
    series: text('series'),
    sealed: false,
    expected: 0,
    attended: 0,
    questions: 0,
  };
  // The earliest day first; those without a day last.
  const order = (one: typeof card) => `${one.first_day || '~'} ${one.starts}`;
  const place = list.events.findIndex((other) => order(other) > order(card));
  return { ...list, events: inserted(list.events, place, card) };
}

/** Before the one at `place`, or last where there is none. */
export function inserted<T>(list: readonly T[], place: number, item: T): T[] {
  return place < 0 ? [...list, item] : [...list.slice(0, place), item, ...list.slice(place)];
}

export function textOf(fields: { [key in Field]?: Value }): (field: Field) => string {
  return (field) => {
    const value = fields[field];
    return typeof value === 'string' ? value.trim() : '';
  };
}

// --- Events

type Event = EventView & { view: 'event' };

function overEvent(event: Event, { at_ms, edit }: Entry, names: Names): Event {
  switch (edit.do) {
    case 'check_in':
      return ofEvent(event, edit.event, () =>
        marked(event, edit.slot, edit.person, (was) => withMark(was, edit, at_ms)),
      );
    case 'sign':
      return ofEvent(event, edit.event, () => signed(event, edit, at_ms));
    case 'withdraw_signature':
      return ofEvent(event, edit.event, () => unsigned(event, edit.signature));
    case 'add_slot':
    case 'add_trainer':
    case 'add_paper':
    case 'keep_event_row':
    case 'link_event':
    case 'set_headcount':
      return ofEvent(event, edit.event, () => ({ ...event, head: overHead(event.head, edit, at_ms, names) }));
    case 'undo':
      return ofEvent(event, edit.event, () => marked(event, edit.slot, edit.person, () => UNMARKED));
    case 'settle_marks':
      return ofEvent(event, edit.event, () =>
        marked(event, edit.slot, edit.person, (was) => ({ ...was, status: edit.status, contradicted: false })),
      );
    case 'register_walk_in':
      return ofEvent(event, edit.event, () => {
        const seated = withPerson(event, walkIn(edit, names), event.head.slots.length);
        return marked(seated, edit.slot, edit.person, (was) => withMark(was, { status: 'present', minutes: null, how: 'tap' }, at_ms));
      });
    case 'set_consent':
      return edit.consent === 'photo' ? withPhoto(event, edit) : event;
    case 'add_to_roster': {
      const card = names.person(edit.person);
      return ofEvent(event, edit.event, () =>
        card ? withPerson(event, { person: edit.person, photo: null, joined: 'expected', family: '', ...card }, event.head.slots.length) : event,
      );
    }
    case 'set_field':
      return ofEvent(event, edit.document, () => withEventField(event, edit, names));
    default:
      return event;
  }
}

function ofEvent(event: Event, id: DocumentId, change: () => Event): Event {
  return event.head.card.event === id ? change() : event;
}

/** A half-day of which nothing is said of somebody. */
export const UNMARKED: SlotStatus = {
  status: null,
  minutes: null,
  how: 'tap',
  contradicted: false,
  late: false,
  signature: null,
  on_server: true,
  at_ms: 0,
};

/** M2: the prevailing one first. */
const STATUSES: readonly Status[] = ['present', 'partial', 'remote', 'excused', 'absent'];

const attended = (status: Status | null): boolean => status === 'present' || status === 'partial' || status === 'remote';

function withMark(was: SlotStatus, { status, minutes, how }: Pick<Does<'check_in'>, 'status' | 'minutes' | 'how'>, at_ms: number): SlotStatus {
  const first = was.status === null;
  const prevails = first || STATUSES.indexOf(status) < STATUSES.indexOf(was.status ?? status);
  return {
    ...was,
    ...(prevails && { status, minutes, how }),
    contradicted: was.contradicted || (!first && was.status !== status),
    // Laid over itself, it is on the way already, or there.
    on_server: was.status === status && was.at_ms >= at_ms ? was.on_server : false,
    at_ms: Math.max(was.at_ms, at_ms),
  };
}

function marked(event: Event, slot: RowId, person: DocumentId, change: (was: SlotStatus) => SlotStatus): Event {
  const nth = event.head.slots.findIndex((one) => one.slot === slot);
  const place = event.rows.findIndex((row) => row.person === person);
  const row = event.rows[place];
  const was = row?.slots[nth];
  if (!row || !was) return event;
  const now = change(was);
  const rows = event.rows.slice();
  const changed = { ...row, slots: row.slots.map((slot, n) => (n === nth ? now : slot)) };
  rows[place] = changed;
  const inSlot = Number(attended(now.status)) - Number(attended(was.status));
  const inAny = (one: RosterRow) => Number(one.slots.some(({ status }) => attended(status)));
  return { ...event, rows, head: counted(event, nth, inSlot, inAny(changed) - inAny(row)) };
}

function counted(event: Event, nth: number, inSlot: number, inAny: number): Event['head'] {
  const { head } = event;
  return {
    ...head,
    card: { ...head.card, attended: Math.max(0, head.card.attended + inAny) },
    slots: head.slots.map((slot, n) => (n === nth ? { ...slot, attended: Math.max(0, slot.attended + inSlot) } : slot)),
  };
}

/** M3: the first signature counts. Whoever signs was there. */
function signed(event: Event, edit: Does<'sign'>, at_ms: number): Event {
  const signature: SignatureView = { signature: edit.signature, ink: edit.ink, at_ms, others: 0, on_server: false };
  const first = (was: SignatureView | null) => was ?? signature;
  if ('person' in edit.signer) {
    return marked(event, edit.slot, edit.signer.person, (was) => {
      const there = attended(was.status) ? was : withMark(was, { status: 'present', minutes: null, how: edit.how }, at_ms);
      return { ...there, signature: first(was.signature) };
    });
  }
  const { trainer } = edit.signer;
  const nth = event.head.slots.findIndex(({ slot }) => slot === edit.slot);
  const trainers = event.head.trainers.map((one) => {
    if (one.trainer !== trainer) return one;
    return { ...one, signatures: one.signatures.map((was, n) => (n === nth ? first(was) : was)) };
  });
  return { ...event, head: { ...event.head, trainers } };
}

function unsigned(event: Event, signature: RowId): Event {
  const without = (was: SignatureView | null) => (was?.signature === signature ? null : was);
  const trainers = event.head.trainers.map((one) => ({ ...one, signatures: one.signatures.map(without) }));
  const rows = event.rows.map((row) => {
    if (!row.slots.some((slot) => slot.signature?.signature === signature)) return row;
    return { ...row, slots: row.slots.map((slot) => ({ ...slot, signature: without(slot.signature) })) };
  });
  return { ...event, rows, head: { ...event.head, trainers } };
}

type OfHead = Does<'add_slot' | 'add_trainer' | 'add_paper' | 'keep_event_row' | 'link_event' | 'set_headcount'>;

function overHead(head: Event['head'], edit: OfHead, at_ms: number, names: Names): Event['head'] {
  switch (edit.do) {
    case 'add_trainer': {
      const { trainer, name } = edit.trainer;
      if (head.trainers.some((one) => one.trainer === trainer)) return head;
      return { ...head, trainers: [...head.trainers, { trainer, name, signatures: head.slots.map(() => null) }] };
    }
    case 'add_paper': {
      const { paper, slot, blob } = edit;
      if (head.papers.some(({ id }) => id === paper)) return head;
      return { ...head, papers: [...head.papers, { id: paper, slot, blob, at_ms, by: null }] };
    }
    case 'keep_event_row':
      if (edit.keep) return head;
      // A half-day has a column in each row: the engine takes it out.
      return {
        ...head,
        trainers: head.trainers.filter(({ trainer }) => trainer !== edit.row),
        papers: head.papers.filter(({ id }) => id !== edit.row),
      };
    case 'link_event': {
      const { document, kind } = edit;
      const others = head.links.filter((link) => link.document !== document);
      return { ...head, links: kind === null ? others : [...others, { document, kind, title: names.title(document) }] };
    }
    case 'set_headcount': {
      const { slot, sex, age_band, people } = edit;
      const others = head.headcounts.filter((one) => one.slot !== slot || one.sex !== sex || one.age_band !== age_band);
      return { ...head, headcounts: people === null ? others : [...others, { slot, sex, age_band, people, apart: [] }] };
    }
    default:
      return head;
  }
}

function withPhoto(event: Event, { person, agreed }: Does<'set_consent'>): Event {
  const place = event.rows.findIndex((row) => row.person === person);
  const row = event.rows[place];
  if (!row || row.photo === agreed) return event;
  const rows = event.rows.slice();
  rows[place] = { ...row, photo: agreed };
  return { ...event, rows };
}

type NewRow = Pick<RosterRow, 'person' | 'name' | 'name_ar' | 'family' | 'association' | 'photo' | 'joined'>;

function withPerson(event: Event, row: NewRow, slots: number): Event {
  if (event.rows.some(({ person }) => person === row.person)) return event;
  const search = foldSearch([row.name, row.name_ar, row.association].join(' '));
  const seated: RosterRow = { ...row, search, slots: Array.from({ length: slots }, () => UNMARKED) };
  const card = { ...event.head.card, expected: event.head.card.expected + 1 };
  return { ...event, rows: withRow(event.rows, seated), head: { ...event.head, card } };
}

function walkIn({ person, new: known, new_association: named }: Does<'register_walk_in'>, names: Names): NewRow {
  const association = named?.title ?? (known.association === null ? '' : names.title(known.association));
  const photo = known.photo_consent ? 'given' : null;
  const [name, name_ar, family] = [nameOf(known), known.name_ar.trim(), known.family.trim()];
  return { person, name, name_ar, family, association, photo, joined: 'walk_in' };
}

function nameOf({ given, family, name_ar }: NewPerson): string {
  return [given, family].map((part) => part.trim()).filter(Boolean).join(' ') || name_ar.trim();
}

function withEventField(event: Event, edit: Does<'set_field'>, names: Names): Event {
  const { head } = event;
  if (edit.row !== null) {
    const slots = head.slots.map((slot) => (slot.slot === edit.row ? withText(slot, edit.field, edit.value) : slot));
    return { ...event, head: { ...head, slots } };
  }
  const card = withText(head.card, edit.field, edit.value);
  return { ...event, head: { ...head, card, fields: withField(head.fields, edit, names) } };
}

// --- The house's rules

/** The document of that kind is known by its fields: no other has them. */
function overSettings(house: Of<'settings'>, edit: Edit, names: Names): Of<'settings'> {
  if (edit.do !== 'set_field' || edit.row !== null) return house;
  const value = tidy(edit.value);
  const settings = house.settings.map((shown) => {
    if (shown.field !== edit.field || typeof value === 'string') return shown;
    return { ...shown, value: value ?? shown.default, is_set: value !== null, apart: [] };
  });
  return { ...house, settings, texts: withField(house.texts, edit, names) };
}

// --- Fields

/** A value that is written settles what was set apart (M4). */
export function withField(fields: FieldView[], edit: Does<'set_field'>, names: Names): FieldView[] {
  const value = tidy(edit.value);
  return fields.map((shown) => {
    if (shown.field !== edit.field) return shown;
    const named = shown.field === 'association' || shown.field === 'call' ? titleOf(value, names) : '';
    return { ...shown, value, apart: [], named };
  });
}

export function titleOf(value: Value, names: Names): string {
  return typeof value === 'string' ? names.title(value) : '';
}

export function tidy(value: Value): Value {
  return typeof value === 'string' ? value.trim() || null : value;
}

/** A card or slot with the text of a field, if it shows that field. */
export function withText<T extends object>(shown: T, field: Field, value: Value): T {
  if (!(field in shown) || typeof shown[field as keyof T] !== 'string') return shown;
  return { ...shown, [field]: tidy(value) ?? '' };
}
