//! What the moves of a dossier, and what is missing before them, are called.
import type { DossierView } from '../../../generated/DossierView';
import type { Lack } from '../../../generated/Lack';
import type { NextMove } from '../../../generated/NextMove';
import type { Visaed } from '../../../generated/Visaed';
import { dayInWords, isolate, m, wordLabel } from '../../../i18n';
import { checkText } from '../checks';
import type { Part } from '../parts.svelte';
import { sectionTitle } from '../sections';

export const stageLabel = (stage: string): string => wordLabel('stage', stage);

const FORWARD: Record<string, () => string> = {
  idea: m.way_to_idea,
  accompaniment: m.way_to_accompaniment,
  writing: m.way_to_writing,
  visa: m.way_to_visa,
  filed: m.way_to_filed,
  instruction: m.way_to_instruction,
  granted: m.way_to_granted,
  refused: m.way_to_refused,
  deferred: m.way_to_deferred,
  agreed: m.way_to_agreed,
  running: m.way_to_running,
  interim_report: m.way_to_interim_report,
  final_report: m.way_to_final_report,
  closed: m.way_to_closed,
};

/** 'Demander le visa', 'Revenir à « Montage »' */
export function moveTitle({ to, says_why }: Pick<NextMove, 'to' | 'says_why'>): string {
  if (!says_why) return FORWARD[to]?.() ?? stageLabel(to);
  return to === 'closed' ? m.way_stop() : m.way_back_to({ stage: stageLabel(to) });
}

/** What is missing, as something to do. */
export function lackText(lack: Lack, dossier: DossierView): string {
  switch (lack.lacks) {
    case 'association':
      return m.lack_association();
    case 'call':
      return m.lack_call();
    case 'convention':
      return lack.until ? m.lack_convention_over({ day: isolate(dayInWords(lack.until)) }) : m.lack_convention();
    case 'section':
      return m.lack_section({ section: isolate(lack.title || sectionTitle(lack.section)) });
    case 'section_long':
      return m.lack_section_long({ section: isolate(lack.title || sectionTitle(lack.section)), count: lack.over });
    case 'budget':
      return checkText(lack.check, dossier);
    case 'visa':
      return m.lack_visa();
    case 'visa_changed':
      return m.lack_visa_changed();
    case 'field':
      return m.way_field_missing();
  }
}

/** The part of the dossier in which it is mended; none where it is mended elsewhere. */
export function partOfLack({ lacks }: Lack): Part | null {
  if (lacks === 'section' || lacks === 'section_long') return 'texts';
  if (lacks === 'budget') return 'budget';
  return lacks === 'association' || lacks === 'call' ? 'key' : null;
}

const VISAED: Record<Visaed, () => string> = {
  never: m.visa_never,
  given: m.visa_given,
  changed: m.visa_changed,
  changes_asked: m.visa_changes_asked,
};

export const visaedText = (visaed: Visaed): string => VISAED[visaed]();

/** The stations of the way, in their order: the three decisions are one. */
export const STATIONS: readonly (readonly string[])[] = [
  ['idea'],
  ['accompaniment'],
  ['writing'],
  ['visa'],
  ['filed'],
  ['instruction'],
  ['granted', 'refused', 'deferred'],
  ['agreed'],
  ['running'],
  ['interim_report'],
  ['final_report'],
  ['closed'],
];
