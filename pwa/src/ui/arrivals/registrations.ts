//! The link by which people register for an event, and those who came by it. Shapes are those of the server's `registration.rs`.
import type { DocumentId } from '../../generated/DocumentId';
import type { Edit } from '../../generated/Edit';
import type { NamedDocument } from '../../generated/NamedDocument';
import type { Phone } from '../../generated/Phone';
import { foldSearch } from '../../search';
import type { Sought } from '../../generated/Sought';
import { newDocumentId } from '../../store';
import { ask } from '../../store/api';

export interface Waiting {
  /** Also the id of the person whom they become. */
  id: DocumentId;
  given: string;
  family: string;
  association: string;
  phone: Phone | null;
  email: string;
  received_ms: number;
  /** Another phone is taking them. */
  is_taken: boolean;
}

export interface Registration {
  link: string | null;
  is_open: boolean;
  closes_ms: number;
  received: number;
  received_max: number;
  waiting: Waiting[];
}

const path = (event: DocumentId, what = '') => `/api/events/${event}/registration${what}`;

export const readRegistration = (event: DocumentId) => ask<Registration>(path(event));
export const openRegistration = (event: DocumentId, closes_ms: number, which: 'same' | 'new') =>
  ask<undefined>(path(event, '/open'), { closes_ms, which });
export const closeRegistration = (event: DocumentId) => ask<undefined>(path(event, '/close'), null);
/** Reserves somebody for this phone: two who accept at once do not both make a person. */
export const takeWaiting = (event: DocumentId, id: DocumentId) => ask<undefined>(path(event, '/take'), { id });
/** Nothing is kept of them on the server any more. */
export const dropWaiting = (event: DocumentId, id: DocumentId, was: 'somebody' | 'nobody') =>
  ask<undefined>(path(event, '/drop'), { id, was });

const ARABIC = /\p{Script=Arabic}/u;

/** As documents keep a name: in Latin letters in its parts, in Arabic ones whole. */
export function namesOf({ given, family }: Pick<Waiting, 'given' | 'family'>) {
  const whole = `${given} ${family}`;
  return ARABIC.test(whole) ? { given: '', family: '', name_ar: whole } : { given, family, name_ar: '' };
}

/** As whom the engine is asked about them; of their association only what is in the directory already. */
export function soughtOf(one: Waiting, known: readonly NamedDocument[]): Sought {
  const { association, created } = associationOf(one, known);
  const { name_ar, ...parts } = namesOf(one);
  return {
    person: one.id,
    name: name_ar || `${parts.given} ${parts.family}`,
    name_ar,
    phone: one.phone?.e164 ?? '',
    email: one.email,
    association: created ? null : association,
  };
}

/**
 * What makes a person of them who is expected; or expects `person`, whom somebody has recognised. Every id follows from theirs, so that
 * what is done twice is done once.
 */
export function acceptEdits(event: DocumentId, one: Waiting, known: readonly NamedDocument[], person: DocumentId | null): Edit[] {
  const whom = person ?? one.id;
  const row = one.id.replaceAll('-', '').slice(-ROW_DIGITS);
  const edits: Edit[] = [];
  if (!person) {
    const { association, created } = associationOf(one, known);
    if (created) edits.push(created);
    const said = { sex: '', age_band: '', commune: '', commune_code: '', photo_consent: false, messages_consent: false };
    edits.push({ do: 'create_person', person: whom, new: { ...namesOf(one), ...said, association }, notice_read: false });
  }
  if (one.phone) edits.push({ do: 'add_phone', person: whom, row, phone: one.phone });
  if (one.email) edits.push({ do: 'add_email', person: whom, row, address: one.email });
  edits.push({ do: 'add_to_roster', event, person: whom });
  return edits;
}

/** In hexadecimal. */
const ROW_DIGITS = 16;

/** The association of exactly this name; where there is none, it is named now. */
function associationOf({ association: title }: Waiting, known: readonly NamedDocument[]): { association: DocumentId | null; created?: Edit } {
  const sought = foldSearch(title);
  if (!sought) return { association: null };
  const [found, ...others] = known.filter(({ title }) => foldSearch(title) === sought);
  // Of several a human chooses, at the door.
  if (found) return { association: others.length > 0 ? null : found.document };
  const association = newDocumentId();
  return { association, created: { do: 'create_association', association, fields: { title } } };
}
