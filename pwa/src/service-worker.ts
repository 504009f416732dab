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

// Every address of the app is the same page. The server's own addresses are left to the network.
registerRoute(
  new NavigationRoute(createHandlerBoundToURL('/index.html'), {
    denylist: [/^\/api\//, /^\/healthz$/, /^\/metrics$/],
  }),
);

// The first visit must work offline from its first minute, before any reload.
clientsClaim();

// A new version waits until the page says that the moment is calm: it must never cut an edit.
self.addEventListener('message', (event) => {
  if ((event.data as { type?: unknown } | null)?.type === 'SKIP_WAITING') void self.skipWaiting();
});
