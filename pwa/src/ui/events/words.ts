//! What the details of an event are called.
import { list, m } from '../../i18n';
import { readLanguages, type Usual } from './languages';

export function languageName(code: Usual): string {
  return { fr: m.language_name_fr, ar: m.language_name_ar, shi: m.language_name_shi }[code]();
}

/** 'français, tachelhit et darija' */
export function languagesText(value: string): string {
  const { usual, others } = readLanguages(value);
  return list([...usual.map(languageName), ...others.split(', ').filter(Boolean)]);
}
