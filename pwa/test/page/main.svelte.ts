/**
 * A page without screens, for tests/browser/store.test.js and blobs.test.js: it shows what a test asks for and keeps what it was shown. The store,
 * the worker, the engine and the server behind it are the real ones.
 */
import type { View } from '../../src/generated/View';
import type { ViewKey } from '../../src/generated/ViewKey';
import { newDocumentId, newRowId, store } from '../../src/store';
import { shrink } from '../../src/store/photo';

let keys = $state.raw<ViewKey[]>(JSON.parse(decodeURIComponent(location.hash.slice(1) || '[]')) as ViewKey[]);
const views = $derived(keys.map((key): View | null => store.view(key)));

/** What was painted, one after the other. */
const painted: Array<{ ready: boolean; views: Array<View | null> }> = [];

$effect.root(() => {
  $effect(() => {
    painted.push({ ready: store.engineReady, views });
  });
});

Object.assign(window, {
  store,
  newDocumentId,
  newRowId,
  shrink,
  painted,
  show: (wanted: ViewKey[]) => (keys = wanted),
  views: () => views,
});
