//! Who may come in, and on which device: asked of the server, since no phone holds it. Shapes are those of the server's
//! `routes/staff.rs` and `storage/access.rs`.
import type { AccountId } from '../../generated/AccountId';
import type { DeviceId } from '../../generated/DeviceId';
import type { DocumentId } from '../../generated/DocumentId';
import { GOVERNS } from '../../generated/PERMISSIONS';
import type { Role } from '../../generated/Role';
import type { Language } from '../../i18n';
import { ask } from '../../store/api';

/** One device in the list. Times are milliseconds since 1970 by the server's clock. */
export interface DeviceRow {
  id: DeviceId;
  label: string;
  account: AccountId;
  account_name: string;
  role: Role;
  created_ms: number;
  /** The next two are missing before its first exchange. */
  last_exchange_ms?: number;
  /** Changes that it said it still had to send. */
  unsent?: number;
  revoked_ms: number | null;
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

export const listDevices = () => ask<DeviceRow[]>('/api/devices');
export const listInvites = () => ask<InviteRow[]>('/api/invites');
export const listAccounts = () => ask<AccountRow[]>('/api/accounts');
export const makeInvite = (invite: InviteAsk) => ask<Invited>('/api/invites', invite);
export const withdrawInvite = (id: number) => ask<undefined>(`/api/invites/${id}/withdraw`, {});
export const revokeDevice = (id: DeviceId) => ask<undefined>(`/api/devices/${id}/revoke`, {});

/** Gives an account one event or dossier, or takes it back. Repeating it changes nothing. */
export const assign = (account: AccountId, document: DocumentId, given: boolean) =>
  ask<undefined>(`/api/accounts/${account}/assign`, { document, given });

/** The roles that somebody may let in and out. */
export function rolesBelow(role: Role): Role[] {
  return [...GOVERNS[role]];
}
