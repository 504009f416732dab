//! What the headings of a budget are called.
import { m } from '../../i18n';

/** Those that a budget has where its call names none, as in the engine's `field::HEADINGS`. */
const USUAL: Record<string, () => string> = {
  works: m.heading_works,
  equipment: m.heading_equipment,
  supplies: m.heading_supplies,
  staff: m.heading_staff,
  training: m.heading_training,
  travel: m.heading_travel,
  communication: m.heading_communication,
  evaluation: m.heading_evaluation,
  overheads: m.heading_overheads,
  contingency: m.heading_contingency,
};

/** One of the usual headings in the app's language; a call's own, or a funder, as written. */
export const headingLabel = (heading: string): string => USUAL[heading]?.() ?? heading;
