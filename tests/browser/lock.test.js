// A phone in the wrong hands, and a phone whose browser has thrown everything away: what is on its disk can be read by nobody without
// the code, opens offline with it, and is never silently gone.
import assert from 'node:assert/strict';
import { after, before } from 'node:test';

import { DESK, House, PIN, api, test } from './harness.js';

const EASY = ['000000', '123456', '987654', '121212', '12345'];
/** Typed by Amina, and found nowhere in clear. */
const GIVEN = 'Tiziri-Lalla';
const FAMILY = 'Aoubouhaddou';
const OTHER_PIN = '739104';

let house, staff, amina, event, dossier;

before(async () => {
  house = await House.open();
  staff = await house.phone({ viewport: DESK });
});

after(() => house?.close());

const heading = (phone, name) => phone.page.getByRole('heading', { level: 1, name });
const button = (phone, name) => phone.page.getByRole('button', { name });
const locked = (phone) => heading(phone, 'Tiwizi est verrouillé');
const row = (phone, name) => button(phone, new RegExp(`${name}.*toucher pour pointer`));
const present = (phone, name) => button(phone, new RegExp(`${name}.*Présent`));

async function lockNow(phone) {
  await phone.go('#/sync');
  await button(phone, 'Verrouiller maintenant').click();
  await locked(phone).waitFor();
}

async function type(phone, pin) {
  await phone.page.getByLabel('Votre code').fill(pin);
  await button(phone, 'Ouvrir').click();
}

async function invited(name) {
  const invite = { role: 'volunteer', name, language: 'fr', documents: [event, dossier], hours: 24 };
  const { status, body } = await api(staff, 'POST', '/api/invites', invite);
  assert.equal(status, 200);
  return body.code;
}

/** Everything that this browser keeps for the app, as bytes that can be searched: databases, localStorage, caches, the address. */
function kept(page) {
  return page.evaluate(async () => {
    const pieces = [];
    /** Each string and each array of bytes in it, and what it is called. */
    const take = (value) => {
      if (typeof value === 'string') pieces.push(value);
      else if (value instanceof Uint8Array) pieces.push(new TextDecoder('latin1').decode(value), new TextDecoder().decode(value));
      // The public half of a pair is for everybody.
      else if (value instanceof CryptoKey) pieces.push(`key ${value.extractable && value.type !== 'public'}`);
      else if (typeof value === 'object' && value !== null) for (const [name, part] of Object.entries(value)) (take(name), take(part));
    };
    const asked = (request) => new Promise((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
    for (const { name } of await indexedDB.databases()) {
      const db = await asked(indexedDB.open(name));
      for (const store of db.objectStoreNames) {
        const objects = db.transaction(store).objectStore(store);
        const [keys, values] = [await asked(objects.getAllKeys()), await asked(objects.getAll())];
        pieces.push(`${store} ${keys.length}`);
        take(keys);
        take(values);
      }
      db.close();
    }
    take({ ...localStorage });
    take({ ...sessionStorage });
    take(location.href);
    take(document.cookie);
    for (const name of await caches.keys()) {
      const cache = await caches.open(name);
      for (const request of await cache.keys()) {
        take(request.url);
        // The app's own files hold no one's name; whatever else were here would be data.
        const response = await cache.match(request);
        if (!/javascript|wasm|css|svg|html|manifest/.test(response.headers.get('content-type') ?? '')) take(await response.text());
      }
    }
    return pieces.join('\n');
  });
}

async function assertSealed(phone, stores) {
  const found = await kept(phone.page);
  for (const name of [GIVEN, FAMILY, 'ABOULKACEM', 'Atelier d’écriture', 'Amina']) {
    assert.equal(found.includes(name), false, `${name} in clear`);
  }
  for (const store of stores) assert.match(found, new RegExp(`${store} [1-9]`), 'there is something to find');
  assert.equal(found.includes('key true'), false, 'a key that can be exported');
}

test('whoever sees many people’s data sets a lock first, and nothing is fetched before', async () => {
  let exchanges = 0;
  staff.page.on('request', (request) => (exchanges += request.url().endsWith('/api/sync') ? 1 : 0));
  await staff.page.goto(`${house.url}/#/join/${house.staffCode}`);
  await button(staff, 'Entrer').click();
  await heading(staff, 'Protégez ce téléphone').waitFor();
  await staff.accessible();
  for (const pin of EASY) {
    await staff.page.getByLabel('Votre code').fill(pin);
    await staff.page.getByLabel('Le même code').fill(pin);
    await button(staff, 'Verrouiller ce téléphone').click();
    await staff.page.getByText(pin.length < 6 ? 'au moins six chiffres.' : 'se devine trop vite').waitFor();
  }
  await staff.page.getByLabel('Votre code').fill(PIN);
  await staff.page.getByLabel('Le même code').fill(OTHER_PIN);
  await button(staff, 'Verrouiller ce téléphone').click();
  await staff.page.getByText('Les deux codes sont différents').waitFor();
  assert.equal(exchanges, 0);
  await staff.setPin();
  await staff.page.getByText('Aujourd’hui').first().waitFor();

  await staff.page.getByRole('link', { name: /Atelier d’écriture : de l’idée au dossier/ }).click();
  await staff.page.waitForURL(/#\/event\//);
  event = staff.page.url().split('/').pop();
  await staff.go('#/dossiers');
  await staff.page.getByRole('link', { name: /Un réseau d’eau/ }).click();
  await staff.page.waitForURL(/#\/dossier\//);
  dossier = staff.page.url().split('/').pop();
  // It may be changed, not taken away.
  await staff.go('#/lock');
  await button(staff, 'Changer').waitFor();
  assert.equal(await button(staff, 'Ne plus verrouiller').count(), 0);
});

test('what was typed is nowhere in clear, without a lock and with one', async () => {
  amina = await house.phone();
  await amina.enroll(await invited('Amina Volontaire'));
  await amina.go(`#/event/${event}`);
  await row(amina, 'Khadija ABOULKACEM').waitFor();
  await amina.page.getByLabel('Chercher un nom').fill(`${GIVEN} ${FAMILY}`);
  await amina.page.getByRole('link', { name: /Inscrire/ }).first().click();
  await amina.page.getByLabel('Prénom').fill(GIVEN);
  await amina.page.getByLabel('Nom de famille').fill(FAMILY);
  await amina.page.getByLabel(/Lu à voix haute/).check();
  await button(amina, 'Inscrire et pointer présent').click();
  await amina.page.getByText(new RegExp(`${FAMILY}.*inscription enregistrée`)).waitFor();
  await amina.level();
  await assertSealed(amina, ['session', 'batch', 'view', 'key']);

  await amina.go('#/lock');
  await amina.accessible();
  await amina.setPin();
  await button(amina, 'Verrouiller maintenant').waitFor();
  await amina.accessible();
  await assertSealed(amina, ['session', 'batch', 'view', 'key']);
});

test('the lock closes every tab, and shows and holds nothing', async () => {
  const second = await amina.context.newPage();
  await second.goto(`${house.url}/#/event/${event}`);
  // A tab that is opened beside an unlocked one is unlocked.
  await second.getByText('présent').first().waitFor();
  await amina.network(false);
  await amina.go(`#/dossier/${dossier}`);
  const words = 'Et cela, personne ne l’avait encore écrit.';
  const text = amina.page.getByRole('textbox', { name: /Objectifs/ });
  await text.fill(`${await text.inputValue()} ${words}`);
  // From the other tab, while this one is in the middle of a sentence.
  await second.evaluate(() => (location.hash = '#/lock'));
  await second.getByRole('button', { name: 'Verrouiller maintenant' }).click();
  for (const page of [amina.page, second]) {
    await page.getByRole('heading', { name: 'Tiwizi est verrouillé' }).waitFor();
    // The page is loaded anew, and called by its name a moment after it is drawn.
    await page.waitForFunction(() => document.title === 'Tiwizi est verrouillé');
    await page.waitForFunction(() => navigator.locks.query().then(({ held }) => held.every(({ name }) => name !== 'tiwizi')));
    const html = await page.evaluate(() => document.documentElement.outerHTML);
    for (const name of ['ABOULKACEM', FAMILY, 'Amina', 'Atelier']) assert.equal(html.includes(name), false, name);
    assert.equal(page.workers().filter((worker) => !/pin/.test(worker.url())).length, 0);
  }
  await amina.accessible();
  await assertForgotten(amina.page);
  await assertSealed(amina, ['log']);

  // Offline, with the code, in one tab: both are open, and the half-finished sentence is there.
  await type(amina, PIN);
  await text.waitFor();
  assert.ok((await text.inputValue()).includes(words));
  await second.getByRole('button', { name: 'Verrouiller maintenant' }).waitFor();
  await second.close();
  await amina.go(`#/event/${event}`);
  await row(amina, 'Saïd AMZIL').click();
  await present(amina, 'Saïd AMZIL').waitFor();
});

/** Nothing of what was shown is left in the page's memory. */
async function assertForgotten(page) {
  const devtools = await page.context().newCDPSession(page);
  let heap = '';
  devtools.on('HeapProfiler.addHeapSnapshotChunk', ({ chunk }) => (heap += chunk));
  await devtools.send('HeapProfiler.enable');
  await devtools.send('HeapProfiler.takeHeapSnapshot', { reportProgress: false });
  assert.ok(heap.includes('Tiwizi est verrouill'), 'the snapshot is one of this page');
  for (const name of ['ABOULKACEM', FAMILY]) assert.equal(heap.includes(name), false, `${name} in memory`);
  // Not detached: Chromium (148) would let the page have its network again.
  await devtools.send('HeapProfiler.disable');
}

test('wrong codes cost time, also after a reload', async () => {
  // Locked right after a tap: what opens later knows of the tap from the first moment.
  await amina.page.addInitScript(() => {
    const look = () => (window.saidLevel ||= /Tout est sur le serveur/.test(document.body?.innerText ?? ''));
    new MutationObserver(look).observe(document, { subtree: true, childList: true, characterData: true });
  });
  await lockNow(amina);
  for (let wrong = 0; wrong < 3; wrong += 1) {
    await type(amina, OTHER_PIN);
    await amina.page.getByText('Ce n’est pas le bon code').waitFor();
  }
  await amina.page.getByText(/Réessayez dans\s.[1-5]\sseconde/).waitFor();
  await amina.page.reload();
  await amina.page.getByText(/Réessayez dans\s.[1-5]\sseconde/).waitFor();
  assert.equal(await button(amina, 'Ouvrir').isDisabled(), true);
  // The wait is real, and short enough to be waited for; the digits of Arabic keypads are digits.
  await amina.page.getByLabel('Votre code').fill('٤٩٣٨١٧');
  await button(amina, 'Ouvrir').click();
  await heading(amina, 'Synchro').waitFor();
  await amina.page.getByText('Atelier d’écriture').first().waitFor();
  assert.equal(await amina.page.evaluate(() => window.saidLevel), false, 'it never says that the server has what it has not');
  await amina.network(true);
  await amina.level();
});

test('a phone that nobody touches locks by itself', async () => {
  // One of its own: a clock that was moved stays so in all of its pages.
  const idle = await house.phone();
  await idle.enroll(await invited('Zahra Volontaire'));
  await idle.go('#/lock');
  await idle.setPin();
  const { page } = idle;
  await page.clock.install();
  await page.reload();
  await idle.unlock();
  await button(idle, 'Verrouiller maintenant').waitFor();
  await page.clock.fastForward('04:00');
  await page.mouse.click(5, 5);
  await page.clock.fastForward('04:00');
  assert.equal(await locked(idle).count(), 0, 'a touch counts');
  // The page goes away under this call, and then nobody may answer it: what is awaited is what comes of it.
  page.clock.fastForward('02:00').catch(() => {});
  await locked(idle).waitFor();
  assert.deepEqual(idle.faults, []);
  await idle.context.close();
});

test('who forgot the code is told what is lost before anything is erased, and comes back by an invite', async () => {
  await amina.reopen('');
  await amina.network(false);
  await amina.go(`#/event/${event}`);
  await row(amina, 'Fatima AÏT OUFKIR').click();
  await present(amina, 'Fatima AÏT OUFKIR').waitFor();
  // Leaving says it, with the name of the document, and so does the lock screen, without any name.
  await amina.go('#/sync');
  await button(amina, 'Quitter sur ce téléphone').click();
  const dialog = amina.page.getByRole('dialog');
  await dialog.getByText(/1 changement.*pas encore sur le serveur/).waitFor();
  await dialog.getByText(/Atelier d’écriture/).waitFor();
  assert.equal(await dialog.getByRole('button', { name: 'Effacer et quitter' }).isDisabled(), true);
  await amina.accessible();
  await amina.page.keyboard.press('Escape');
  await button(amina, 'Verrouiller maintenant').click();
  await button(amina, 'J’ai oublié mon code').click();
  await dialog.getByText(/1 changement.*serait perdu/).first().waitFor();
  const erase = dialog.getByRole('button', { name: 'Effacer ce téléphone' });
  assert.equal(await erase.isDisabled(), true);
  await amina.accessible();
  await dialog.getByRole('checkbox').check();
  await erase.click();
  await amina.page.getByLabel('Code d’invitation').waitFor();
  const found = await kept(amina.page);
  for (const store of ['batch', 'log', 'view', 'refused']) assert.match(found, new RegExp(`${store} 0`));

  // Offline the server could not be told: its credential is spent as soon as there is a network, before anybody comes in anew.
  await amina.network(true);
  await amina.page.reload();
  await amina.page.getByLabel('Code d’invitation').waitFor();
  amina.pin = null;
  await amina.page.goto('about:blank');
  await amina.enroll(await invited('Amina Volontaire'));
  await amina.go(`#/event/${event}`);
  await present(amina, 'Saïd AMZIL').waitFor();
});

test('a passkey opens the phone, takes the place of a code, and gives way to none', async () => {
  const devtools = await amina.context.newCDPSession(amina.page);
  await devtools.send('WebAuthn.enable');
  const options = { protocol: 'ctap2', ctap2Version: 'ctap2_1', transport: 'internal', hasResidentKey: true, hasUserVerification: true, isUserVerified: true, hasPrf: true, automaticPresenceSimulation: true };
  await devtools.send('WebAuthn.addVirtualAuthenticator', { options });
  await amina.go('#/lock');
  await amina.setPin();
  await button(amina, 'Changer').click();
  await amina.page.getByLabel('Code actuel').fill(PIN);
  await amina.page.getByRole('radio', { name: 'L’empreinte ou le visage' }).check({ force: true });
  await amina.accessible();
  await button(amina, 'Changer').click();
  await amina.page.getByText('Ce téléphone s’ouvre avec votre empreinte').waitFor();
  await lockNow(amina);
  await amina.accessible();
  await button(amina, 'Ouvrir avec l’empreinte').click();
  await button(amina, 'Verrouiller maintenant').waitFor();
  await amina.go('#/lock');
  await button(amina, 'Ne plus verrouiller').click();
  await button(amina, 'Ne plus verrouiller').click();
  await amina.page.getByText('Sans verrouillage').waitFor();
  amina.pin = null;
  await amina.reopen('#/events');
  await amina.page.getByText('Aujourd’hui').first().waitFor();
});

test('a phone of the app’s first version opens with everything that it held', async () => {
  await amina.network(false);
  await amina.go(`#/event/${event}`);
  await row(amina, 'Fatima AÏT OUFKIR').click();
  await present(amina, 'Fatima AÏT OUFKIR').waitFor();
  await amina.page.goto('about:blank');
  await amina.network(true);
  await amina.page.goto(`${house.url}/healthz`);
  await asVersionOne(amina.page);
  await amina.network(false);
  await amina.reopen(`#/event/${event}`);
  await present(amina, 'Fatima AÏT OUFKIR').waitFor();
  await assertSealed(amina, ['session', 'batch', 'view']);
  assert.equal((await kept(amina.page)).includes('\ndata\n'), false, 'the first version’s key is gone');
  await amina.network(true);
  await amina.level();
  await staff.reopen(`#/event/${event}`);
  await present(staff, 'Fatima AÏT OUFKIR').waitFor();
});

/** Makes of the database what the first version of the app would have left: one key that seals everything and is not wrapped. */
function asVersionOne(page) {
  return page.evaluate(async () => {
    const asked = (request) => new Promise((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      // The worker of the page before may take a moment to let go: then it is only blocked until it has.
      request.onerror = () => reject(request.error);
    });
    const text = new TextEncoder();
    const gcm = (label, iv) => ({ name: 'AES-GCM', iv, additionalData: text.encode(label) });
    const db = await asked(indexedDB.open('tiwizi'));
    const all = {};
    for (const name of db.objectStoreNames) {
      const objects = db.transaction(name).objectStore(name);
      const [keys, values] = [await asked(objects.getAllKeys()), await asked(objects.getAll())];
      all[name] = keys.map((key, n) => [key, values[n]]);
    }
    db.close();
    const { device, wrapping } = Object.fromEntries(all.key);
    const data = await crypto.subtle.unwrapKey(
      'raw', wrapping.sealed.subarray(12), device, gcm('data key/none', wrapping.sealed.subarray(0, 12)),
      { name: 'AES-GCM' }, false, ['decrypt'],
    );
    const old = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt']);
    const again = async (label, sealed) => {
      const plain = await crypto.subtle.decrypt(gcm(label, sealed.subarray(0, 12)), data, sealed.subarray(12));
      const iv = crypto.getRandomValues(new Uint8Array(12));
      return new Uint8Array([...iv, ...new Uint8Array(await crypto.subtle.encrypt(gcm(label, iv), old, plain))]);
    };
    const sealedAnew = {
      session: async (key, value) => (typeof value === 'number' ? value : again(`session/${key}`, value)),
      batch: (key, value) => again(`batch/${key}`, value),
      log: async (key, value) => ({ ...value, sealed: await again(`log/${value.id}`, value.sealed) }),
      view: async (key, value) => ({ ...value, sealed: await again(`view/${key}`, value.sealed) }),
      refused: (key, value) => again('refused', value),
    };
    for (const [name, seal] of Object.entries(sealedAnew)) {
      for (const entry of all[name]) entry[1] = await seal(...entry);
    }
    all.key = [['data', old]];
    await asked(indexedDB.deleteDatabase('tiwizi'));
    const opening = indexedDB.open('tiwizi', 1);
    opening.onupgradeneeded = () => {
      const first = opening.result;
      for (const name of ['key', 'session', 'batch', 'refused']) first.createObjectStore(name);
      first.createObjectStore('log', { autoIncrement: true });
      first.createObjectStore('view').createIndex('painted_ms', 'painted_ms');
    };
    const first = await asked(opening);
    const tx = first.transaction([...first.objectStoreNames], 'readwrite');
    for (const [name, entries] of Object.entries(all)) for (const [key, value] of entries) tx.objectStore(name).put(value, key);
    await new Promise((resolve) => (tx.oncomplete = resolve));
    first.close();
  });
}

test('a phone that lost its storage says so, offline too, and gets back what the server has', async () => {
  await amina.page.goto(`${house.url}/healthz`);
  await amina.page.evaluate(() => new Promise((resolve, reject) => {
    const request = indexedDB.deleteDatabase('tiwizi');
    request.onsuccess = resolve;
    request.onerror = () => reject(request.error);
  }));
  await amina.network(false);
  amina.pin = null;
  await amina.reopen('#/events');
  await amina.page.getByText('Ce téléphone a perdu ce qu’il gardait').waitFor();
  await amina.accessible();
  await amina.network(true);
  await amina.page.evaluate(() => dispatchEvent(new Event('online')));
  await amina.page.getByText('Ce téléphone avait perdu ce qu’il gardait').waitFor();
  await amina.page.getByText('Aujourd’hui').first().waitFor();
  // It is said until somebody has read it.
  await amina.reopen('#/events');
  await amina.page.getByText('Ce téléphone avait perdu ce qu’il gardait').waitFor();
  await amina.accessible();
  await button(amina, 'J’ai compris').click();
  await amina.page.getByText('avait perdu').waitFor({ state: 'detached' });
  await amina.reopen('#/events');
  await amina.page.getByText('Aujourd’hui').first().waitFor();
  assert.equal(await amina.page.getByText('avait perdu').count(), 0);
  await amina.go(`#/event/${event}`);
  await present(amina, 'Fatima AÏT OUFKIR').waitFor();
});

test('a phone that lost its key too says that it needs an invite, and does not start empty', async () => {
  await amina.page.goto('about:blank');
  const devtools = await amina.context.newCDPSession(amina.page);
  await devtools.send('Storage.clearDataForOrigin', { origin: house.url, storageTypes: 'indexeddb' });
  await amina.reopen('#/events');
  await amina.page.getByText(/Demandez une nouvelle invitation à la coordination/).first().waitFor();
  assert.equal(await amina.page.getByText('Aujourd’hui').count(), 0);
});

test('no page reported a fault', () => {
  for (const phone of [staff, amina]) assert.deepEqual(phone.faults, []);
});
