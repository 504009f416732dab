//! Why two records seem to be of one, in words.
import type { Reason } from '../../generated/Reason';
import { m } from '../../i18n';

const REASONS: Record<Reason, () => string> = {
  same_name: m.question_same_name,
  name_sounds: m.twins_reason_name_sounds,
  name_across_scripts: m.twins_reason_name_across_scripts,
  name_alike: m.question_name_alike,
  same_phone: m.question_same_phone,
  same_email: m.twins_reason_same_email,
  same_rna: m.twins_reason_same_rna,
  same_siren: m.twins_reason_same_siren,
  same_association: m.question_same_association,
  same_commune: m.question_same_commune,
};

export const reasonText = (reason: Reason): string => REASONS[reason]();
