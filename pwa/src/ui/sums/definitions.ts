//! What each indicator is, in a sentence. Apart, since it is read when somebody asks.
import type { IndicatorCode } from '../../generated/IndicatorCode';
import { m } from '../../i18n';

const DEFINITIONS: Record<IndicatorCode, () => string> = {
  events: m.sums_def_events,
  participations: m.sums_def_participations,
  people: m.sums_def_people,
  people_new: m.sums_def_people_new,
  unnamed: m.sums_def_unnamed,
  associations: m.sums_def_associations,
  associations_new: m.sums_def_associations_new,
  support_attended: m.sums_def_support_attended,
  support_individual: m.sums_def_support_individual,
  support_collective: m.sums_def_support_collective,
  dossiers: m.sums_def_dossiers,
  dossiers_visaed: m.sums_def_dossiers_visaed,
  dossiers_filed: m.sums_def_dossiers_filed,
  asked_cents: m.sums_def_asked_cents,
  dossiers_granted: m.sums_def_dossiers_granted,
  granted_cents: m.sums_def_granted_cents,
  dossiers_refused: m.sums_def_dossiers_refused,
  success_rate: m.sums_def_success_rate,
  opinions: m.sums_def_opinions,
  satisfaction: m.sums_def_satisfaction,
  led_by_women: m.sums_def_led_by_women,
  led_by_youth: m.sums_def_led_by_youth,
};

export const definition = (code: IndicatorCode): string => DEFINITIONS[code]();
