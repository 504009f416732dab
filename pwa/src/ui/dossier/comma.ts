import { language } from '../../i18n';

/** What parts euros from cents as one types here: `1250,50` in French and in Morocco, `1250.50` in English. */
export function comma(): '.' | ',' {
  return language() === 'en' ? '.' : ',';
}
