//! The house's rules in words: what each is for, and in what it is counted.
import type { Capability } from '../../generated/Capability';
import type { Field } from '../../generated/Field';
import type { SettingView } from '../../generated/SettingView';
import { m } from '../../i18n';
import type { Choice } from '../components';

/** The one document that holds them. As in the engine's `settings.rs`. */
export const SETTINGS = '74697769-7a69-8073-8065-7474696e6773';

type Counted = 'days' | 'hours' | 'minutes' | 'months';

interface Words {
  /** What it is about, in some words. In a history its field says more. */
  title: () => string;
  /** What follows from it, in one sentence. */
  why: () => string;
  /** Missing where it is a choice. */
  counted?: Counted;
}

const SETTING_WORDS: Partial<Record<Field, Words>> = {
  event_keep_days: { title: m.setting_title_event_keep_days, why: m.setting_event_keep_days, counted: 'days' },
  lock_from: { title: m.setting_title_lock_from, why: m.setting_lock_from },
  lock_minutes: { title: m.setting_title_lock_minutes, why: m.setting_lock_minutes, counted: 'minutes' },
  session_hours: { title: m.setting_title_session_hours, why: m.setting_session_hours, counted: 'hours' },
  invite_hours: { title: m.setting_title_invite_hours, why: m.setting_invite_hours, counted: 'hours' },
  device_away_days: { title: m.setting_title_device_away_days, why: m.setting_device_away_days, counted: 'days' },
  person_keep_months: { title: m.setting_title_person_keep_months, why: m.setting_person_keep_months, counted: 'months' },
  sheet_keep_months: { title: m.setting_title_sheet_keep_months, why: m.setting_sheet_keep_months, counted: 'months' },
  dossier_keep_months: { title: m.setting_title_dossier_keep_months, why: m.setting_dossier_keep_months, counted: 'months' },
  house_name: { title: m.field_house_name, why: m.setting_house_name },
  house_iati: { title: m.field_house_iati, why: m.setting_house_iati },
  house_contact: { title: m.field_house_contact, why: m.setting_house_contact },
  house_event_kinds: { title: m.setting_title_house_event_kinds, why: m.setting_house_event_kinds },
};

export const titleText = (field: Field): string => SETTING_WORDS[field]?.title() ?? field;
export const whyText = (field: Field): string => SETTING_WORDS[field]?.why() ?? '';

/** From which role on a device must have a lock: the engine's numbers. */
export const lockChoices = (): Choice[] => [
  { value: '0', label: m.lock_from_everybody() },
  { value: '1', label: m.lock_from_coordinators() },
  { value: '2', label: m.lock_from_staff() },
];

/** '30 jours'; for a choice, what was chosen. */
export function amountText({ field }: Pick<SettingView, 'field'>, count: number): string {
  switch (SETTING_WORDS[field]?.counted) {
    case 'days':
      return m.amount_days({ count });
    case 'hours':
      return m.amount_hours({ count });
    case 'minutes':
      return m.amount_minutes({ count });
    case 'months':
      return m.amount_months({ count });
    case undefined:
      return lockChoices().find(({ value }) => value === String(count))?.label ?? String(count);
  }
}

/** 'jours', for the label of a number that is typed. */
export function unitText(field: Field): string {
  const words = { days: m.unit_days, hours: m.unit_hours, minutes: m.unit_minutes, months: m.unit_months };
  const counted = SETTING_WORDS[field]?.counted;
  return counted ? words[counted]() : '';
}

/** The table's rows as people would say them, by what they are about. The compiler sees that none is missing. */
const CAPABILITIES = {
  add_person: m.may_add_person,
  change_person: m.may_change_person,
  join_people: m.may_join_people,
  read_contact: m.may_read_contact,
  add_contact: m.may_add_contact,
  change_contact: m.may_change_contact,
  add_association: m.may_add_association,
  change_association: m.may_change_association,
  add_event: m.may_add_event,
  change_event: m.may_change_event,
  add_to_roster: m.may_add_to_roster,
  mark: m.may_mark,
  withdraw_mark: m.may_withdraw_mark,
  add_dossier: m.may_add_dossier,
  write_dossier: m.may_write_dossier,
  submit_dossier: m.may_submit_dossier,
  give_visa: m.may_give_visa,
  move_stage: m.may_move_stage,
  correct_stage: m.may_correct_stage,
  change_call: m.may_change_call,
  change_settings: m.may_change_settings,
  give_back: m.may_give_back,
  see_access: m.may_see_access,
  manage_access: m.may_manage_access,
  judge_quarantine: m.may_judge_quarantine,
  read_journal: m.may_read_journal,
  answer_people: m.may_answer_people,
  run_retention: m.may_run_retention,
  read_sheet: m.may_read_sheet,
  seal_sheet: m.may_seal_sheet,
  export_dossier: m.may_export_dossier,
  read_directory: m.may_read_directory,
  read_figures: m.may_read_figures,
  set_targets: m.may_set_targets,
  connect_programs: m.may_connect_programs,
} satisfies Record<Capability, () => string>;

export const capabilityText = (capability: Capability): string => CAPABILITIES[capability]();

const ABOUT: { title: () => string; until: Capability }[] = [
  { title: m.may_about_people, until: 'change_association' },
  { title: m.may_about_events, until: 'withdraw_mark' },
  { title: m.may_about_dossiers, until: 'change_call' },
  { title: m.may_about_house, until: 'run_retention' },
  { title: m.may_about_sheets, until: 'seal_sheet' },
  { title: m.may_about_files, until: 'export_dossier' },
  { title: m.may_about_desk, until: 'connect_programs' },
];

/** In the table's order. */
export function capabilityGroups(): { title: string; capabilities: Capability[] }[] {
  const all = Object.keys(CAPABILITIES) as Capability[];
  let from = 0;
  return ABOUT.map(({ title, until }, n) => {
    const to = n === ABOUT.length - 1 ? all.length : all.indexOf(until) + 1;
    const capabilities = all.slice(from, to);
    from = to;
    return { title: title(), capabilities };
  });
}
