//! What the words of documents are called. The compiler sees that no word lacks its label.
import type { Kind } from '../generated/Kind';
import type { Role } from '../generated/Role';
import type { Status } from '../generated/Status';
import * as m from '../paraglide/messages.js';

type Words<Word extends string> = Record<Word, () => string>;

const STATUSES: Words<Status> = {
  present: m.status_present,
  partial: m.status_partial,
  remote: m.status_remote,
  excused: m.status_excused,
  absent: m.status_absent,
};

const KINDS: Words<Kind> = {
  person: m.kind_person,
  contact: m.kind_contact,
  association: m.kind_association,
  event: m.kind_event,
  dossier: m.kind_dossier,
  call: m.kind_call,
  settings: m.kind_settings,
};

const ROLES: Words<Role> = {
  volunteer: m.role_volunteer,
  coordinator: m.role_coordinator,
  staff: m.role_staff,
  admin: m.role_admin,
  auditor: m.role_auditor,
};

export const statusLabel = (status: Status): string => STATUSES[status]();
export const kindLabel = (kind: Kind): string => KINDS[kind]();
export const roleLabel = (role: Role): string => ROLES[role]();

/** The statuses of a mark in the order in which a sheet offers them. */
export const STATUS_ORDER = Object.keys(STATUSES) as Status[];

/** Apart from the other words that fields take: the first paint shows these. */
export const EVENT_KINDS = {
  writing_workshop: m.event_kind_writing_workshop,
  project_training: m.event_kind_project_training,
  finance_training: m.event_kind_finance_training,
  information_meeting: m.event_kind_information_meeting,
  group_support: m.event_kind_group_support,
  other: m.event_kind_other,
};

/** What kind of event it is; a kind of the house's own is called as it was written. */
export const eventKindLabel = (kind: string): string => (EVENT_KINDS as Record<string, () => string>)[kind]?.() ?? kind;
