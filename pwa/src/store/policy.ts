/** What an organisation decides about phones. One function for each: the values will come from its settings. */
import type { Role } from '../generated/Role';

const LOCK_AFTER_MS = 5 * 60_000;

/** Whoever sees many people's data must lock their phone; the others may. */
export function lockDemanded(role: Role): boolean {
  return role !== 'volunteer' && role !== 'coordinator';
}

/** How long a locked phone stays open without being touched. */
export function lockAfterMs(): number {
  return LOCK_AFTER_MS;
}
