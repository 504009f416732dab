//! The words that fields take instead of free text. Apart from `labels.ts`: the way in and the lock show none.
import type { Field } from '../generated/Field';
import * as m from '../paraglide/messages.js';
import type { Choice } from '../ui/components/choice';
import { EVENT_KINDS } from './labels';

/** The words that a field takes instead of free text, in their order. */
const WORDS = {
  sex: { f: m.sex_f, h: m.sex_h, other: m.sex_other, unspecified: m.sex_unspecified },
  age_band: { under_18: m.age_under_18, '18_30': m.age_18_30, '31_60': m.age_31_60, over_60: m.age_over_60 },
  event_kind: EVENT_KINDS,
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
  nature: { cash: m.nature_cash, in_kind: m.nature_in_kind, grant: m.nature_grant },
  currency: { eur: m.currency_eur, mad: m.currency_mad },
  funding: { acquired: m.funding_acquired, requested: m.funding_requested },
  valorisation_counts: { yes: m.word_yes, no: m.word_no },
  reach: { direct: m.reach_direct, indirect: m.reach_indirect },
  likelihood: { low: m.level_low, medium: m.level_medium, high: m.level_high },
  severity: { low: m.level_low, medium: m.level_medium, high: m.level_high },
  main_goal: { yes: m.word_yes, no: m.word_no },
  published: { yes: m.word_yes, no: m.word_no },
  useful: { good: m.word_opinion_good, fair: m.word_opinion_fair, bad: m.word_opinion_bad },
  clear: { good: m.word_opinion_good, fair: m.word_opinion_fair, bad: m.word_opinion_bad },
  again: { good: m.word_opinion_good, fair: m.word_opinion_fair, bad: m.word_opinion_bad },
  resolved: { yes: m.word_yes, no: m.word_no },
  done: { yes: m.word_yes, no: m.word_no },
  required: { yes: m.word_yes, no: m.word_no },
  to_confirm: { yes: m.word_yes, no: m.word_no },
  operator: { mandatory: m.operator_mandatory, optional: m.operator_optional },
  support_kind: {
    meeting: m.support_meeting,
    call: m.support_call,
    writing: m.support_writing,
    visit: m.support_visit,
    diagnostic: m.support_diagnostic,
    collective: m.support_collective,
    other: m.support_other,
  },
  report_kind: { interim: m.report_interim, final: m.report_final, other: m.report_other },
  required_of: {
    everybody: m.required_of_everybody,
    association: m.required_of_association,
    partner: m.required_of_partner,
    trustee: m.required_of_trustee,
  },
  position: { active: m.position_active, dissolved: m.position_dissolved, removed: m.position_removed },
  grouping: { simple: m.grouping_simple, union: m.grouping_union, federation: m.grouping_federation },
  register_nature: {
    declared: m.nature_declared,
    public_utility: m.nature_public_utility,
    general_interest: m.nature_general_interest,
    assistance: m.nature_assistance,
    charity: m.nature_charity,
    medical_research: m.nature_medical_research,
    scientific_research: m.nature_scientific_research,
    worship: m.nature_worship,
  },
  migration_majority: { yes: m.word_yes, no: m.word_no },
  function: {
    president: m.function_president,
    vice_president: m.function_vice_president,
    treasurer: m.function_treasurer,
    vice_treasurer: m.function_vice_treasurer,
    secretary: m.function_secretary,
    vice_secretary: m.function_vice_secretary,
    board_member: m.function_board_member,
    honorary: m.function_honorary,
    other: m.function_other,
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
