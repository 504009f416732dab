// How people come to be expected: a workbook is looked over and taken; others register by a link, and somebody accepts them.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before } from 'node:test';

import { api, DESK, House, PHONE, test } from './harness.js';

const TITLE = 'Atelier budget';
const WORKBOOK = new URL('../fixtures/participants/registered.xlsx', import.meta.url).pathname;

let house, amina, karima, guest;
let event, link;

before(async () => {
  house = await House.open();
  amina = await house.phone({ viewport: PHONE });
  await amina.enroll(house.coordinatorCode);
  karima = await house.phone({ viewport: DESK });
  await karima.enroll(house.staffCode);
});

after(() => house?.close());

const page = (phone) => phone.page;
const dialog = (phone) => page(phone).getByRole('dialog');
const roster = (phone) => page(phone).getByRole('list', { name: /Liste de présence|لائحة الحضور/ });

async function menu(phone, name) {
  await page(phone).getByRole('button', { name: 'Gérer cet événement' }).click();
  await dialog(phone).getByRole('button', { name }).click();
}

async function choose(phone, file) {
  await dialog(phone).getByLabel('Fichier').setInputFiles(file);
  await dialog(phone).getByRole('button', { name: 'Lire la liste' }).click();
}

const inFrench = (phone) => page(phone).evaluate(() => document.documentElement.lang === 'fr');

async function speak(phone, language) {
  await phone.go('#/sync');
  await page(phone).getByRole('radio', { name: { fr: 'Français', ar: 'العربية' }[language] }).check({ force: true });
  await page(phone).locator(`html[lang=${language}]`).waitFor();
}

test('an event is planned, and somebody is known from another', async () => {
  await amina.go('#/events');
  await page(amina).getByRole('link').filter({ hasText: /:/ }).first().click();
  await menu(amina, /Coller une liste/);
  await dialog(amina).getByLabel('Noms').fill('AZERGUI Tafsut');
  await dialog(amina).getByRole('button', { name: 'Lire la liste' }).click();
  await dialog(amina).getByRole('button', { name: 'Ajouter 1 personne' }).click();
  await page(amina).getByText('1 personne ajoutée à la liste').waitFor();
  await amina.go('#/events');
  await page(amina).getByRole('link', { name: 'Nouvel événement' }).click();
  await page(amina).getByLabel('Titre de l’événement').fill(TITLE);
  await page(amina).getByRole('combobox', { name: /Type/ }).selectOption({ label: 'Formation financière' });
  await page(amina).getByLabel('Jour', { exact: true }).fill('2027-01-30');
  await page(amina).getByRole('combobox', { name: 'Lieu (facultatif)' }).fill('Salle des fêtes');
  await page(amina).getByRole('button', { name: 'Créer l’événement' }).click();
  await page(amina).waitForURL(/#\/event\/[^/]+$/);
  event = page(amina).url().match(/#\/event\/([^/]+)/)[1];
  await amina.level();
  await amina.go(`#/event/${event}`);
});

test('without a network a list is not read, and the page says why', async () => {
  await amina.network(false);
  await menu(amina, /Importer une liste/);
  await choose(amina, WORKBOOK);
  await dialog(amina).getByText(/Il faut du réseau pour cela/).waitFor();
  await page(amina).keyboard.press('Escape');
  await menu(amina, /Lien d’inscription/);
  await dialog(amina).getByText(/Il faut du réseau pour cela/).waitFor();
  await page(amina).keyboard.press('Escape');
  await amina.network(true);
});

test('what is no list is said to be none', async () => {
  await menu(amina, /Importer une liste/);
  await choose(amina, { name: 'liste.xlsx', mimeType: 'application/zip', buffer: Buffer.from('PK\x03\x04 nothing') });
  await dialog(amina).getByText(/Ce classeur ne peut pas être lu/).waitFor();
  await choose(amina, { name: 'liste.csv', mimeType: 'text/csv', buffer: Buffer.from('a;b\n1;2\n') });
  await dialog(amina).getByText(/ligne d’en-têtes n’a pas été trouvée/).waitFor();
  await choose(amina, { name: 'liste.csv', mimeType: 'text/csv', buffer: Buffer.alloc(2 * 1024 * 1024 + 1) });
  await dialog(amina).getByText(/dépasse 2 Mo/).waitFor();
});

test('a workbook is looked over: who is new, who may be known, what cannot be taken', async () => {
  await choose(amina, WORKBOOK);
  const rows = dialog(amina).getByRole('list', { name: 'Personnes de la liste' }).getByRole('listitem');
  await rows.nth(2).waitFor();
  await rows.nth(0).getByText('Idir Oulhaj').waitFor();
  await rows.nth(0).getByText(/France et au Maroc/).waitFor();
  await rows.nth(1).getByText('+212661987654').waitFor();
  await dialog(amina).getByText('Une ligne ne peut pas être reprise').waitFor();
  await dialog(amina).getByText(/La ligne n’a pas de nom/).waitFor();
  // Somebody of the same name is in the directory.
  await rows.nth(2).getByRole('combobox', { name: /peut-être déjà connue/ }).waitFor();
  await amina.accessible();
  await amina.picture('import_plan_fr');

  await dialog(amina).getByRole('radio', { name: /France/ }).check({ force: true });
  await rows.nth(0).getByText('+33612345678').waitFor();
  await dialog(amina).getByRole('checkbox', { name: /Reprendre .*Tuda Amezian/ }).uncheck();
  await dialog(amina).getByText(/2. à ajouter à la liste, dont .1. à créer/).waitFor();
});

test('it is taken, once however often it is sent', async () => {
  await dialog(amina).getByRole('button', { name: 'Ajouter 2 personnes' }).click();
  await page(amina).getByText('2 personnes ajoutées à la liste').waitFor();
  await roster(amina).getByText('Idir Oulhaj').waitFor();
  assert.equal(await roster(amina).getByText('Tuda Amezian').count(), 0);

  await menu(amina, /Importer une liste/);
  await choose(amina, WORKBOOK);
  const rows = dialog(amina).getByRole('list', { name: 'Personnes de la liste' }).getByRole('listitem');
  await rows.nth(0).getByText(/déjà sur la liste/).waitFor();
  await dialog(amina).getByText(/1. à ajouter à la liste, dont .1. à créer\s; .2. déjà/).waitFor();
  await page(amina).keyboard.press('Escape');
});

test('in Arabic the list reads from the right', async () => {
  await speak(amina, 'ar');
  await amina.go(`#/event/${event}`);
  await page(amina).getByRole('button', { name: 'تدبير هذا النشاط' }).click();
  await dialog(amina).getByRole('button', { name: /استيراد لائحة/ }).click();
  await dialog(amina).getByLabel('الملف').setInputFiles(WORKBOOK);
  await dialog(amina).getByRole('button', { name: 'قراءة اللائحة' }).click();
  await dialog(amina).getByText('Tuda Amezian').waitFor();
  await amina.accessible();
  await amina.picture('import_plan_ar');
  await page(amina).keyboard.press('Escape');
  await speak(amina, 'fr');
  assert.ok(await inFrench(amina));
});

test('registration is opened, with a link and its code', async () => {
  await amina.go(`#/event/${event}`);
  await menu(amina, /Lien d’inscription/);
  // Until the event begins, unless somebody says otherwise.
  assert.equal(await dialog(amina).getByLabel(/Inscriptions ouvertes/).inputValue(), '2027-01-30');
  await dialog(amina).getByRole('button', { name: 'Ouvrir les inscriptions' }).click();
  await dialog(amina).getByRole('img', { name: /Code QR/ }).waitFor();
  link = await dialog(amina).getByText(/\/register#/).textContent();
  assert.match(link, /\/register#[0-9a-f]{32}$/);
  await amina.accessible();
  await amina.picture('register_link_fr');
  await page(amina).keyboard.press('Escape');
});

test('somebody without any of this registers on their own phone', async () => {
  guest = await house.phone({ locale: 'fr-FR' });
  await page(guest).goto(link.replace(/^https?:\/\/[^/]+/, house.url));
  await page(guest).getByRole('heading', { name: TITLE }).waitFor();
  await page(guest).getByText(/samedi 30 janvier 2027/).waitFor();
  await page(guest).getByText('Salle des fêtes').waitFor();
  await guest.accessible();
  await guest.picture('register_page_fr');

  await page(guest).getByRole('button', { name: 'S’inscrire' }).click();
  await page(guest).getByText('À remplir.').first().waitFor();
  await page(guest).getByLabel('Prénom').fill('Tafsut');
  await page(guest).getByLabel('Nom de famille').fill('AZERGUI');
  await page(guest).getByLabel(/Association/).fill('Tiwizi Vaucluse');
  await page(guest).getByLabel(/Téléphone/).fill('06 98 76 54 32');
  await page(guest).getByRole('button', { name: 'S’inscrire' }).click();
  // The number is one of two countries: asked, never guessed.
  await page(guest).getByRole('radio', { name: 'Maroc' }).check({ force: true });
  await guest.accessible();
  await page(guest).getByRole('button', { name: 'S’inscrire' }).click();
  await page(guest).getByRole('heading', { name: 'C’est noté, merci' }).waitFor();
  await guest.accessible();

  await page(guest).getByRole('button', { name: 'Inscrire une autre personne' }).click();
  await page(guest).getByLabel('Prénom').fill('Yidir');
  await page(guest).getByLabel('Nom de famille').fill('Amghar');
  await page(guest).getByRole('button', { name: 'S’inscrire' }).click();
  await page(guest).getByRole('heading', { name: 'C’est noté, merci' }).waitFor();
});

test('in Arabic, from the right; and nothing is left on that phone', async () => {
  await page(guest).reload();
  await page(guest).getByRole('combobox', { name: 'Langue' }).selectOption('ar');
  await page(guest).locator('html[dir=rtl]').waitFor();
  await page(guest).getByText('قراءة المعلومات كاملة').click();
  await guest.accessible();
  await guest.picture('register_page_ar');
  await page(guest).getByLabel('الاسم الشخصي').fill('نعيمة');
  await page(guest).getByLabel('الاسم العائلي').fill('العلوي');
  await page(guest).getByRole('button', { name: 'تسجيل' }).click();
  await page(guest).getByRole('heading', { name: /تم التسجيل/ }).waitFor();
  const left = await page(guest).evaluate(async () => ({
    workers: (await navigator.serviceWorker.getRegistrations()).length,
    databases: (await indexedDB.databases()).length,
    caches: (await caches.keys()).length,
    cookies: document.cookie,
  }));
  assert.deepEqual(left, { workers: 0, databases: 0, caches: 0, cookies: '' });
  const robots = await page(guest).locator('meta[name=robots]').getAttribute('content');
  assert.match(robots, /noindex/);
});

test('whoever registered waits on the event’s page, and nobody is on the roster before', async () => {
  await amina.level();
  await amina.go(`#/event/${event}`);
  await page(amina).getByText('3 inscriptions à accepter').waitFor();
  assert.equal(await roster(amina).getByText('Yidir Amghar').count(), 0);
  await page(amina).getByRole('button', { name: 'Voir les inscriptions' }).click();
  const rows = dialog(amina).getByRole('listitem');
  await rows.nth(2).waitFor();
  await rows.nth(0).getByText('+212698765432').waitFor();
  await rows.nth(0).getByText('Peut-être déjà connue').waitFor();
  await amina.accessible();
  await amina.picture('registrations_fr');
});

test('one is the person that is known, one is new, one is nobody', async () => {
  const rows = dialog(amina).getByRole('listitem');
  await rows.nth(0).getByRole('button', { name: 'C’est cette personne' }).first().click();
  await page(amina).getByText(/est sur la liste/).first().waitFor();
  await dialog(amina).getByRole('button', { name: /Accepter .*Yidir Amghar/ }).click();
  await dialog(amina).getByRole('button', { name: /Écarter .*نعيمة/ }).click();
  await dialog(amina).getByText(/Écarter cette inscription/).waitFor();
  await dialog(amina).getByRole('button', { name: 'Écarter', exact: true }).click();
  await dialog(amina).getByText('Toutes les inscriptions sont traitées').waitFor();
  await page(amina).keyboard.press('Escape');
  await roster(amina).getByText('Yidir Amghar').waitFor();
  await page(amina).getByText(/inscriptions? à accepter/).first().waitFor({ state: 'detached' });
  await amina.level();
  const { body } = await api(amina, 'GET', `/api/events/${event}/registration`);
  assert.deepEqual([body.waiting, body.received], [[], 2]);
});

test('another device sees who was accepted, with their number', async () => {
  await karima.go(`#/event/${event}`);
  await roster(karima).getByText('Yidir Amghar').waitFor();
  await roster(karima).getByText('Idir Oulhaj').waitFor();
  await menu(karima, /Lien d’inscription/);
  await dialog(karima).getByText(/2 inscriptions reçues/).waitFor();
  await karima.accessible();
  await karima.picture('register_link_desk');
});

test('a link that is closed says so, and one that was replaced is none', async () => {
  await dialog(karima).getByText('Remplacer le lien').first().click();
  await dialog(karima).getByRole('button', { name: 'Remplacer le lien' }).click();
  await dialog(karima).getByText(link).waitFor({ state: 'detached' });
  const fresh = (await dialog(karima).getByText(/\/register#/).textContent()).replace(/^https?:\/\/[^/]+/, house.url);
  await page(guest).reload();
  await page(guest).getByText(/هذا الرابط غير موجود/).waitFor();
  await dialog(karima).getByRole('button', { name: 'Fermer les inscriptions' }).click();
  await dialog(karima).getByText(/Les inscriptions sont fermées/).waitFor();
  await page(guest).goto(fresh);
  await page(guest).reload();
  await page(guest).getByText('التسجيل مغلق').waitFor();
  await guest.accessible();
});

test('a list is for those who may call people, and no link for a volunteer', async () => {
  const badr = await house.phone();
  await badr.enroll(house.volunteerCode);
  const list = { file: readFileSync(WORKBOOK).toString('base64') };
  const asked = [
    await api(badr, 'POST', `/api/events/${event}/list/plan`, list),
    await api(badr, 'GET', `/api/events/${event}/registration`),
  ];
  assert.deepEqual(asked.map(({ status }) => status), [403, 403]);
  await page(badr).getByRole('link').filter({ hasText: /:/ }).first().click();
  await page(badr).getByRole('button', { name: 'Gérer cet événement' }).click();
  await dialog(badr).getByRole('button', { name: /Coller une liste/ }).waitFor();
  assert.equal(await dialog(badr).getByRole('button', { name: /Importer une liste|Lien d’inscription/ }).count(), 0);
});

test('nothing went wrong on any page', () => {
  const refused = /status of (404|409|410|422)/;
  for (const phone of [amina, karima, guest]) assert.deepEqual(phone.faults.filter((fault) => !refused.test(fault)), []);
});
