// What is taken back, or taken up again: lists that were not taken whole, people put on the list of an event, records told apart. And the
// phones, which are looked at anew by themselves.
import assert from 'node:assert/strict';
import { after, before } from 'node:test';

import { DESK, House, PHONE, api, test } from './harness.js';

const LAPTOP = { width: 1024, height: 768 };
const LIST = 'Nom;Prénom;Téléphone;Association\nAmsernou;Zahra;+33612345671;Tiwizi Comtat\nAmsernou;Zohra;+33612345671;\n;;+33600000000;\n';

let house, karima, page;

before(async () => {
  house = await House.open();
  karima = await house.phone({ viewport: DESK });
  await karima.enroll(house.staffCode);
  page = karima.page;
});

after(() => house?.close());

async function look(name) {
  for (const [size, where] of [[DESK, 'desk'], [LAPTOP, 'laptop'], [PHONE, 'phone']]) {
    await page.setViewportSize(size);
    await karima.accessible();
    await karima.picture(`${where}-${name}`);
  }
  await page.setViewportSize(DESK);
}

test('what a list leaves waits in the inbox until somebody says why', async () => {
  const sent = { name: 'adhérents.csv', kind: 'person', file: Buffer.from(LIST).toString('base64') };
  const taken = await api(karima, 'POST', '/api/imports', sent);
  assert.deepEqual([taken.status, taken.body.refused], [200, 1]);
  await karima.level();
  await karima.go('#/questions');
  const row = page.locator('.rows').getByRole('button', { name: /adhérents.csv/ });
  await row.click();
  const panel = page.getByRole('article');
  await panel.getByRole('heading', { name: '1 ligne n’a pas été prise' }).waitFor();
  await panel.getByText(/Ligne\P{L}*4/u).waitFor();
  await look('left-fr');
  await row.click();
  await panel.getByLabel(/Une remarque/).fill('une ligne vide');
  await panel.getByRole('button', { name: 'C’est réglé' }).click();
  await row.waitFor({ state: 'detached' });
  await page.locator('label').filter({ hasText: 'Décidées' }).click();
  await page.getByText('une ligne vide').waitFor();
  await page.getByRole('button', { name: /Reprendre la décision.*adhérents.csv/ }).click();
  await page.locator('label').filter({ hasText: 'À décider' }).click();
  await row.click();
  await panel.getByRole('link', { name: 'Apporter la liste corrigée' }).waitFor();
});

test('two who were told apart are asked about again from either record', async () => {
  await karima.go('#/duplicates');
  await page.getByRole('button', { name: /Amsernou/ }).first().click();
  await page.keyboard.press('2');
  await page.getByRole('button', { name: /Amsernou/ }).first().waitFor({ state: 'detached' });
  const { body } = await api(karima, 'GET', '/api/v1/people?q=Zohra%20Amsernou');
  await karima.go(`#/record/${body.items[0].person}`);
  const apart = page.getByRole('region').or(page.locator('section')).filter({ has: page.getByRole('heading', { name: 'Ce n’est pas' }) });
  await apart.getByText('Zahra Amsernou').waitFor();
  await look('apart-fr');
  await apart.getByRole('button', { name: /Reprendre/ }).click();
  await page.getByRole('heading', { name: 'Ce n’est pas' }).waitFor({ state: 'detached' });
  await karima.level();
  await karima.go('#/duplicates');
  await page.getByRole('button', { name: /Amsernou/ }).first().waitFor();
});

test('people put on a list all at once are taken off it at once', async () => {
  const { body: events } = await api(karima, 'GET', '/api/v1/lists/events?sort=-day');
  const event = events.items[0];
  const expected = async () => (await api(karima, 'GET', `/api/v1/events/${event.event}`)).body.expected.length;
  const before = await expected();
  await karima.go('#/people');
  await page.getByRole('searchbox').fill('Amsernou');
  await page.getByRole('checkbox', { name: /Amsernou/ }).nth(1).waitFor();
  for (const box of await page.getByRole('checkbox', { name: /Amsernou/ }).all()) await box.check();
  await page.getByRole('button', { name: 'Modifier…' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Ce qui change').selectOption('roster');
  await dialog.getByLabel('Événement').selectOption(event.event);
  await dialog.getByRole('button', { name: 'Modifier 2 fiches' }).click();
  await dialog.getByText('2 fiches modifiées').waitFor();
  await dialog.getByRole('button', { name: 'Annuler ces modifications' }).click();
  await dialog.getByText('Les fiches sont comme avant').waitFor();
  await dialog.getByRole('button', { name: 'Terminé' }).click();
  await karima.level();
  assert.equal(await expected(), before);
});

test('who leads the associations is told, and not where nobody knows', async () => {
  await karima.go('#/sums');
  const table = page.getByRole('table', { name: /dirigées par des femmes/ });
  await table.getByRole('row', { name: /Non renseigné/ }).waitFor();
  await page.getByText('Part d’associations dirigées par des jeunes').first().waitFor();
  await table.scrollIntoViewIfNeeded();
  await look('led-fr');
});

test('the phones are looked at anew when something has happened', async () => {
  await karima.go('#/access');
  await page.getByRole('heading', { level: 1, name: 'Comptes et appareils' }).waitFor();
  await page.getByRole('region', { name: 'Appareils' }).or(page.getByRole('list', { name: 'Appareils' })).first().waitFor();
  assert.equal(await page.getByText('Yamina').count(), 0);
  const yamina = await karima.invites('Yamina', []);
  await yamina.go('#/sync');
  // The next exchange comes within the minute; a network that returns brings it now.
  await page.evaluate(() => dispatchEvent(new Event('online')));
  await page.getByText('Yamina').first().waitFor();
});
