// A dossier among others, and what people say and do around it: lists, threads, to-dos, support, and what follows the grant.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before } from 'node:test';

import { DESK, House, test } from './harness.js';

const WATER = /Un réseau d’eau/;

let house, latifa, staff, dossier;

before(async () => {
  house = await House.open();
  latifa = await house.phone();
  await latifa.enroll(house.volunteerCode);
  staff = await house.phone({ viewport: DESK });
  await staff.enroll(house.staffCode);
  await latifa.go('#/dossiers');
  await latifa.page.getByRole('link', { name: WATER }).click();
  await latifa.page.waitForURL(/#\/dossier\//);
  dossier = latifa.page.url().split('/').pop();
});

after(() => house?.close());

/** Spaces inside amounts are whatever the language has. */
const says = (text) => new RegExp(text.replace(/[.*+?^${}()|[\]]/g, (sign) => `\\${sign}`).replace(/ /g, '\\s'));

/** The calendar day so many days from now, `2026-11-23`, by this machine's clock. */
const inDays = (days) => {
  const day = new Date(Date.now() + days * 86_400_000);
  const two = (number) => String(number).padStart(2, '0');
  return `${day.getFullYear()}-${two(day.getMonth() + 1)}-${two(day.getDate())}`;
};

const openPart = async (phone, name) => {
  await phone.go(`#/dossier/${dossier}`);
  await phone.page.getByRole('radio', { name, exact: true }).check({ force: true });
};

test('dossiers as a list with one’s own first, as a board by stage and as a table that filters, sorts and is exported', async () => {
  const { page } = staff;
  await staff.go('#/dossiers');
  await page.getByRole('button', { name: 'Nouveau dossier' }).click();
  const sheet = page.getByRole('dialog');
  await sheet.getByLabel('Titre du projet').fill('=Atelier de couture');
  await sheet.getByRole('button', { name: 'Créer' }).click();
  await page.waitForURL(/#\/dossier\//);
  await page.getByRole('radio', { name: 'Fiche' }).check({ force: true });
  await page.getByLabel('Accompagné par').fill('Samira');
  await page.keyboard.press('Tab');
  await staff.go('#/dossiers');

  const board = page.getByRole('group', { name: 'Par étape' });
  await board.getByRole('region', { name: /Montage/ }).getByRole('link', { name: WATER }).waitFor();
  await board.getByRole('region', { name: /Idée/ }).getByRole('link', { name: /couture/ }).waitFor();
  // The call of the demonstration closes some day: it is said how far that is.
  await board.getByRole('link', { name: WATER }).getByText(/Clôture de l’appel/).waitFor();
  await staff.picture('desk-dossiers-board-fr');
  await staff.accessible();

  await page.getByRole('radio', { name: 'Tableau' }).check({ force: true });
  const titles = () => page.locator('tbody th').allInnerTexts();
  await page.getByRole('button', { name: 'Titre du projet' }).click();
  const ascending = await titles();
  assert.equal(ascending.length, 5);
  assert.match(ascending[0], /couture/);
  await page.getByRole('button', { name: 'Titre du projet' }).click();
  assert.deepEqual(await titles(), ascending.slice().reverse());
  await page.getByRole('columnheader', { name: 'Titre du projet' }).and(page.locator('[aria-sort=descending]')).waitFor();
  await staff.picture('desk-dossiers-table-fr');
  await staff.accessible();

  await page.getByRole('button', { name: 'Filtrer', exact: true }).click();
  const filters = page.getByRole('group', { name: 'Filtrer' });
  await filters.getByLabel('Étape').selectOption({ label: 'Montage' });
  assert.deepEqual((await titles()).length, 1);
  await filters.getByLabel('Étape').selectOption('');
  await filters.getByLabel('Accompagné par').selectOption('Samira');
  assert.match((await titles()).join(), /^=Atelier de couture$/);
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Exporter la liste' }).click(),
  ]);
  assert.match(download.suggestedFilename(), /^dossiers-\d{4}-\d\d-\d\d\.csv$/);
  const csv = readFileSync(await download.path(), 'utf8');
  const [head, row, end] = csv.replace('\ufeff', '').split('\r\n');
  assert.match(head, /^Titre du projet;/);
  // What somebody typed is no formula in a spreadsheet.
  assert.match(row, /^'=Atelier de couture;/);
  assert.equal(end, '');
  await page.getByRole('button', { name: 'Tout montrer' }).click();
  assert.equal((await titles()).length, 5);

  await page.getByRole('radio', { name: 'Liste' }).check({ force: true });
  const mine = page.getByRole('list', { name: 'Dossiers' });
  await mine.getByRole('heading', { name: /Les miens/ }).waitFor();
  assert.match(await mine.getByRole('link').first().innerText(), /couture/);
  await staff.level();
});

test('two phones comment without a network; who is spoken to finds it among their things to do', async () => {
  // Latifa writes first: so her name is known at the desk.
  await latifa.network(false);
  await openPart(latifa, 'Textes');
  await latifa.page.getByRole('button', { name: /Commenter.*Contexte/ }).click();
  const thread = latifa.page.getByRole('dialog', { name: /Commentaires\s: .*Contexte/ });
  await thread.getByLabel('Nouveau commentaire').fill('Le chiffre de 62 familles vient de la commune.');
  await thread.getByRole('button', { name: 'Publier' }).click();
  await thread.getByText('62 familles vient').first().waitFor();
  await latifa.picture('phone-thread-fr');
  await latifa.accessible();
  await thread.getByRole('button', { name: 'Fermer' }).click();
  await latifa.page.getByRole('button', { name: /1 commentaire ouvert.*Contexte/ }).waitFor();

  const { page } = staff;
  await staff.network(false);
  await openPart(staff, 'Échanges');
  await page.getByLabel('Nouveau commentaire').fill('Il manque le devis de la pompe.');
  await page.getByRole('button', { name: 'Publier' }).click();
  await page.getByRole('article').filter({ hasText: 'devis de la pompe' }).waitFor();
  // She leaves the dossier before anything can come: what was on the page when it was left is no news.
  await latifa.go('#/dossiers');
  await staff.network(true);
  await latifa.network(true);
  await latifa.level();
  await staff.level();
  await openPart(staff, 'Échanges');
  const said = page.getByRole('article').filter({ hasText: '62 familles' });
  await said.getByText('Latifa').first().waitFor();
  await said.getByText('Contexte').waitFor();
  await said.getByRole('button', { name: 'Répondre' }).click();
  await said.getByLabel('Répondre').fill('Merci. Peux-tu joindre la lettre ?');
  // Whoever is answered is told.
  assert.equal(await said.getByRole('button', { name: '@Latifa' }).getAttribute('aria-pressed'), 'true');
  await said.getByRole('button', { name: 'Publier' }).click();
  await said.getByText('joindre la lettre').first().waitFor();

  await page.getByRole('button', { name: 'Ajouter une chose à faire' }).click();
  const todo = page.getByRole('dialog', { name: 'Ajouter une chose à faire' });
  await todo.getByLabel('Quoi').fill('Photographier la lettre de la commune');
  await todo.getByLabel('Qui').selectOption({ label: 'Latifa' });
  await todo.getByLabel('Pour quand').fill(inDays(3));
  await todo.getByRole('button', { name: 'Ajouter' }).click();
  await todo.waitFor({ state: 'detached' });
  await page.getByRole('checkbox', { name: /Photographier la lettre/ }).waitFor();
  await staff.picture('desk-talk-fr');
  await staff.accessible();
  await staff.level();

  await latifa.level();
  await latifa.go('#/dossiers');
  await latifa.page.getByRole('link', { name: '2 choses vous attendent' }).click();
  const mine = latifa.page.getByRole('main');
  await mine.getByText('Merci. Peux-tu joindre la lettre ?').first().waitFor();
  // What happened since she left the dossier is told below.
  await mine.getByRole('heading', { name: 'Depuis vos dernières visites' }).waitFor();
  await mine.getByText(/devis de la pompe/).first().waitFor();
  await latifa.picture('phone-tasks-fr');
  await latifa.accessible();
  await mine.getByRole('button', { name: /Photographier la lettre.* est fait/ }).click();
  await mine.getByRole('heading', { name: '1 chose vous attend' }).waitFor();
  await mine.getByRole('button', { name: 'Lire et répondre' }).click();
  const waiting = latifa.page.getByRole('article').filter({ hasText: '62 familles' });
  await waiting.getByRole('button', { name: 'C’est vu' }).click();
  await waiting.getByText('Vu.').waitFor();
  await latifa.picture('phone-talk-fr');
  await latifa.accessible();
  await latifa.go('#/tasks');
  await latifa.page.getByText('Rien ne vous attend').waitFor();
  await latifa.level();

  await staff.level();
  await openPart(staff, 'Échanges');
  await page.getByRole('article').filter({ hasText: '62 familles' }).getByText('Vu.').waitFor();
  await page.getByRole('button', { name: '1 chose faite' }).waitFor();
  // Settled, a thread stands apart.
  await page.getByRole('article').filter({ hasText: '62 familles' }).getByRole('button', { name: 'Marquer comme réglé' }).click();
  await page.getByRole('button', { name: '1 discussion réglée' }).waitFor();
});

test('support is noted on a phone and adds up on the dossier and on the page of its association', async () => {
  const { page } = latifa;
  await openPart(latifa, 'Suivi');
  for (const [minutes, kind] of [
    ['90', 'Relecture'],
    ['45', 'Appel'],
  ]) {
    await page.getByRole('button', { name: 'Noter un appui' }).click();
    const sheet = page.getByRole('dialog', { name: 'Noter un appui' });
    await sheet.getByLabel('Durée en minutes').fill(minutes);
    await sheet.getByLabel('Type d’appui').selectOption({ label: kind });
    await sheet.getByLabel('Avec', { exact: true }).fill('Le bureau');
    await sheet.getByRole('button', { name: 'Ajouter' }).click();
    await sheet.waitFor({ state: 'detached' });
  }
  const individual = page.locator('dl div').filter({ hasText: 'Appui individuel' });
  await individual.getByText(says('2 h 15')).waitFor();
  await latifa.picture('phone-support-fr');
  await latifa.accessible();
  await latifa.level();

  const desk = staff.page;
  await staff.level();
  await staff.go('#/dossiers');
  await desk.getByRole('radio', { name: 'Tableau' }).check({ force: true });
  await desk.getByRole('row', { name: WATER }).getByRole('link').nth(1).click();
  await desk.waitForURL(/#\/association\//);
  await desk.getByRole('heading', { name: '1 dossier' }).waitFor();
  await desk.getByRole('button', { name: 'Noter un appui' }).click();
  const sheet = desk.getByRole('dialog', { name: 'Noter un appui' });
  await sheet.getByLabel('Durée en minutes').fill('180');
  await sheet.getByLabel('Type d’appui').selectOption({ label: 'Appui collectif' });
  await sheet.getByRole('button', { name: 'Ajouter' }).click();
  await desk.locator('dl div').filter({ hasText: 'Appui collectif' }).getByText(says('3 h')).waitFor();
  await desk.locator('dl div').filter({ hasText: 'Appui individuel' }).getByText(says('2 h 15')).waitFor();
  await staff.picture('desk-association-fr');
  await staff.accessible();
  await staff.level();
});

test('after the grant: instalments, a report that is recalled, and what was spent against what was planned', async () => {
  const { page } = staff;
  await openPart(staff, 'Suivi');
  await page.getByRole('button', { name: 'Montrer la suite de la subvention' }).click();
  await page.getByRole('button', { name: 'Ajouter un versement' }).click();
  let sheet = page.getByRole('dialog', { name: 'Ajouter un versement' });
  await sheet.getByLabel('Versement', { exact: true }).fill('Premier versement');
  await sheet.getByLabel('Montant, en euros').fill('10 150');
  await sheet.getByLabel('Condition de versement').fill('À la signature');
  await sheet.getByLabel('Attendu pour le').fill(inDays(-2));
  await sheet.getByRole('button', { name: 'Ajouter' }).click();
  await sheet.waitFor({ state: 'detached' });
  await page.getByRole('button', { name: /Premier versement/ }).click();
  sheet = page.getByRole('dialog', { name: 'Premier versement' });
  await sheet.getByLabel('Reçu le').fill(inDays(-1));
  await sheet.getByLabel('Montant reçu, en euros').fill('10 150');
  await sheet.getByRole('button', { name: 'Terminé' }).click();
  await page.getByText(says('10 150,00 €')).first().waitFor();
  await page.getByText(/^Reçu le/).waitFor();

  await page.getByRole('button', { name: 'Ajouter un rapport' }).click();
  sheet = page.getByRole('dialog', { name: 'Ajouter un rapport' });
  await sheet.getByLabel('Rapport', { exact: true }).fill('Compte rendu intermédiaire');
  await sheet.getByLabel('À rendre pour le').fill(inDays(10));
  await sheet.getByRole('button', { name: 'Ajouter' }).click();
  await sheet.waitFor({ state: 'detached' });

  // More than a tenth off wants a reason.
  await page.getByRole('list', { name: 'Dépenses' }).getByRole('button', { name: /Forage/ }).click();
  sheet = page.getByRole('dialog', { name: /Forage/ });
  await sheet.getByLabel('Dépensé, en euros').fill('15 000');
  await page.keyboard.press('Tab');
  await sheet.getByText(/Écart de/).waitFor();
  await page.getByText('1 écart reste à expliquer.').waitFor();
  await sheet.getByLabel('Explication de l’écart').fill('Il a fallu creuser 40 mètres de plus.');
  await sheet.getByRole('button', { name: 'Terminé' }).click();
  await page.getByText('1 écart reste à expliquer.').waitFor({ state: 'detached' });
  await staff.picture('desk-after-fr');
  await staff.accessible();
  const report = page.getByRole('textbox', { name: 'Leçons à retenir' });
  await report.fill('Prévoir le forage plus large.');
  await staff.level();
  await openPart(staff, 'Textes');
  await page.getByRole('heading', { name: 'Contexte' }).first().waitFor();
  assert.equal(await page.getByRole('heading', { name: 'Leçons à retenir' }).count(), 0, 'it is no part of the application');

  await latifa.level();
  await latifa.go('#/tasks');
  await latifa.page.getByText('Compte rendu intermédiaire').first().waitFor();
  await openPart(latifa, 'Suivi');
  await latifa.page.getByRole('textbox', { name: 'Leçons à retenir' }).waitFor();
  await latifa.picture('phone-after-fr');
  await latifa.accessible();
});

test('in Arabic all of it reads from right to left', async () => {
  for (const [phone, size] of [
    [latifa, 'phone'],
    [staff, 'desk'],
  ]) {
    await phone.go('#/sync');
    await phone.page.getByRole('radio', { name: 'العربية' }).check();
    await phone.page.locator('html[dir=rtl]').waitFor();
    await phone.go('#/dossiers');
    for (const [shape, name] of [
      ['حسب المرحلة', 'board'],
      ['جدول', 'table'],
      ['قائمة', 'list'],
    ]) {
      await phone.page.getByRole('radio', { name: shape, exact: true }).check({ force: true });
      await phone.page.getByRole('link', { name: WATER }).first().waitFor();
      await phone.picture(`${size}-dossiers-${name}-ar`);
      await phone.accessible();
    }
    await openPart(phone, 'التبادل');
    await phone.page.getByText('devis de la pompe').first().waitFor();
    await phone.picture(`${size}-talk-ar`);
    await phone.accessible();
    await openPart(phone, 'المتابعة');
    await phone.page.getByText('Premier versement').first().waitFor();
    await phone.picture(`${size}-follow-ar`);
    await phone.accessible();
    await phone.go('#/tasks');
    await phone.page.getByRole('heading', { name: 'مهامي' }).waitFor();
    await phone.picture(`${size}-tasks-ar`);
    await phone.accessible();
    assert.deepEqual(phone.faults, []);
  }
  await staff.go('#/associations');
  await staff.page.getByRole('link').filter({ hasText: /\S/ }).nth(5).waitFor();
  await staff.picture('desk-associations-ar');
  await staff.accessible();
});
