//! Who may come in, on which device: asked of the server, since no phone holds it. Shapes are those of the server's
//! `routes/staff.rs`, `routes/session.rs` and `storage/access.rs`.
import type { AccountId } from '../../generated/AccountId';
import type { DeviceId } from '../../generated/DeviceId';
import type { DocumentId } from '../../generated/DocumentId';
import type { Lock } from '../../generated/Lock';
import { GOVERNS } from '../../generated/PERMISSIONS';
import type { Role } from '../../generated/Role';
import type { Language } from '../../i18n';
import { ask } from '../../store/api';

/** Which documents an account holds: those given to it and what these name, or all that the role may read. */
export type Scope = 'assigned' | 'everything';

/** What a device said of itself at its last exchange. */
export interface Said {
  last_exchange_ms: number;
  /** Its clock minus the server's. */
  clock_offset_ms: number;
  /** Changes that it said it still had to send. */
  unsent: number;
  /** Photos, scans and signatures that it has still to bring. */
  unsent_blobs: number;
  app_build: string;
  /** Whether its browser promised to keep the storage; null where it did not say. */
  persisted: boolean | null;
  installed: boolean;
  lock: Lock;
  storage_percent: number | null;
  /** The last exchange that failed before this one. */
  failure: { code: string; at_ms: number } | null;
}

/** One device in the list. Times are milliseconds since 1970 by the server's clock. Nothing is said before the first exchange. */
export interface DeviceRow extends Partial<Said> {
  id: DeviceId;
  label: string;
  account: AccountId;
  account_name: string;
  role: Role;
  created_ms: number;
  revoked_ms: number | null;
  /** Its access has ended, and it has delivered what it had not sent. */
  rescued_ms: number | null;
  /** The code that it shows, while it asks to be confirmed. */
  code: string | null;
  /** Whether somebody has vouched for it already: then it asks because its session has ended. */
  confirmed: boolean;
}

export interface InviteRow {
  id: number;
  role: Role;
  name: string | null;
  expires_ms: number;
  state: 'open' | 'used' | 'expired' | 'withdrawn';
}

export interface InviteAsk {
  role: Role;
  scope?: Scope;
  /** Whose further device it is for. */
  account?: AccountId;
  name: string | null;
  language: Language;
  documents: DocumentId[];
  hours: number;
}

/** Somebody who may come in, with what was given to them. */
export interface AccountRow {
  id: AccountId;
  name: string;
  role: Role;
  language: Language;
  scope: Scope;
  disabled: boolean;
  documents: DocumentId[];
}

/** A fresh invite: the only time that its code is seen. */
export interface Invited {
  id: number;
  code: string;
  link: string;
  expires_ms: number;
}

/** How far this device is in. */
export interface Standing {
  /** To be shown to somebody who may confirm this device; null when nobody has to. */
  code: string | null;
  ends_ms: number | null;
  has_passkey: boolean;
}

export interface PasskeyRow {
  id: string;
  label: string;
  created_ms: number;
  used_ms: number | null;
}

export const listDevices = () => ask<DeviceRow[]>('/api/devices');
/** What a phone has of an event, as far as the server knows: see `storage/fleet.rs`. */
export type Has = 'everything' | 'not_the_last' | 'nothing';

/** An event of today or tomorrow, and the phones of those to whom it was given. */
export interface Soon {
  id: DocumentId;
  title: string;
  place: string;
  first_day: string;
  last_day: string;
  expected: number;
  people: { account: AccountId; name: string; phones: { device: DeviceId; label: string; has: Has; last_exchange_ms: number | null }[] }[];
}

/** All that is known of the phones. */
export interface Fleet {
  now_ms: number;
  /** The app as the server gives it out; null where it gives none. */
  build: string | null;
  devices: DeviceRow[];
  /** What is not over and was given to each account. */
  given: Record<AccountId, { id: DocumentId; title: string }[]>;
  soon: Soon[];
}

export const readFleet = () => ask<Fleet>('/api/fleet');
export const listInvites = () => ask<InviteRow[]>('/api/invites');
export const listAccounts = () => ask<AccountRow[]>('/api/accounts');
export const makeInvite = (invite: InviteAsk) => ask<Invited>('/api/invites', invite);
export const withdrawInvite = (id: number) => ask<undefined>(`/api/invites/${id}/withdraw`, {});
export const revokeDevice = (id: DeviceId) => ask<undefined>(`/api/devices/${id}/revoke`, {});
export const confirmDevice = (id: DeviceId, code: string) => ask<undefined>(`/api/devices/${id}/confirm`, { code });
export const closeAccount = (id: AccountId, disabled: boolean) => ask<undefined>(`/api/accounts/${id}/disable`, { disabled });
export const changeAccount = (id: AccountId, change: Partial<Pick<AccountRow, 'name' | 'role' | 'scope' | 'language'>>) =>
  ask<AccountRow>(`/api/accounts/${id}/change`, change);

/** Gives an account one event, dossier, association or territory, or takes it back. Repeating it changes nothing. */
export const assign = (account: AccountId, document: DocumentId, given: boolean) =>
  ask<undefined>(`/api/accounts/${account}/assign`, { document, given });

export const standing = () => ask<Standing>('/api/session');
/** A device whose session has ended asks to be confirmed anew; its code then stands in its session. */
export const reopen = (asks: string) => ask<undefined>('/api/session/reopen', { asks });

export const listPasskeys = () => ask<PasskeyRow[]>('/api/passkeys');
export const removePasskey = (id: string) => ask<undefined>('/api/passkeys/remove', { id });

/** The roles that somebody may let in and out. */
export function rolesBelow(role: Role): Role[] {
  return [...GOVERNS[role]];
}

/** The scopes that a role may have, the usual one first (`Role::scopes` of the engine). */
export const SCOPES: Record<Role, readonly Scope[]> = {
  volunteer: ['assigned'],
  coordinator: ['everything', 'assigned'],
  staff: ['everything'],
  admin: ['everything'],
  auditor: ['assigned'],
};
