//! The long texts of a dossier, and what they are called.
import type { CallSection } from '../../generated/CallSection';
import { isolate, m } from '../../i18n';

/** The texts that a dossier without a call has, in the order of the usual form. */
const STANDARD = {
  context: m.section_context,
  need: m.section_need,
  objectives: m.section_objectives,
  activities: m.section_activities,
  beneficiaries: m.section_beneficiaries,
  partners: m.section_partners,
  diaspora: m.section_diaspora,
  means: m.section_means,
  risks: m.section_risks,
  durability: m.section_durability,
  gender_environment: m.section_gender_environment,
  restitution: m.section_restitution,
};

/** What is written after the grant, for the reports. No call has sections of these keys: theirs are of the application. */
const REPORTS = {
  after_activities: m.section_after_activities,
  after_evaluation: m.section_after_evaluation,
  after_lessons: m.section_after_lessons,
};

export const REPORT_SECTIONS: readonly string[] = Object.keys(REPORTS);

export const STANDARD_SECTIONS: readonly string[] = Object.keys(STANDARD);

/** What a section is called: by its call, or by its key where the call is not known here. */
export function sectionTitle(section: string | CallSection): string {
  if (typeof section !== 'string' && section.title) return section.title;
  const key = typeof section === 'string' ? section : section.key;
  return ({ ...STANDARD, ...REPORTS } as Record<string, () => string>)[key]?.() ?? m.section_other({ key: isolate(key) });
}

/** Those of the usual form in its order, then the others: without a call the engine knows no order. What is written for the reports
 * stands elsewhere. */
export function inUsualOrder<Of extends { about: CallSection }>(all: readonly Of[]): Of[] {
  const sections = all.filter(({ about }) => !REPORT_SECTIONS.includes(about.key));
  const place = ({ about }: Of) => {
    const nth = STANDARD_SECTIONS.indexOf(about.key);
    return nth < 0 ? STANDARD_SECTIONS.length : nth;
  };
  const untitled = sections.filter(({ about }) => !about.title).sort((a, b) => place(a) - place(b));
  return [...sections.filter(({ about }) => about.title), ...untitled];
}
