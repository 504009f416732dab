//! Whether an account may do something: the engine's own table, for what a page shows before the engine has answered.
import type { Capability } from '../generated/Capability';
import { PERMISSIONS } from '../generated/PERMISSIONS';
import type { Role } from '../generated/Role';

/** False while nobody is signed in. */
export function may(role: Role | undefined, capability: Capability): boolean {
  return role !== undefined && PERMISSIONS[role].includes(capability);
}
