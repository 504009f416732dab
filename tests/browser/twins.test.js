// Lists are brought at the desk and taken back; whoever stands in them twice is found, compared, joined and parted.
import assert from 'node:assert/strict';
import { after, before } from 'node:test';

import { DESK, House, PHONE, test } from './harness.js';

const FIRST = 'Qui;Lignée;Joindre;Maison\nZahra;Amsernou;+33612345671;Tiwizi Comtat\nIdir;Oulhajnou;+33612345672;Tiwizi Comtat\nTuda;Amezianou;;Tiwizi Comtat\n;;+33600000000;\n';
const SECOND = 'Qui;Lignée;Joindre;Maison\nZohra;Amsernou;+33612345671;\nYidir;Oulhajnou;+33612345672;\nTouda;Amezianou;;Tiwizi Comtat\n';

let house, karima;
let page;

before(async () => {
  house = await House.open();
  karima = await house.phone({ viewport: DESK });
  await karima.enroll(house.staffCode);
  page = karima.page;
  page.setDefaultTimeout(20_000);
});

after(() => house?.close());

const column = (title) => page.getByRole('combobox', { name: title });
const figure = (label) => page.locator('dl.figures div').filter({ hasText: label }).locator('dd');

async function choose(text) {
  await page.getByLabel('Fichier').setInputFiles({ name: 'adherents.csv', mimeType: 'text/csv', buffer: Buffer.from(text) });
  await page.getByRole('button', { name: 'Lire la liste' }).click();
}

test('columns are told apart, rows tried, and what cannot be taken is said', async () => {
  await karima.go('#/questions');
  await page.getByRole('link', { name: 'Reprendre une liste' }).click();
  await page.getByRole('heading', { level: 1, name: 'Reprendre une liste' }).waitFor();
  await choose(FIRST);
  for (const [title, says] of [['Qui', 'Prénom'], ['Lignée', 'Nom de famille'], ['Joindre', 'Téléphone'], ['Maison', 'Association']]) {
    await column(title).selectOption({ label: says });
    await page.locator('select:disabled').first().waitFor({ state: 'detached' });
  }
  await figure('Nouvelles fiches').getByText('3', { exact: true }).waitFor();
  await figure('Lignes refusées').getByText('1', { exact: true }).waitFor();
  await page.getByText(/Ligne\P{L}*5/u).waitFor();
  await karima.picture('twins-import-fr');
  await karima.accessible();
  await page.getByRole('button', { name: 'Reprendre 3 lignes' }).click();
  await page.getByText('3 fiches créées ou complétées').first().waitFor();
});

test('a like file is understood by itself, and says who is probably known', async () => {
  await choose(SECOND);
  await page.getByText(/Comme la dernière fois/).waitFor();
  await page.getByText(/Probablement déjà connue\P{L}*Zahra Amsernou.*Même numéro de téléphone/u).waitFor();
  await figure('Probablement déjà connues').getByText('3', { exact: true }).waitFor();
  await page.getByRole('button', { name: 'Reprendre 3 lignes' }).click();
  await page.getByText('3 fiches créées ou complétées').first().waitFor();
  await karima.level();
});

test('pairs are compared and settled by keyboard, joined ones parted again', async () => {
  await karima.go('#/duplicates');
  await page.getByRole('heading', { level: 1, name: 'Doublons possibles' }).waitFor();
  const pairs = page.getByRole('button', { name: /Amsernou|Oulhajnou|Amezianou/ });
  await pairs.nth(2).waitFor();
  assert.equal(await pairs.count(), 3);
  await pairs.filter({ hasText: 'Amsernou' }).click();
  const compared = page.getByRole('table', { name: 'Les deux fiches côte à côte' });
  await compared.getByRole('row', { name: /Prénom.*diffère/ }).waitFor();
  await karima.picture('twins-duplicates-fr');
  await karima.accessible();
  await page.keyboard.press('1');
  await page.getByText(/Réunies, au nom de/).waitFor();
  await pairs.filter({ hasText: 'Amsernou' }).first().waitFor({ state: 'detached' });
  await page.getByRole('button', { name: 'Séparer à nouveau' }).click();
  await karima.level();
  await karima.go('#/duplicates');
  await pairs.filter({ hasText: 'Amsernou' }).first().waitFor();

  await pairs.filter({ hasText: 'Oulhajnou' }).click();
  await page.keyboard.press('2');
  await pairs.filter({ hasText: 'Oulhajnou' }).first().waitFor({ state: 'detached' });
  await pairs.filter({ hasText: 'Amezianou' }).click();
  await page.keyboard.press('3');
  await page.getByText(/pour plus tard/).waitFor();
  await karima.level();
  // What was said is remembered by the server.
  await karima.go('#/duplicates');
  await pairs.nth(1).waitFor();
  assert.equal(await pairs.filter({ hasText: 'Oulhajnou' }).count(), 0);
});

test('any two are compared, and it is said why they are not proposed', async () => {
  await page.getByRole('button', { name: /Amsernou/ }).click();
  await page.getByRole('table').getByRole('link', { name: 'Zahra Amsernou' }).click();
  await page.waitForURL(/#\/record\//);
  await page.getByRole('button', { name: 'Comparer avec une autre fiche' }).click();
  await page.getByLabel('Chercher l’autre fiche').fill('Oulhajnou');
  await page.getByRole('link', { name: /Idir Oulhajnou/ }).click();
  await page.getByText('Ces deux fiches ne sont pas proposées comme doublon.').waitFor();
  await page.getByText('Les noms sont différents').waitFor();
  await karima.picture('twins-why-fr');
});

test('a whole import is taken back, but for what somebody touched', async () => {
  await karima.go('#/imports');
  const undo = page.getByRole('button', { name: /Annuler la reprise de/ });
  await undo.nth(1).waitFor();
  await undo.first().click();
  // Of the second list one was told apart of somebody, or was joined and parted: that is a touch.
  const dialog = page.getByRole('dialog');
  await dialog.getByText(/quelqu’un y a écrit depuis/).first().waitFor();
  await karima.picture('twins-undo-fr');
  await dialog.getByRole('button', { name: 'Annuler la reprise' }).click();
  await page.getByText('Annulée', { exact: true }).waitFor();
});

test('each page is accessible in Arabic, on a phone', async () => {
  await page.setViewportSize(PHONE);
  await karima.go('#/sync');
  await page.getByRole('radio', { name: 'العربية' }).check({ force: true });
  await page.locator('html[lang=ar]').waitFor();
  for (const [screen, name] of [['#/duplicates', 'twins-duplicates-ar'], ['#/imports', 'twins-imports-ar']]) {
    await karima.go(screen);
    await page.getByRole('heading', { level: 1 }).waitFor();
    await page.locator('[aria-current=true], .register').first().waitFor();
    await karima.accessible();
    await karima.picture(name);
  }
});

test('no page reported a fault', () => {
  assert.deepEqual(karima.faults, []);
});
