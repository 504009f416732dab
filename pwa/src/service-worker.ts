//! The service worker: it keeps the app itself on the phone, and never a byte of anyone's data.
//!
//! Built into one file without imports, so that no half of it can be missing.

import { clientsClaim } from 'workbox-core';
import { cleanupOutdatedCaches, createHandlerBoundToURL, precacheAndRoute } from 'workbox-precaching';
import { NavigationRoute, registerRoute } from 'workbox-routing';

declare const self: ServiceWorkerGlobalScope;

// Every file of this version or none: if one cannot be fetched, the installation fails and the old version stays.
precacheAndRoute(self.__WB_MANIFEST);
cleanupOutdatedCaches();

// Every address of the app is the same page. The server's own addresses, and the page by which people register, are left to the network.
registerRoute(
  new NavigationRoute(createHandlerBoundToURL('/index.html'), {
    denylist: [/^\/api\//, /^\/healthz$/, /^\/metrics$/, /^\/register$/],
  }),
);

/** The reader of QR codes: larger than all the screens together, and of use only on phones whose browser reads none. */
const READER = /^\/assets\/zxing_reader-[\w-]+\.wasm$/;
const READER_CACHE = 'tiwizi-reader';

// Kept when it is first asked for, this version alone.
registerRoute(
  ({ url, sameOrigin }) => sameOrigin && READER.test(url.pathname),
  async ({ request }) => {
    const cache = await caches.open(READER_CACHE);
    const kept = await cache.match(request);
    if (kept) return kept;
    const answer = await fetch(request);
    if (answer.ok) {
      const others = await cache.keys();
      // A full phone reads codes all the same, with the network.
      await Promise.all(others.map((other) => cache.delete(other)))
        .then(() => cache.put(request, answer.clone()))
        .catch(() => {});
    }
    return answer;
  },
);

// The first visit must work offline from its first minute, before any reload.
clientsClaim();

// A new version waits until the page says that the moment is calm: it must never cut an edit.
self.addEventListener('message', (event) => {
  if ((event.data as { type?: unknown } | null)?.type === 'SKIP_WAITING') void self.skipWaiting();
});
