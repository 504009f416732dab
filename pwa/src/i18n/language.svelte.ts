//! The language of the app, and with it the direction of its lines.
import { getLocale, locales, overwriteGetLocale, setLocale } from '../paraglide/runtime.js';

export type Language = (typeof locales)[number];

/** For dates and numbers. Morocco writes Arabic with the digits 0 to 9. */
const REGIONS: Record<Language, string> = { fr: 'fr-FR', ar: 'ar-MA', en: 'en-GB' };

let current: Language = $state(getLocale());

// Every message asks this, so that what is on the screen is said anew when the language changes.
overwriteGetLocale(() => current);

/** Reactive. */
export function language(): Language {
  return current;
}

/** The language with its country, for `Intl`. */
export function region(): string {
  return REGIONS[current];
}

export function isLanguage(word: string): word is Language {
  return (locales as readonly string[]).includes(word);
}

/** Changes the language at once and remembers it on this device. Nothing that was typed is lost. */
export function setLanguage(next: Language): void {
  try {
    void setLocale(next, { reload: false });
  } catch {
    // A browser that keeps nothing forgets the choice when it closes; the choice still holds until then.
  }
  current = next;
  applyLanguage();
}

/** Tells the browser, for its letters, its voices and the direction of writing. */
export function applyLanguage(): void {
  document.documentElement.lang = current;
  document.documentElement.dir = current === 'ar' ? 'rtl' : 'ltr';
}
