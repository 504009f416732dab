/*
 * All that the app says. `m.door_present({ count: 3 })`: every key is a typed function, compiled from `messages/*.json`.
 * `format.ts` writes days, times, numbers and money; `labels.ts` names the words of documents; `errors.ts` explains codes.
 */
export * as m from '../paraglide/messages.js';
export { errorText } from './errors';
export * from './format';
export { applyLanguage, isLanguage, language, region, setLanguage, type Language } from './language.svelte';
export * from './labels';
