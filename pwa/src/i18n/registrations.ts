//! Why somebody could not register, or be taken, in words: for the page of a link, and for those who opened it.
import * as m from '../paraglide/messages.js';

const REGISTRATIONS: Record<string, () => string> = {
  'registration.unknown': m.registration_error_unknown,
  'registration.closed': m.registration_error_closed,
  'registration.full': m.registration_error_full,
  'registration.taken': m.registration_error_taken,
  'registration.name_missing': m.registration_error_name_missing,
  'registration.text_too_long': m.registration_error_text_too_long,
  'registration.closing_wrong': m.registration_error_closing_wrong,
  'phone.country_needed': m.list_phone_country_needed,
  'phone.invalid': m.list_phone_invalid,
  'phone.not_in_country': m.list_phone_not_in_country,
  'phone.damaged': m.list_phone_damaged,
  'email.invalid': m.list_email_invalid,
};

/** Null where the code is none of these. */
export const registrationText = (code: string): string | null => REGISTRATIONS[code]?.() ?? null;
