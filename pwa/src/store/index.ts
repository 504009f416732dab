export type { Exchange, Phase, Refused, Saved, Session, Store } from './contract';
export { newDocumentId, newRowId } from './ids';
export { store } from './store.svelte';
