export type { Exchange, Lock, LockOutcome, Loss, NextLock, Phase, Refused, Saved, Secret, Session, Store } from './contract';
export { newDocumentId, newRowId } from './ids';
export { keeping } from './keeping.svelte';
export type { LockKind } from './keys';
export { lockAfterMs } from './policy';
export { store } from './store.svelte';
