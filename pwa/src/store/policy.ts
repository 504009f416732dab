/** What the house decides about phones: its settings, as this device last heard of them. */
import type { Role } from '../generated/Role';

/** As in the engine's `settings.rs`: from which role on a device must be locked, and after how long it locks itself. */
export interface Policy {
  lockFrom: number;
  lockMinutes: number;
}

let policy: Policy = { lockFrom: 2, lockMinutes: 5 };

/** Parts that are not known stay as they were. */
export function setPolicy(now: Partial<Policy>): void {
  policy = { ...policy, ...now };
}

/** Whoever sees many people's data must lock their phone; of the others the house decides. */
export function lockDemanded(role: Role): boolean {
  if (role === 'volunteer') return policy.lockFrom <= 0;
  return role !== 'coordinator' || policy.lockFrom <= 1;
}

/** How long a locked phone stays open without being touched. */
export function lockAfterMs(): number {
  return policy.lockMinutes * 60_000;
}
