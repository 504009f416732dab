// Photos and signatures between the page, the phone's disk and the server, in a real browser: kept without a network, cut off again and
// again on their way, whole in the end, and in clear nowhere on the phone. The page has no screens; the rest is real.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { after, before } from 'node:test';

import { svelte } from '../../pwa/node_modules/@sveltejs/vite-plugin-svelte/src/index.js';
import { build } from '../../pwa/node_modules/vite/dist/node/index.js';
import { chromium } from 'playwright-core';
import { api, closeContext, House, tiwizi, test } from './harness.js';

const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.wasm': 'application/wasm' };
const EVENTS = { view: 'events' };
const INK = { ink: 1, width: 600, height: 200, strokes: [[12, 34, 56, 78, 123, 145], [300, 100, 301, 101]] };

let house, folder;

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tiwizi-page-'));
  await build({
    configFile: false,
    root: new URL('../../pwa/test/page/', import.meta.url).pathname,
    base: '/store/',
    plugins: [svelte({ configFile: false })],
    logLevel: 'warn',
    build: { outDir: folder, emptyOutDir: true, target: 'chrome109', assetsInlineLimit: 0 },
    worker: { format: 'es' },
  });
  house = await House.open({ demo: false });
});

after(async () => {
  await house?.close();
  rmSync(folder, { recursive: true, force: true });
});

/** A browser with this app, its files in a folder of its own, and a hand on its network. */
class Phone {
  static async open() {
    const phone = new Phone();
    phone.disk = mkdtempSync(join(tmpdir(), 'tiwizi-phone-'));
    phone.online = true;
    /** What becomes of the next pieces, one after the other. */
    phone.accidents = [];
    phone.pieces = [];
    phone.faults = [];
    /** Runs in each new worker before anything else. */
    phone.workerPatch = '';
    await phone.start();
    return phone;
  }

  async start() {
    this.context = await chromium.launchPersistentContext(this.disk, {
      executablePath: process.env.CHROMIUM,
      args: ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking'],
      serviceWorkers: 'block',
    });
    await this.context.route(/\/store\//, (route) => this.#app(route));
    await this.context.route(/\/api\//, (route) => this.#api(route));
  }

  async #app(route) {
    const name = new URL(route.request().url()).pathname.slice('/store/'.length) || 'index.html';
    const body = readFileSync(join(folder, name));
    const patched = name.includes('worker') ? this.workerPatch + body : body;
    return route.fulfill({ contentType: TYPES[extname(name)], body: patched });
  }

  async #api(route) {
    if (!this.online) return route.abort('internetdisconnected');
    const request = route.request();
    if (request.method() !== 'POST' || !request.url().includes('/api/blobs/')) return route.continue();
    const { pathname, searchParams } = new URL(request.url());
    this.pieces.push(`${pathname} ${searchParams.get('at')}`);
    const accident = this.accidents.shift();
    if (!accident) return route.continue();
    return accident(route);
  }

  /** Another tab. */
  async tab(...keys) {
    const page = await this.context.newPage();
    page.on('pageerror', (error) => this.faults.push(error.message));
    await page.goto(`${house.url}/store/#${encodeURIComponent(JSON.stringify(keys))}`);
    return page;
  }

  async enrolled(...keys) {
    const page = await this.tab(...keys);
    await becomes(page, () => store.phase === 'welcome');
    assert.deepEqual(await enroll(page), { ok: true });
    await becomes(page, () => store.engineReady && store.exchange.state === 'level');
    return page;
  }

  /** Everything that the browser has written. */
  bytes() {
    const files = readdirSync(this.disk, { recursive: true }).map((name) => join(this.disk, name));
    return Buffer.concat(files.filter((file) => statSync(file).isFile()).map((file) => readFileSync(file)));
  }

  async close() {
    await closeContext(this.context);
    rmSync(this.disk, { recursive: true, force: true });
    assert.deepEqual(this.faults, []);
  }
}

const becomes = (page, is, value) => page.waitForFunction(is, value, { polling: 20, timeout: 30_000 });

/** Waits for what the browser's network has come to. */
async function until(is) {
  const endsMs = Date.now() + 30_000;
  while (!is()) {
    if (Date.now() > endsMs) throw new Error(`not within half a minute: ${is}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function enroll(page) {
  const [, code] = /#\/join\/(\S+)/.exec(tiwizi('invite', '--role', 'coordinator', '--data', house.folder));
  return page.evaluate((code) => store.enroll({ code, name: 'Amina', label: 'Chromium', language: 'fr' }), code);
}

/** The server has done its part: only its answer is lost. */
const answerLost = async (route) => {
  await route.fetch();
  return route.abort('connectionreset');
};
const neverArrives = (route) => route.abort('connectionreset');

/** A photo of so many bytes at least, drawn by the browser, and signed by Zahra. Returns what was kept of both. */
function keepBoth(page) {
  return page.evaluate(async (ink) => {
    const canvas = new OffscreenCanvas(1200, 900);
    const context = canvas.getContext('2d');
    const noise = context.createImageData(1200, 900);
    for (let n = 0; n < noise.data.length; n += 1) noise.data[n] = Math.random() * 256;
    context.putImageData(noise, 0, 0);
    const photo = await shrink(await canvas.convertToBlob({ type: 'image/png' }));
    const signature = new TextEncoder().encode(JSON.stringify(ink));
    const kept = [await store.keepBlob('jpeg', photo), await store.keepBlob('ink', signature)];
    return { kept, photo: Array.from(photo), waiting: store.blobsWaiting };
  }, INK);
}

const hashOf = (bytes) => createHash('sha256').update(bytes).digest('hex');

test('a photo and a signature that are kept offline arrive whole, however often the network breaks', async () => {
  const phone = await Phone.open();
  let page = await phone.enrolled(EVENTS);
  phone.online = false;
  const { kept, photo: bytes, waiting } = await keepBoth(page);
  const [photo, signature] = [Buffer.from(bytes), Buffer.from(JSON.stringify(INK))];
  assert.deepEqual(kept, [{ saved: true, hash: hashOf(photo) }, { saved: true, hash: hashOf(signature) }]);
  assert.ok(photo.length > 400 * 1024 && photo.length <= 900 * 1024, `${photo.length}`);
  assert.equal(waiting, 2);
  assert.deepEqual(await page.evaluate(() => store.unacknowledged()), 2);
  assert.equal(await page.evaluate(() => store.leave()), 'unsent');
  assert.notEqual(await page.evaluate(() => store.exchange.state), 'level');

  // The browser ends, and is opened again: both are still there, and still wait.
  await closeContext(phone.context);
  const parts = [signature.subarray(0, 40), photo.subarray(photo.length >> 1).subarray(0, 64)];
  const inClear = () => parts.map((part) => phone.bytes().includes(part));
  assert.deepEqual(inClear(), [false, false]);
  await phone.start();
  page = await phone.tab(EVENTS);
  await becomes(page, () => store.engineReady && store.blobsWaiting === 2);
  const read = (hash) => page.evaluate(async (hash) => Array.from((await store.readBlob(hash)) ?? []), hash);
  assert.equal(hashOf(Buffer.from(await read(kept[0].hash))), kept[0].hash, 'read without a network');

  // Three times cut: a piece that never arrives, an answer that is lost, and a server that dies in the middle.
  const dies = async (route) => {
    await house.stop('SIGKILL');
    return route.abort('connectionreset');
  };
  phone.online = true;
  for (const accident of [neverArrives, answerLost, dies]) {
    assert.equal(await page.evaluate(() => store.blobsWaiting), 2);
    phone.accidents.push(null, accident);
    await page.evaluate(() => store.exchangeNow());
    await until(() => phone.accidents.length === 0);
  }
  await house.start();
  await page.evaluate(() => store.exchangeNow());
  await becomes(page, () => store.blobsWaiting === 0 && store.exchange.state === 'level');
  assert.equal(await page.evaluate(() => store.unacknowledged()), 0);
  // What had arrived was not sent again: only the piece that never arrived, and the one at which the server died.
  assert.ok(phone.pieces.length - new Set(phone.pieces).size <= 2, phone.pieces.join('\n'));

  // The photo has left the phone, the signature stays a while; both come from wherever they are.
  const stored = await page.evaluate(async () => {
    const opening = indexedDB.open('tiwizi');
    const db = await new Promise((resolve) => (opening.onsuccess = () => resolve(opening.result)));
    const asking = db.transaction('blob').objectStore('blob').getAllKeys();
    const keys = await new Promise((resolve) => (asking.onsuccess = () => resolve(asking.result)));
    db.close();
    return keys;
  });
  assert.deepEqual(stored, [hashOf(signature)]);
  assert.equal(Buffer.from(await read(kept[0].hash)).equals(photo), true, 'equal on the server');
  phone.online = false;
  assert.deepEqual(await read(kept[0].hash), []);
  assert.equal(Buffer.from(await read(kept[1].hash)).equals(signature), true);
  phone.online = true;
  assert.match(tiwizi('verify', '--data', house.folder), /2 photos, scans et signatures vérifiés/);

  // Had they been written in clear, they would have been found.
  await page.evaluate(
    async (values) => {
      const opening = indexedDB.open('control', 1);
      opening.onupgradeneeded = () => opening.result.createObjectStore('value');
      const db = await new Promise((resolve) => (opening.onsuccess = () => resolve(opening.result)));
      const tx = db.transaction('value', 'readwrite', { durability: 'strict' });
      values.forEach((value, n) => tx.objectStore('value').put(new Uint8Array(value), n));
      await new Promise((resolve) => (tx.oncomplete = resolve));
      db.close();
    },
    [Array.from(signature), bytes],
  );
  await closeContext(phone.context);
  assert.deepEqual(inClear(), [true, true]);
  await phone.close();
});

test('what came from the server is kept only where that is asked for', async () => {
  const phone = await Phone.open();
  const page = await phone.enrolled(EVENTS);
  const hash = await page.evaluate(async () => (await store.keepBlob('pdf', new TextEncoder().encode('%PDF-1.7 a scan'))).hash);
  await becomes(page, () => store.blobsWaiting === 0 && store.exchange.state === 'level');
  const text = (how) =>
    page.evaluate(async ([hash, how]) => new TextDecoder().decode((await store.readBlob(hash, how)) ?? new Uint8Array()), [hash, how]);
  assert.equal(await text(), '%PDF-1.7 a scan');
  phone.online = false;
  assert.equal(await text(), '');
  phone.online = true;
  assert.equal(await text('keep'), '%PDF-1.7 a scan');
  phone.online = false;
  assert.equal(await text(), '%PDF-1.7 a scan');
  await phone.close();
});

test('what is no photo, scan or signature is not kept, nor is what finds no room', async () => {
  const phone = await Phone.open();
  const page = await phone.enrolled(EVENTS);
  const keep = (media, text) =>
    page.evaluate(async ([media, text]) => store.keepBlob(media, new TextEncoder().encode(text)), [media, text]);
  assert.deepEqual(await keep('jpeg', '<script>'), { saved: false, code: 'blob.damaged' });
  assert.deepEqual(await keep('ink', 'x'.repeat(20_000)), { saved: false, code: 'blob.too_large' });
  await page.evaluate(() => {
    const { put } = IDBObjectStore.prototype;
    IDBObjectStore.prototype.put = function (...words) {
      if (this.name === 'blob') throw new DOMException('no room', 'QuotaExceededError');
      return put.apply(this, words);
    };
    window.makeRoom = () => (IDBObjectStore.prototype.put = put);
  });
  assert.deepEqual(await keep('pdf', '%PDF-1.7 no room'), { saved: false, code: 'storage.full' });
  assert.deepEqual(await page.evaluate(() => [store.storageTrouble, store.blobsWaiting]), ['storage.full', 0]);
  await page.evaluate(() => makeRoom());
  assert.equal((await keep('pdf', '%PDF-1.7 no room')).saved, true);
  assert.equal(await page.evaluate(() => store.storageTrouble), null);
  await becomes(page, () => store.blobsWaiting === 0 && store.exchange.state === 'level');
  await phone.close();
});

test('a second tab sees what waits, and a phone that is given up leaves nothing behind', async () => {
  const phone = await Phone.open();
  const page = await phone.enrolled(EVENTS);
  const second = await phone.tab(EVENTS);
  await becomes(second, () => store.engineReady);
  phone.online = false;
  await second.evaluate(async () => store.keepBlob('pdf', new TextEncoder().encode('%PDF-1.7 two tabs')));
  await becomes(page, () => store.blobsWaiting === 1);
  await second.close();
  phone.online = true;
  await page.evaluate(() => store.exchangeNow());
  await becomes(page, () => store.blobsWaiting === 0 && store.exchange.state === 'level');
  await page.evaluate(async () => store.keepBlob('ink', new TextEncoder().encode('{"ink":1,"width":9,"height":9,"strokes":[[1,2]]}')));
  await becomes(page, () => store.blobsWaiting === 0 && store.exchange.state === 'level');
  await Promise.all([page.waitForNavigation(), page.evaluate(() => store.leave())]);
  await becomes(page, () => store.phase === 'welcome');
  const left = await page.evaluate(async () => {
    const count = async (name, store) => {
      const opening = indexedDB.open(name);
      const db = await new Promise((resolve) => (opening.onsuccess = () => resolve(opening.result)));
      const asking = db.transaction(store).objectStore(store).count();
      const count = await new Promise((resolve) => (asking.onsuccess = () => resolve(asking.result)));
      db.close();
      return count;
    };
    return [await count('tiwizi', 'blob'), await count('tiwizi-key', 'key')];
  });
  assert.deepEqual(left, [0, 0]);
  // It comes in again, with a key of its own.
  assert.deepEqual(await enroll(page), { ok: true });
  await becomes(page, () => store.engineReady && store.exchange.state === 'level');
  await phone.close();
});

test('a device whose access is ended delivers its photos too, then forgets', async () => {
  const phone = await Phone.open();
  const page = await phone.enrolled(EVENTS);
  phone.online = false;
  await page.evaluate(async () => store.keepBlob('pdf', new TextEncoder().encode('%PDF-1.7 after the end')));
  phone.online = true;
  const { body } = await api({ page }, 'GET', '/api/session');
  assert.equal((await api({ page }, 'POST', `/api/devices/${body.device.id}/revoke`, {})).status, 204);
  await page.evaluate(() => dispatchEvent(new Event('online')));
  await becomes(page, () => store.phase === 'welcome' && store.delivered === 0);
  assert.equal(await page.evaluate(() => store.blobsWaiting), 0);
  const hash = hashOf('%PDF-1.7 after the end');
  assert.ok(phone.pieces.length > 0);
  assert.deepEqual(await enroll(page), { ok: true });
  await becomes(page, () => store.engineReady && store.exchange.state === 'level');
  // Nothing refers to it, and another account brought it: it is not for this one to see.
  assert.equal(await page.evaluate((hash) => store.readBlob(hash), hash), null);
  await phone.close();
});

test('a server that was restored from a backup gets back the signatures that it had lost', async () => {
  const phone = await Phone.open();
  const page = await phone.enrolled(EVENTS);
  await house.stop();
  const backup = mkdtempSync(join(tmpdir(), 'tiwizi-backup-'));
  cpSync(house.folder, backup, { recursive: true });
  await house.start();
  const ink = '{"ink":1,"width":90,"height":30,"strokes":[[1,2,3,4]]}';
  const { hash } = await page.evaluate((ink) => store.keepBlob('ink', new TextEncoder().encode(ink)), ink);
  await becomes(page, () => store.blobsWaiting === 0 && store.exchange.state === 'level');
  await house.stop();
  rmSync(house.folder, { recursive: true });
  cpSync(backup, house.folder, { recursive: true });
  rmSync(backup, { recursive: true });
  await house.start();
  const found = () => api({ page }, 'GET', `/api/blobs/${hash}/state`).then(({ body }) => body.whole);
  assert.equal(await found(), false);
  // A day later, by the worker's clock.
  phone.workerPatch = 'const now = Date.now; Date.now = () => now() + 90_000_000;';
  await page.reload();
  for (let n = 0; !(await found()); n += 1) {
    assert.ok(n < 100, 'it was not brought again');
    await page.waitForTimeout(200);
  }
  await becomes(page, () => store.blobsWaiting === 0 && store.exchange.state === 'level');
  await phone.close();
});

/** A JPEG with what phones write into it: to be turned by a quarter, and where it was taken. */
function withExif(jpeg) {
  const tiff = Buffer.from('49492a0008000000' + '0100' + '12010300010000000600' + '0000' + '00000000', 'hex');
  const body = Buffer.concat([Buffer.from('Exif\0\0'), tiff, Buffer.from('GPS 30.4278 -9.5981')]);
  const head = Buffer.from([0xff, 0xe1, (body.length + 2) >> 8, (body.length + 2) & 255]);
  return Buffer.concat([jpeg.subarray(0, 2), head, body, jpeg.subarray(2)]);
}

test('a photo is made small, upright, and says no more than it shows', async () => {
  const phone = await Phone.open();
  const page = await phone.tab();
  const draw = (width, height) =>
    page.evaluate(
      async ([width, height]) => {
        const canvas = new OffscreenCanvas(width, height);
        const context = canvas.getContext('2d');
        context.fillStyle = '#00f';
        context.fillRect(0, 0, width, height);
        context.fillStyle = '#f00';
        context.fillRect(0, 0, width / 2, height / 2);
        const blob = await canvas.convertToBlob({ type: 'image/jpeg', quality: 0.9 });
        return Array.from(new Uint8Array(await blob.arrayBuffer()));
      },
      [width, height],
    );
  const shrunk = (bytes) =>
    page.evaluate(async (bytes) => {
      try {
        const jpeg = await shrink(new Blob([new Uint8Array(bytes)]));
        const picture = await createImageBitmap(new Blob([jpeg], { type: 'image/jpeg' }));
        const { width, height } = picture;
        const context = new OffscreenCanvas(width, height).getContext('2d');
        context.drawImage(picture, 0, 0);
        const redAt = (x, y) => context.getImageData(x * (width - 1), y * (height - 1), 1, 1).data[0] > 128;
        return { width, height, red: [redAt(0.1, 0.1), redAt(0.9, 0.1), redAt(0.1, 0.9), redAt(0.9, 0.9)], bytes: Array.from(jpeg) };
      } catch (error) {
        return error.code;
      }
    }, Array.from(bytes));
  const taken = withExif(Buffer.from(await draw(3000, 1500)));
  assert.ok(taken.includes('GPS 30.4278'));
  const { width, height, red, bytes } = await shrunk(taken);
  // Turned by a quarter to the right: what was above on the left is above on the right.
  assert.deepEqual([width, height, red], [1000, 2000, [false, true, false, false]]);
  for (const word of ['Exif', 'GPS']) assert.equal(Buffer.from(bytes).includes(word), false, word);
  const small = await shrunk(await draw(40, 30));
  assert.deepEqual([small.width, small.height], [40, 30], 'nothing is made larger');
  for (const nothing of [Buffer.from('no picture'), Buffer.alloc(0), taken.subarray(0, 300)]) {
    assert.equal(await shrunk(nothing), 'photo.unreadable');
  }
  await phone.close();
});
