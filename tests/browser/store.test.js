// What stands between the screens and the engine, in a real browser: the edit log, the snapshots, the worker that leads, and the
// ways in which a phone's storage and network fail. The page has no screens; the server, the engine and the store are real.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { after, before } from 'node:test';

import { svelte } from '../../pwa/node_modules/@sveltejs/vite-plugin-svelte/src/index.js';
import { build } from '../../pwa/node_modules/vite/dist/node/index.js';
import { api, closeContext, House, tiwizi, test } from './harness.js';

const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.wasm': 'application/wasm' };
const EVENTS = { view: 'events' };

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

/** A browser with this app, and a hand on its network. */
class Phone {
  static async open() {
    const phone = new Phone();
    phone.context = await house.browser.newContext({ serviceWorkers: 'block' });
    phone.faults = [];
    /** Runs in each new worker before anything else. */
    phone.workerPatch = '';
    /** What becomes of the next exchanges, one after the other. */
    phone.accidents = [];
    phone.online = true;
    phone.exchanges = 0;
    await phone.context.route(/\/store\//, (route) => phone.#app(route));
    await phone.context.route(/\/api\//, (route) => phone.#api(route));
    return phone;
  }

  async #app(route) {
    const { pathname } = new URL(route.request().url());
    const name = pathname.slice('/store/'.length) || 'index.html';
    if (name === 'patch.js') return route.fulfill({ contentType: TYPES['.js'], body: this.workerPatch });
    if (name.includes('worker') && !name.startsWith('assets/patched/')) {
      const original = pathname.replace('assets/', 'assets/patched/');
      return route.fulfill({ contentType: TYPES['.js'], body: `import '/store/patch.js'; import '${original}';` });
    }
    const file = join(folder, name.replace('assets/patched/', 'assets/'));
    return route.fulfill({ contentType: TYPES[extname(file)], body: readFileSync(file) });
  }

  async #api(route) {
    if (!this.online) return route.abort('internetdisconnected');
    if (!route.request().url().endsWith('/api/sync')) return route.continue();
    this.exchanges += 1;
    const accident = this.accidents.shift();
    if (!accident) return route.continue();
    // The server has done its part: only its reply is lost.
    const response = await route.fetch();
    const body = await response.body();
    if (accident === 'connection lost') return route.abort('connectionreset');
    if (accident === 'reply cut off') return route.fulfill({ response, body: body.subarray(0, body.length >> 1) });
    return route.fulfill({ status: accident, contentType: 'application/json', body: '{"code":"some.code"}' });
  }

  /** Another tab, that shows these views. */
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

  async close() {
    await closeContext(this.context);
    assert.deepEqual(this.faults, []);
  }
}

function enroll(page, code = invite()) {
  return page.evaluate((code) => store.enroll({ code, name: 'Amina', label: 'Chromium', language: 'fr' }), code);
}

/** Coordinators hold everything, as administrators do, and need no lock. */
function invite() {
  return /#\/join\/(\S+)/.exec(tiwizi('invite', '--role', 'coordinator', '--data', house.folder))[1];
}

/** Waits until it is true in the page, and returns what it was: a phone goes on by itself, and may be elsewhere when asked again. */
async function becomes(page, is, value) {
  return (await page.waitForFunction(is, value, { polling: 20, timeout: 30_000 })).jsonValue();
}

const level = (page) => becomes(page, () => store.inLog === 0 && store.exchange.state === 'level');

/** Begins an event and returns what became of the edit, and the titles as the page shows them in that very moment. */
function begin(page, title) {
  return page.evaluate(async (title) => {
    const saved = store.commit({ do: 'create_event', event: newDocumentId(), fields: { title }, slots: [] });
    const shown = views()[0]?.events?.map((event) => event.title) ?? [];
    return { shown: shown.includes(title), ...(await saved) };
  }, title);
}

const begun = { shown: true, saved: true };

async function titles(page) {
  return (await page.evaluate(() => views()[0].events.map(({ title }) => title))).sort();
}

const showsTitle = (page, title) => becomes(page, (title) => views()[0]?.events?.some((event) => event.title === title), title);

test('a tap shows at once, is saved, and every tab sees it, whoever leads', async () => {
  const phone = await Phone.open();
  const first = await phone.enrolled(EVENTS);
  const second = await phone.tab(EVENTS);
  await becomes(second, () => store.engineReady);
  assert.deepEqual(await begin(second, 'Du second onglet'), begun);
  await showsTitle(first, 'Du second onglet');
  await first.close();
  assert.deepEqual(await begin(second, 'Seul'), begun);
  await becomes(second, () => store.inLog === 0);
  await level(second);
  await phone.close();

  const other = await Phone.open();
  const page = await other.enrolled(EVENTS);
  await showsTitle(page, 'Du second onglet');
  await showsTitle(page, 'Seul');
  await other.close();
});

test('what a worker did that ended before it could say so is not waited for any more', async () => {
  // It ends once the edit is in the documents, and once the snapshots show it and the log has it no more.
  for (const last of ['news', 'painted']) {
    const phone = await Phone.open();
    phone.workerPatch = `
      const { postMessage } = BroadcastChannel.prototype;
      let mute = false;
      BroadcastChannel.prototype.postMessage = function (message) {
        mute ||= message.say === 'news' && message.done.length > 0;
        if (!mute) postMessage.call(this, message);
        else if (message.say === '${last}') close();
      };`;
    await phone.enrolled(EVENTS);
    phone.workerPatch = '';
    const second = await phone.tab(EVENTS);
    await becomes(second, () => store.engineReady);
    assert.deepEqual(await begin(second, `Sans écho : ${last}`), begun);
    await level(second);
    assert.equal((await titles(second)).filter((title) => title === `Sans écho : ${last}`).length, 1);
    await phone.close();
  }
});

test('an app that is closed right after a tap, offline, opens with it before the engine has started', async () => {
  const phone = await Phone.open();
  const page = await phone.enrolled(EVENTS);
  const event = await page.evaluate(async () => {
    const [event, slot, person] = [newDocumentId(), newRowId(), newDocumentId()];
    const slots = [{ slot, day: '2026-03-01', starts: '09:00', ends: '12:00' }];
    await store.commit({ do: 'create_event', event, fields: { title: 'Atelier' }, slots });
    const known = { given: 'Zahra', family: 'Mouttaki', name_ar: '', sex: '', age_band: '', commune: '', association: null };
    await store.commit({ do: 'create_person', person, new: known, notice_read: true });
    await store.commit({ do: 'add_to_roster', event, person });
    window.seat = { event, slot, person };
    return event;
  });
  await page.evaluate((event) => show([{ view: 'event', event }]), event);
  await becomes(page, () => views()[0]?.rows?.length === 1);
  await level(page);
  phone.online = false;
  await page.evaluate(() => {
    const { event, slot, person } = seat;
    return store.commit({ do: 'check_in', event, slot, person, mark: newRowId(), status: 'present', minutes: null });
  });
  await page.close();

  const again = await phone.tab({ view: 'event', event });
  await becomes(again, () => store.engineReady);
  const statuses = await again.evaluate(() =>
    painted.filter(({ views }) => views[0]).map(({ ready, views }) => [ready, views[0].rows[0].slots[0].status]),
  );
  assert.deepEqual(statuses[0], [false, 'present'], 'painted from the snapshot');
  assert.ok(statuses.every(([, status]) => status === 'present'), JSON.stringify(statuses));
  await becomes(again, () => store.exchange.state === 'unreachable');
  phone.online = true;
  await again.evaluate(() => store.exchangeNow());
  await level(again);
  assert.equal(await again.evaluate(() => views()[0].rows[0].slots[0].on_server), true);
  await phone.close();
});

test('a reply that is lost, cut off or an error loses nothing', async () => {
  const phone = await Phone.open();
  const page = await phone.enrolled(EVENTS);
  const told = {
    'connection lost': { state: 'unreachable', code: null },
    'reply cut off': { state: 'unreachable', code: 'frame.malformed' },
    413: { state: 'refused', code: 'some.code' },
    503: { state: 'unreachable', code: 'some.code' },
  };
  for (const [accident, expected] of Object.entries(told)) {
    phone.accidents.push(Number(accident) || accident);
    assert.deepEqual(await begin(page, `Avec ${accident}`), begun);
    const heard = await becomes(page, () => {
      const { state, code } = store.exchange;
      return ['unreachable', 'refused'].includes(state) && { state, code };
    });
    assert.deepEqual(heard, expected, accident);
    await page.evaluate(() => store.exchangeNow());
    await level(page);
  }
  const other = await Phone.open();
  const found = await titles(await other.enrolled(EVENTS));
  for (const accident of Object.keys(told)) assert.equal(found.filter((title) => title === `Avec ${accident}`).length, 1);
  await other.close();
  await phone.close();
});

test('an edit of which the engine dies twice is set aside, and every other one goes on', async () => {
  const phone = await Phone.open();
  const page = await phone.enrolled(EVENTS);
  // As a trap of WebAssembly does, in the moment when the engine is handed that edit.
  phone.workerPatch = `
    const stringify = JSON.stringify;
    JSON.stringify = (value, ...rest) => {
      const isEntry = value?.at_ms && value.edit?.fields?.title === 'Fatal' && !value.id;
      if (isEntry) throw new WebAssembly.RuntimeError('unreachable');
      return stringify(value, ...rest);
    };`;
  await page.reload();
  await becomes(page, () => store.engineReady);
  for (const title of ['Avant', 'Fatal', 'Ensuite']) assert.equal((await begin(page, title)).saved, true);
  await becomes(page, () => store.refused.length === 1 && store.inLog === 0 && store.engineReady);
  const [refused] = await page.evaluate(() => store.refused);
  assert.deepEqual([refused.code, refused.edit.fields.title], ['edit.failed', 'Fatal']);
  const shown = await titles(page);
  assert.deepEqual(['Avant', 'Fatal', 'Ensuite'].map((title) => shown.includes(title)), [true, false, true]);

  phone.workerPatch = '';
  await page.reload();
  await becomes(page, () => store.refused.length === 1);
  await page.evaluate(() => store.dismiss(store.refused[0].id));
  await page.reload();
  await becomes(page, () => store.engineReady);
  assert.equal(await page.evaluate(() => store.refused.length), 0);
  await phone.close();
});

test('an edit for which there is no room is not shown as saved', async () => {
  const phone = await Phone.open();
  const page = await phone.enrolled(EVENTS);
  await page.evaluate(() => {
    const { add } = IDBObjectStore.prototype;
    IDBObjectStore.prototype.add = function () {
      throw new DOMException('no room', 'QuotaExceededError');
    };
    window.makeRoom = () => (IDBObjectStore.prototype.add = add);
  });
  assert.deepEqual(await begin(page, 'Trop'), { shown: true, saved: false, code: 'storage.full' });
  assert.equal((await titles(page)).includes('Trop'), false);
  await page.evaluate(() => makeRoom());
  assert.deepEqual(await begin(page, 'De la place'), begun);
  await level(page);
  await phone.close();
});

test('a phone that is full keeps what was saved, says so, and goes on when there is room', async () => {
  const phone = await Phone.open();
  const page = await phone.enrolled(EVENTS);
  phone.workerPatch = `
    const { put } = IDBObjectStore.prototype;
    IDBObjectStore.prototype.put = function (...words) {
      if (this.name === 'batch') throw new DOMException('no room', 'QuotaExceededError');
      return put.apply(this, words);
    };`;
  await page.reload();
  await becomes(page, () => store.engineReady);
  assert.deepEqual(await begin(page, 'Sans place'), begun);
  await becomes(page, () => store.storageTrouble === 'storage.full');
  assert.deepEqual([await page.evaluate(() => store.inLog), (await titles(page)).includes('Sans place')], [1, true]);
  phone.workerPatch = '';
  await becomes(page, () => store.inLog === 0 && store.storageTrouble === null);
  await level(page);
  await phone.close();
});

test('a connection to the storage that breaks is opened again', async () => {
  const phone = await Phone.open();
  const page = await phone.enrolled(EVENTS);
  // What iOS does to an app that was in the background.
  await page.evaluate(() => {
    const { transaction } = IDBDatabase.prototype;
    IDBDatabase.prototype.transaction = function () {
      IDBDatabase.prototype.transaction = transaction;
      throw new DOMException('Connection to Indexed Database server lost', 'UnknownError');
    };
  });
  assert.deepEqual(await begin(page, 'Après la veille'), begun);
  await level(page);
  await phone.close();
});

test('a device whose access is ended delivers what it had not sent, says so, forgets everything, and comes back by an invite', async () => {
  const phone = await Phone.open();
  const page = await phone.enrolled(EVENTS);
  phone.online = false;
  assert.deepEqual(await begin(page, 'Après la fermeture'), begun);
  await becomes(page, () => store.inLog === 0);
  phone.online = true;
  const { body } = await api({ page }, 'GET', '/api/session');
  const ended = await api({ page }, 'POST', `/api/devices/${body.device.id}/revoke`, {});
  assert.equal(ended.status, 204);
  // It wakes, delivers, and loads anew with nothing on it.
  await page.evaluate(() => dispatchEvent(new Event('online')));
  await becomes(page, () => store.phase === 'welcome' && store.delivered === 1);
  assert.deepEqual(await page.evaluate(() => views()[0]), null);
  assert.deepEqual(await enroll(page), { ok: true });
  await level(page);
  // What was delivered waits for staff: it is not on the new device before they accept it.
  assert.equal((await titles(page)).includes('Après la fermeture'), false);
  await page.reload();
  await becomes(page, () => store.engineReady && store.delivered === null);
  await phone.close();
});

test('a phone that lost its storage, and with it its key, comes back by another invite', async () => {
  const phone = await Phone.open();
  const page = await phone.enrolled(EVENTS);
  await begin(page, 'Avant la perte');
  await level(page);
  await page.goto('about:blank');
  const devtools = await phone.context.newCDPSession(page);
  await devtools.send('Storage.clearDataForOrigin', { origin: house.url, storageTypes: 'indexeddb' });
  const again = await phone.tab(EVENTS);
  // The cookie that it still has opens nothing: a thief may have a copy.
  await becomes(again, () => store.phase === 'welcome');
  assert.equal(await again.evaluate(() => fetch('/api/session').then((reply) => reply.status)), 401);
  assert.deepEqual(await enroll(again), { ok: true });
  await becomes(again, () => store.phase === 'ready' && store.exchange.state === 'level');
  await showsTitle(again, 'Avant la perte');
  await phone.close();
});

test('a code that was spent on a lost reply still opens the door to the same phone', async () => {
  const phone = await Phone.open();
  const page = await phone.tab(EVENTS);
  await becomes(page, () => store.phase === 'welcome');
  const code = invite();
  const loseReply = async (route) => {
    await route.fetch();
    // Playwright has kept the credential that the phone never saw.
    await phone.context.clearCookies();
    await route.abort('connectionreset');
  };
  await phone.context.route(/\/api\/enroll/, loseReply, { times: 1 });
  assert.deepEqual(await enroll(page, code), { ok: false, code: 'server.unreachable' });
  await page.reload();
  await becomes(page, () => store.phase === 'welcome');
  assert.deepEqual(await enroll(page, code), { ok: true });
  assert.deepEqual(await enroll(page, 'AAAA-AAAA-AAAA'), { ok: false, code: 'invite.unknown' });
  await level(page);
  await phone.close();
});

test('a leader that sleeps in another tab is relieved, and writes nothing when it wakes', async () => {
  const phone = await Phone.open();
  const first = await phone.enrolled(EVENTS);
  const second = await phone.tab(EVENTS);
  await second.clock.install();
  await second.reload();
  await second.bringToFront();
  await becomes(second, () => store.engineReady);
  const [leader] = first.workers();
  const ended = new Promise((resolve) => leader.once('close', resolve));
  // It sleeps until it is woken, however long the others take.
  let wake;
  const asleep = new Promise((resolve) =>
    phone.context.route(/\/api\/sleep$/, (route) => {
      wake = () => route.fulfill({ body: '' });
      resolve();
    }),
  );
  leader
    .evaluate(() => {
      const request = new XMLHttpRequest();
      request.open('GET', '/api/sleep', false);
      request.send();
    })
    .catch(() => 'its end is what is waited for');
  await asleep;
  assert.deepEqual(await begin(second, 'Pendant le sommeil'), begun);
  await second.clock.fastForward(21_000);
  await becomes(second, () => store.inLog === 0);
  await level(second);
  await wake();
  await ended;
  assert.deepEqual(await begin(first, 'Après le sommeil'), begun);
  await showsTitle(second, 'Après le sommeil');
  await level(second);
  await phone.close();
});
