// A phone whose storage is full, or fails: every screen says so and what to do, and nothing that was typed is lost.
import assert from 'node:assert/strict';
import { after, before } from 'node:test';

import { House, test } from './harness.js';

/** Of each language: that it is full, then what to do. */
const FULL = {
  Français: [/La mémoire de ce téléphone est pleine/, /Libérez de la place/],
  العربية: [/ذاكرة هذا الهاتف ممتلئة/, /أفرغ بعض المساحة/],
  English: [/This phone’s storage is full/, /Free some space/],
};

let house, phone, page;
/** Runs in each new worker before anything else. */
let workerPatch = '';

before(async () => {
  house = await House.open();
  // Without a service worker, whose answers no test could replace.
  phone = await house.phone({ serviceWorkers: 'block' });
  await phone.context.route(/\/assets\/worker-[^/]*\.js$/, async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: workerPatch + (await response.text()) });
  });
  await phone.enroll(house.coordinatorCode, 'Amina');
  page = phone.page;
});

after(() => house?.close());

const banner = (words) => page.getByRole('region', { name: /Messages|رسائل/ }).getByText(words);

/** Fails unless the banner comes, with what to do. */
async function saysFull([title, advice]) {
  await banner(title).waitFor();
  await banner(advice).waitFor();
}

async function saysNothing() {
  await banner(FULL.Français[0]).waitFor({ state: 'detached' });
}

test('a full phone says so on each screen, keeps what is typed, and goes on when there is room', async () => {
  await page.getByRole('link', { name: /Atelier d’écriture : de l’idée au dossier/ }).click();
  const waiting = page.getByRole('button', { name: /toucher pour pointer/ }).first();
  await waiting.waitFor();
  await page.evaluate(() => {
    const { add } = IDBObjectStore.prototype;
    IDBObjectStore.prototype.add = function () {
      throw new DOMException('no room', 'QuotaExceededError');
    };
    window.makeRoom = () => (IDBObjectStore.prototype.add = add);
  });
  const name = (await waiting.getAttribute('aria-label')) ?? (await waiting.innerText());
  await waiting.click();
  await saysFull(FULL.Français);
  assert.equal((await waiting.getAttribute('aria-label')) ?? (await waiting.innerText()), name, 'not shown as marked');
  await phone.picture('storage-full-roster');

  await phone.go('#/sync');
  for (const [language, words] of Object.entries(FULL)) {
    await page.getByRole('radio', { name: language }).check({ force: true });
    await saysFull(words);
    await phone.accessible();
    await phone.picture(`storage-full-${await page.evaluate(() => document.documentElement.lang)}`);
  }
  await page.getByRole('radio', { name: 'Français' }).check({ force: true });

  await phone.go('#/events/new');
  await saysFull(FULL.Français);
  const title = page.getByLabel(/Titre/);
  await title.fill('Réunion malgré tout');
  await page.getByRole('button', { name: /Créer/ }).click();
  await page.locator('form').getByText(/rien n’a été enregistré/).waitFor();
  assert.equal(await title.inputValue(), 'Réunion malgré tout');
  await phone.picture('storage-full-form');
  await page.evaluate(() => window.makeRoom());
  await page.getByRole('button', { name: /Créer/ }).click();
  await page.waitForURL(/#\/event\//);
  await page.getByRole('heading', { name: 'Réunion malgré tout' }).waitFor();
  await saysNothing();
});

test('an engine that finds no room says so, and what was saved goes on to the server when there is some', async () => {
  workerPatch = `
    const { put } = IDBObjectStore.prototype;
    IDBObjectStore.prototype.put = function (...words) {
      if (this.name === 'batch') throw new DOMException('no room', 'QuotaExceededError');
      return put.apply(this, words);
    };`;
  await phone.reopen('#/events');
  page = phone.page;
  await page.getByRole('link', { name: /Atelier d’écriture : de l’idée au dossier/ }).waitFor();
  await phone.go('#/events/new');
  await page.getByLabel(/Titre/).fill('Réunion sans place');
  await page.getByRole('button', { name: /Créer/ }).click();
  await saysFull(FULL.Français);
  await phone.picture('storage-full-engine');
  await phone.go('#/events');
  await page.getByRole('link', { name: /Réunion sans place/ }).waitFor();
  // A start with entries that cannot be worked in shows them all the same, over everything else that is kept.
  await page.reload();
  await page.getByRole('link', { name: /Réunion sans place/ }).waitFor();
  await page.getByRole('link', { name: /Atelier d’écriture : de l’idée au dossier/ }).waitFor();
  await saysFull(FULL.Français);
  workerPatch = '';
  await saysNothing();
  await phone.level();
});

test('a phone whose storage cannot be opened does not pretend to be a new one, and has everything afterwards', async () => {
  await page.close();
  page = await phone.context.newPage();
  phone.watch(page);
  await page.addInitScript(() => {
    IDBFactory.prototype.open = () => {
      throw new DOMException('the disk fails', 'UnknownError');
    };
  });
  await page.goto(`${house.url}/#/events`);
  await banner(/n’arrive plus à enregistrer/).waitFor();
  await banner(/n’effacez rien/).waitFor();
  await phone.accessible();
  await phone.picture('storage-failed');
  await phone.reopen('#/events');
  page = phone.page;
  await page.getByText('Réunion sans place').waitFor();
  assert.equal(await banner(/n’arrive plus à enregistrer/).count(), 0);
  assert.deepEqual(phone.faults, []);
});
