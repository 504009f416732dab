//! The service worker: it keeps the app itself on the phone, and never a byte of anyone's data.
//!
//! Built into one file without imports, so that no half of it can be missing.

import { clientsClaim } from 'workbox-core';
import { cleanupOutdatedCaches, createHandlerBoundToURL, precacheAndRoute } from 'workbox-precaching';
import { NavigationRoute, registerRoute } from 'workbox-routing';

declare const self: ServiceWorkerGlobalScope;

/** What only those open who plan, let in or report (see vite.config.ts): kept on their devices, when the page says that this is one. */
const DESK = /\/?assets\/desk-/;
const DESK_CACHE = 'tiwizi-desk';
const files = self.__WB_MANIFEST.map((file) => (typeof file === 'string' ? { url: file, revision: null } : file));
const desk = new Set(files.flatMap(({ url }) => (DESK.test(url) ? [new URL(url, self.location.href).href] : [])));

// Every file of this version or none: if one cannot be fetched, the installation fails and the old version stays.
precacheAndRoute(files.filter(({ url }) => !DESK.test(url)));
cleanupOutdatedCaches();
self.addEventListener('install', (event) => event.waitUntil(renewDesk()));
self.addEventListener('activate', (event) => event.waitUntil(forgetOldDesk()));

registerRoute(
  ({ url }) => desk.has(url.href),
  async ({ request }) => (await (await caches.open(DESK_CACHE)).match(request)) ?? fetch(request),
);

/** Fetches what is lacking of this version, all or nothing of it. A name is a content: what an older version kept may serve this one too. */
async function keepDesk(): Promise<void> {
  const cache = await caches.open(DESK_CACHE);
  const kept = new Set((await cache.keys()).map(({ url }) => url));
  await cache.addAll([...desk].filter((url) => !kept.has(url)));
}

/** A device that has the desk of one version has that of the next one before it takes over. */
async function renewDesk(): Promise<void> {
  if (await caches.has(DESK_CACHE)) await keepDesk();
}

async function forgetOldDesk(): Promise<void> {
  if (!(await caches.has(DESK_CACHE))) return;
  const cache = await caches.open(DESK_CACHE);
  for (const request of await cache.keys()) if (!desk.has(request.url)) await cache.delete(request);
}

// Every address of the app is the same page. The server's own addresses, and the page by which people register, are left to the network.
registerRoute(
  new NavigationRoute(createHandlerBoundToURL('/index.html'), {
    denylist: [/^\/api\//, /^\/healthz$/, /^\/metrics$/, /^\/register$/],
  }),
);

/** What only some phones need. Each in a cache of its own. */
const NEEDED_BY_SOME = [
  // The reader of QR codes: larger than all the screens together, and of use only on phones whose browser reads none.
  { file: /^\/assets\/zxing_reader-[\w-]+\.wasm$/, cache: 'tiwizi-reader', older: false },
  { file: /^\/assets\/worker-qr-[\w-]+\.js$/, cache: 'tiwizi-reader-worker', older: false },
  // The communes of two countries, for those who plan events. Last year's list serves until this year's has come.
  { file: /^\/assets\/communes-[\w-]+\.txt$/, cache: 'tiwizi-communes', older: true },
];

// Kept when it is first asked for, this version alone.
for (const { file, cache: name, older } of NEEDED_BY_SOME) {
  registerRoute(
    ({ url, sameOrigin }) => sameOrigin && file.test(url.pathname),
    async ({ request }) => {
      const cache = await caches.open(name);
      const kept = await cache.match(request);
      if (kept) return kept;
      const others = await cache.keys();
      const [other] = others;
      const answer = await fetch(request).catch((error: unknown) => {
        if (older && other) return cache.match(other);
        throw error;
      });
      if (!answer) return Response.error();
      if (answer.ok && answer.url === request.url) {
        // A full phone has it all the same, with the network.
        await Promise.all(others.map((other) => cache.delete(other)))
          .then(() => cache.put(request, answer.clone()))
          .catch(() => {});
      }
      return answer;
    },
  );
}

// The first visit must work offline from its first minute, before any reload.
clientsClaim();

// A new version waits until the page says that the moment is calm: it must never cut an edit.
self.addEventListener('message', (event) => {
  const said = (event.data as { type?: unknown } | null)?.type;
  if (said === 'SKIP_WAITING') void self.skipWaiting();
  // Without a network, or on a full phone, it is asked for again at the next start.
  if (said === 'KEEP_DESK') event.waitUntil(keepDesk().catch(() => {}));
});
