// What any page costs on this machine: one sentence, kept by a service worker of three lines, its server stopped.
import { createServer } from 'node:http';

import { answer } from './common.js';

const PAGE = '<!doctype html><html lang="fr"><title>Vide</title><p>Rien.</p>';
const WORKER = `
addEventListener('install', (event) => event.waitUntil(caches.open('empty').then((cache) => cache.add('/'))));
addEventListener('activate', (event) => event.waitUntil(clients.claim()));
addEventListener('fetch', (event) => event.respondWith(caches.match(event.request).then((kept) => kept ?? fetch(event.request))));
`;

/** In the page before anything else: notes when its sentence was drawn. In ms since its navigation. */
function watch() {
  window.drawn = new Promise((resolve) =>
    addEventListener('DOMContentLoaded', () =>
      requestAnimationFrame(() => {
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = () => resolve(performance.now());
        port2.postMessage(null);
      }),
    ),
  );
}

/** Keeps the page in a browser and stops its server. Returns its address. */
export async function keepEmpty(context) {
  const server = createServer((request, response) => {
    const worker = request.url === '/worker.js';
    response.writeHead(200, { 'content-type': worker ? 'text/javascript' : 'text/html; charset=utf-8' }).end(worker ? WORKER : PAGE);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://localhost:${server.address().port}/`;
  const page = await context.newPage();
  await page.goto(url);
  await page.evaluate(async () => {
    await navigator.serviceWorker.register('/worker.js');
    await navigator.serviceWorker.ready;
  });
  await page.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  return url;
}

/** Opens it anew, as the app is. `slow` slows its page. In ms until its sentence was drawn. */
export async function openEmpty(context, url, slow) {
  const page = await context.newPage();
  await page.addInitScript(watch);
  const devtools = await slow(page);
  await page.goto(url, { waitUntil: 'commit' });
  const drawn = await answer(devtools, 'window.drawn');
  await page.close();
  return drawn;
}
