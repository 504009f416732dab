//! What the words of documents are called. The compiler sees that no word lacks its label.
import type { Edit } from '../generated/Edit';
import type { Field } from '../generated/Field';
import type { Kind } from '../generated/Kind';
import type { Role } from '../generated/Role';
import type { Status } from '../generated/Status';
import * as m from '../paraglide/messages.js';
import type { Choice } from '../ui/components/choice';

type Words<Word extends string> = Record<Word, () => string>;

const FIELDS: Words<Field> = {
  given: m.field_given,
  family: m.field_family,
  name_ar: m.field_name_ar,
  sex: m.field_sex,
  age_band: m.field_age_band,
  commune: m.field_commune,
  association: m.field_association,
  same_as: m.field_same_as,
  notice_read_ms: m.field_notice_read_ms,
  person: m.field_person,
  title: m.field_title,
  short_title: m.field_short_title,
  rna: m.field_rna,
  siret: m.field_siret,
  object: m.field_object,
  address: m.field_address,
  postcode: m.field_postcode,
  city: m.field_city,
  commune_code: m.field_commune_code,
  founded: m.field_founded,
  dissolved: m.field_dissolved,
  event_kind: m.field_event_kind,
  place: m.field_place,
  trainer: m.field_trainer,
  capacity: m.field_capacity,
  project_code: m.field_project_code,
  call: m.field_call,
  stage: m.field_stage,
  sector: m.field_sector,
  territory: m.field_territory,
  coordinator: m.field_coordinator,
  duration_months: m.field_duration_months,
  beneficiaries: m.field_beneficiaries,
  grant_cents: m.field_grant_cents,
  programme: m.field_programme,
  closes_ms: m.field_closes_ms,
  grant_max_cents: m.field_grant_max_cents,
  grant_share_max_bp: m.field_grant_share_max_bp,
  total_max_cents: m.field_total_max_cents,
  day: m.field_day,
  starts: m.field_starts,
  ends: m.field_ends,
  label: m.field_label,
  quantity: m.field_quantity,
  unit_cents: m.field_unit_cents,
  event_keep_days: m.field_event_keep_days,
  session_hours: m.field_session_hours,
  lock_minutes: m.field_lock_minutes,
  lock_from: m.field_lock_from,
  invite_hours: m.field_invite_hours,
  person_keep_months: m.field_person_keep_months,
  sheet_keep_months: m.field_sheet_keep_months,
  dossier_keep_months: m.field_dossier_keep_months,
  device_away_days: m.field_device_away_days,
  photo_consent: m.field_photo_consent,
  messages_consent: m.field_messages_consent,
  house_name: m.field_house_name,
  house_contact: m.field_house_contact,
};

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

const EDITS: Words<Edit['do']> = {
  set_field: m.edit_set_field,
  create_person: m.edit_create_person,
  add_phone: m.edit_add_phone,
  add_email: m.edit_add_email,
  create_association: m.edit_create_association,
  create_event: m.edit_create_event,
  add_to_roster: m.edit_add_to_roster,
  check_in: m.edit_check_in,
  undo: m.edit_undo,
  register_walk_in: m.edit_register_walk_in,
  create_dossier: m.edit_create_dossier,
  edit_section: m.edit_edit_section,
  read_again: m.edit_read_again,
  settle_section: m.edit_settle_section,
  add_line: m.edit_add_line,
  set_line_state: m.edit_set_line_state,
  settle_marks: m.edit_settle_marks,
  link_same: m.edit_link_same,
  not_same: m.edit_not_same,
  create_call: m.edit_create_call,
  set_consent: m.edit_set_consent,
};

/** The words that a field takes instead of free text, in their order. */
const WORDS = {
  sex: { f: m.sex_f, h: m.sex_h, other: m.sex_other, unspecified: m.sex_unspecified },
  age_band: { under_18: m.age_under_18, '18_30': m.age_18_30, '31_60': m.age_31_60, over_60: m.age_over_60 },
  event_kind: {
    writing_workshop: m.event_kind_writing_workshop,
    project_training: m.event_kind_project_training,
    finance_training: m.event_kind_finance_training,
    information_meeting: m.event_kind_information_meeting,
    group_support: m.event_kind_group_support,
    other: m.event_kind_other,
  },
  stage: {
    idea: m.stage_idea,
    accompaniment: m.stage_accompaniment,
    writing: m.stage_writing,
    visa: m.stage_visa,
    filed: m.stage_filed,
    instruction: m.stage_instruction,
    granted: m.stage_granted,
    refused: m.stage_refused,
    deferred: m.stage_deferred,
    agreed: m.stage_agreed,
    running: m.stage_running,
    interim_report: m.stage_interim_report,
    final_report: m.stage_final_report,
    closed: m.stage_closed,
  },
  sector: {
    health: m.sector_health,
    education: m.sector_education,
    water: m.sector_water,
    environment: m.sector_environment,
    economy: m.sector_economy,
    rural: m.sector_rural,
    social: m.sector_social,
    climate: m.sector_climate,
    digital: m.sector_digital,
  },
  photo_consent: { given: m.consent_given, withdrawn: m.consent_withdrawn },
  messages_consent: { given: m.consent_given, withdrawn: m.consent_withdrawn },
} satisfies Partial<Record<Field, Record<string, () => string>>>;

/** A field that takes one of some words. */
export type WordField = keyof typeof WORDS;

export function isWordField(field: Field): field is Field & WordField {
  return field in WORDS;
}

/** What such a field can be set to. */
export function choicesOf(field: WordField): Choice[] {
  return Object.entries<() => string>(WORDS[field]).map(([value, label]) => ({ value, label: label() }));
}

/** The label of a word in such a field; the word itself where a newer app wrote one that is not known here. */
export function wordLabel(field: WordField, word: string): string {
  return (WORDS[field] as Record<string, () => string>)[word]?.() ?? word;
}

export const fieldLabel = (field: Field): string => FIELDS[field]();
export const statusLabel = (status: Status): string => STATUSES[status]();
export const kindLabel = (kind: Kind): string => KINDS[kind]();
export const roleLabel = (role: Role): string => ROLES[role]();
/** What kind of thing somebody meant to do: 'pointage', "ligne de budget". */
export const editLabel = (edit: Edit): string => EDITS[edit.do]();

/** The statuses of a mark in the order in which a sheet offers them. */
export const STATUS_ORDER = Object.keys(STATUSES) as Status[];
