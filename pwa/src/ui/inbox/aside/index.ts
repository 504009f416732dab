//! For those who judge what was set aside: kept on their devices alone.
export { aside } from './aside.svelte';
export { default as ChangePanel } from './ChangePanel.svelte';
export { default as ListPanel } from './ListPanel.svelte';
export { default as OfRecord } from './OfRecord.svelte';
