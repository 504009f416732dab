// The directory: lists that the server sorts and searches, saved views, one change for many, files, an association in full, the map.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before } from 'node:test';

import { DESK, House, PHONE, tiwizi, test } from './harness.js';

let house, desk;
let association;

before(async () => {
  house = await House.open();
  desk = await house.phone({ viewport: DESK });
  const [, code] = tiwizi('invite', '--role', 'admin', '--data', house.folder).match(/#\/join\/(\S+)/);
  await desk.enroll(code, 'Amina Idrissi');
});

after(() => house?.close());

/** How the list counts all. */
let everybody;

const page = () => desk.page;
const list = (name = 'Personnes') => page().getByRole('list', { name, exact: true });
const lines = (name) => list(name).getByRole('listitem');
const titles = (name) => list(name).locator('a .title').allTextContents();
const said = (pattern) => page().locator('.counts').getByText(pattern);

/** Closed until somebody opens it. */
function gate() {
  let open;
  const opened = new Promise((resolve) => (open = resolve));
  return { open, opened };
}

/** Types, and waits for the list to say that so many were found. */
async function search(text, found) {
  await page().getByRole('searchbox').fill(text);
  await said(found).waitFor();
}

test('names are found without accents, in Arabic, with letters wrong, and in another order', async () => {
  await desk.go('#/people');
  await said(/^\d+ fiches$/).waitFor();
  everybody = await said(/^\d+ fiches$/).textContent();
  await search('oufkir', /^\d+ fiches?$/);
  await page().waitForFunction((all) => document.querySelector('.counts p')?.textContent !== all, everybody);
  assert.ok((await titles()).every((name) => /oufkir/i.test(name)), 'an accent and a particle less');
  await search('aboulkasem kadija', /^\d+ fiches?$/);
  await page().getByRole('link', { name: /aboulkacem/i }).first().waitFor();
  await search('فاطمة', /^\d+ fiches$/);
  await page().getByRole('link', { name: /fatima/i }).first().waitFor();
  await page().getByRole('searchbox').fill('xyzzyplugh');
  await page().getByText('Aucune fiche trouvée').waitFor();
});

test('sorted by a heading, filtered, kept as a view, and left as a file', async () => {
  await search('', /^\d+ fiches$/);
  const heading = page().getByRole('group', { name: 'Trier' }).getByRole('button', { name: 'Événements' });
  await heading.click();
  await page().getByRole('button', { name: /Événements.*tri décroissant/ }).waitFor();
  const counts = async () => (await list().locator('.cell.events bdi').allTextContents()).map(Number);
  await page().waitForFunction(() => Number(document.querySelector('.cell.events bdi')?.textContent) > 0);
  const sorted = await counts();
  assert.deepEqual(sorted, sorted.toSorted((a, b) => b - a));
  await page().getByRole('button', { name: 'Filtrer', exact: true }).click();
  await page().getByLabel('Sexe').selectOption('f');
  await page().getByLabel('Territoire').selectOption({ index: 1 });
  await page().waitForFunction(() => [...document.querySelectorAll('.cell.who bdi')].every((cell) => /Femme/.test(cell.textContent)));
  await desk.accessible();
  await page().getByRole('button', { name: 'Vues' }).click();
  await page().getByLabel('Nom de la vue').fill('Femmes d’ici');
  await page().getByRole('button', { name: 'Enregistrer la vue' }).click();
  await page().getByRole('dialog').getByRole('button', { name: /Femmes d’ici/ }).first().waitFor();
  await page().keyboard.press('Escape');
  const filtered = await said(/^\d+ fiches?$/).textContent();
  await page().getByRole('button', { name: 'Retirer les filtres' }).click();
  await page().waitForFunction((before) => document.querySelector('.counts p')?.textContent !== before, filtered);
  await page().getByRole('button', { name: 'Vues' }).click();
  await page().getByRole('dialog').getByRole('button', { name: /Femmes d’ici/ }).first().click();
  await said(new RegExp(`^${filtered}$`)).waitFor();

  await page().getByText('Exporter').click();
  const [download] = await Promise.all([page().waitForEvent('download'), page().getByRole('button', { name: 'En CSV' }).click()]);
  const text = readFileSync(await download.path(), 'utf8');
  assert.ok(text.startsWith('\ufeffNom;Nom en arabe;'));
  assert.equal(text.trim().split('\r\n').length - 1, Number.parseInt(filtered, 10));
  await page().getByText('Exporter').click();
  await page().getByRole('button', { name: 'Retirer les filtres' }).click();
});

test('many are changed at once, with a preview, and changed back', async () => {
  await said(new RegExp(`^${everybody}$`)).waitFor();
  await search('oufkir', /^\d+ fiches?$/);
  await page().waitForFunction((all) => document.querySelector('.counts p')?.textContent !== all, everybody);
  // By the keyboard: down through the boxes, space to choose.
  await list().getByRole('checkbox').first().focus();
  await page().keyboard.press('Space');
  await page().keyboard.press('ArrowDown');
  await page().keyboard.press('Space');
  await page().getByText('2 choisies').waitFor();
  // An answer that left before the change, and an exchange that has not arrived yet: both are on their way until they are let go.
  const [asked, answer, exchange] = [gate(), gate(), gate()];
  const isList = /\/api\/v1\/people\?/;
  await page().route(isList, async (route) => {
    const response = await route.fetch();
    asked.open();
    await answer.opened;
    await route.fulfill({ response });
  }, { times: 1 });
  await page().route(/\/api\/sync$/, async (route) => {
    await exchange.opened;
    await route.continue();
  });
  await page().getByRole('searchbox').fill('oufkir ');
  await asked.opened;
  await page().getByRole('button', { name: 'Modifier…' }).click();
  const dialog = page().getByRole('dialog');
  await dialog.getByLabel('Ce qui change').selectOption('age_band');
  await dialog.getByLabel('Tranche d’âge').selectOption('under_18');
  await dialog.getByRole('heading', { name: '2 fiches vont changer' }).waitFor();
  await desk.accessible();
  await dialog.getByRole('button', { name: 'Modifier 2 fiches' }).click();
  await dialog.getByText('2 fiches modifiées').waitFor();
  const young = list().locator('.cell.who').getByText(/moins de 18/i);
  await young.nth(1).waitFor();
  // What comes late is older than what the page shows.
  const isRead = () => page().waitForFunction(() => document.querySelector('.stack[aria-busy]').ariaBusy === 'false');
  answer.open();
  await isRead();
  assert.equal(await young.count(), 2, 'an answer from before the change does not take it back');
  const [again] = await Promise.all([page().waitForResponse(isList), exchange.open()]);
  await again.finished();
  await isRead();
  assert.equal(await young.count(), 2, 'and the list is read again, with the change');
  await dialog.getByRole('button', { name: 'Annuler ces modifications' }).click();
  await dialog.getByText('Les fiches sont comme avant').waitFor();
  await dialog.getByRole('button', { name: 'Terminé' }).click();
  await young.first().waitFor({ state: 'detached' });
  await search('', new RegExp(`^${everybody}$`));
});

test('a person’s page says where they came', async () => {
  await list().getByRole('link').first().click();
  await page().waitForURL(/#\/record\//);
  await page().getByRole('heading', { name: 'Événements' }).waitFor();
  await page().getByText(/demi-journée/).first().waitFor();
});

test('an association in full: numbers that are checked, its bureau, its diagnosis as a picture and as a table', async () => {
  await desk.go('#/associations');
  await said(/^\d+ fiches$/).waitFor();
  await search('amis tinzart', /^\d+ fiches?$/);
  await page().getByRole('link', { name: /Les Amis de Tinzert/i }).click();
  await page().waitForURL(/#\/association\//);
  association = new URL(page().url()).hash;
  const siren = page().getByLabel('SIREN');
  await siren.fill('732 829 321');
  await siren.blur();
  await page().getByText(/Ce SIREN n’est pas juste/).waitFor();
  await siren.fill('732 829 320');
  await siren.blur();
  await page().getByText(/Ce SIREN n’est pas juste/).waitFor({ state: 'detached' });
  await page().getByLabel('RNA d’avant 2009').fill('751P00085568');
  await page().getByLabel('Eau et assainissement').check();

  await page().getByRole('button', { name: 'Ajouter une personne au bureau' }).click();
  const dialog = page().getByRole('dialog');
  await dialog.getByRole('listitem').first().getByRole('button').click();
  const bureau = page().getByRole('region', { name: 'Bureau' });
  await bureau.getByRole('combobox', { name: /Fonction/ }).selectOption('president');

  await page().getByRole('button', { name: 'Ajouter un diagnostic' }).click();
  const diagnoses = page().getByRole('region', { name: 'Diagnostics' });
  await diagnoses.getByRole('combobox', { name: /Gouvernance/ }).selectOption('3');
  await diagnoses.getByRole('combobox', { name: /Finances/ }).selectOption('1');
  await page().getByRole('img', { name: /Diagnostic du .*Gouvernance 3.*Finances 1/ }).waitFor();
  await page().getByRole('row', { name: /Moyenne 2/ }).waitFor();
  await desk.accessible();
  // Who leads it says so too.
  await bureau.getByRole('link').first().click();
  await page().getByRole('heading', { name: 'Responsabilités' }).waitFor();
  await page().getByText(/Présidence/).first().waitFor();
  await desk.level();
});

test('the map has points and a table that says the same', async () => {
  await desk.go('#/map');
  const morocco = page().getByRole('group', { name: /^Maroc : \d+ territoires? touchés?$/ });
  await morocco.waitFor();
  assert.ok((await morocco.locator('circle').count()) >= 2);
  const row = page().getByRole('row', { name: /^Taroudannt/ });
  await row.getByRole('button').click();
  await morocco.getByText(/Taroudannt/).last().waitFor();
  await desk.accessible();
});

test('without a network the list is what the device holds, and says so', async () => {
  await desk.go('#/people');
  await said(/^\d+ fiches$/).waitFor();
  await desk.network(false);
  await page().getByRole('searchbox').fill('oufkir');
  await page().getByText('Pas de réseau').waitFor();
  await page().getByText(/fiches? sur cet appareil/).waitFor();
  await page().getByRole('link', { name: /oufkir/i }).first().waitFor();
  await desk.network(true);
});

test('each page is accessible in Arabic on a phone, and none reported a fault', async () => {
  await page().setViewportSize(PHONE);
  await desk.go('#/sync');
  await page().getByRole('radio', { name: 'العربية' }).check();
  await page().waitForFunction(() => document.documentElement.dir === 'rtl');
  for (const screen of ['#/people', '#/associations', '#/map', association]) {
    await desk.go(screen);
    await page().getByRole('heading', { level: 1 }).waitFor();
    await page().locator('svg circle, .line a').first().waitFor();
    await desk.accessible();
    await desk.picture(`list-${screen.replace(/[0-9a-f-]{36}/, '').replace(/[^a-z]+/g, '-')}-ar`);
  }
  // On a tablet the columns that are shown are there to the last.
  await page().setViewportSize({ width: 1024, height: 768 });
  for (const screen of ['#/people', '#/associations']) {
    await desk.go(screen);
    await page().locator('.line a').first().waitFor();
    assert.ok(await page().locator('.table').evaluate((table) => table.scrollWidth <= table.clientWidth), `${screen} is cut off`);
  }
  assert.deepEqual(desk.faults, []);
});
