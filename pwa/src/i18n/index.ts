/*
 * All that the app says. `m.door_present({ count: 3 })`: every key is a typed function, compiled from `messages/*.json`.
 * `format.ts` writes days, times, numbers and money; `labels.ts`, `choices.ts`, `fields.ts` and `edits.ts` name the words of documents; `errors.ts` explains codes.
 */
export * as m from '../paraglide/messages.js';
export { editLabel } from './edits';
export { errorText } from './errors';
export { fieldLabel } from './fields';
export * from './format';
export { applyLanguage, isLanguage, language, region, setLanguage, type Language } from './language.svelte';
export * from './choices';
export * from './labels';
