// Opinions of an event on a phone that is handed round without a network; the dashboard, what is behind its numbers, targets, reports.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before } from 'node:test';
import { inflateRawSync } from 'node:zlib';

import { api, artefacts, DESK, House, PHONE, tiwizi, test } from './harness.js';

const CODE = '4937';
const year = new Date().getFullYear();

let house, amina, admin;
let event;

before(async () => {
  house = await House.open();
  amina = await house.phone();
  await amina.enroll(house.coordinatorCode);
  admin = await house.phone({ viewport: DESK });
  const [, code] = tiwizi('invite', '--role', 'admin', '--data', house.folder).match(/#\/join\/(\S+)/);
  await admin.enroll(code, 'Badr Tazi');
});

after(() => house?.close());

const dialog = (phone) => phone.page.getByRole('dialog');
const button = (phone, name) => phone.page.getByRole('button', { name });
const step = (phone, name) => phone.page.getByRole('heading', { level: 1, name });

test('three faces, no name, no network: a phone that is handed round keeps opinions', async () => {
  await amina.go('#/events');
  const link = amina.page.locator('a[href^="#/event/"]:not([href$="new"])').first();
  await link.waitFor();
  event = (await link.getAttribute('href')).match(/#\/event\/([^/]+)/)[1];
  await amina.go(`#/event/${event}`);
  await button(amina, 'Gérer cet événement').click();
  await dialog(amina).getByRole('link', { name: /^Avis des participants/ }).click();
  await step(amina, 'Avis des participants').waitFor();
  await amina.accessible();
  await amina.picture('phone-opinions-fr');
  // One that was given on paper.
  await button(amina, 'Enregistrer').click();
  await amina.page.getByText('Répondez à une question au moins.').waitFor();
  await amina.page.getByRole('group', { name: 'C’était clair' }).getByRole('radio', { name: 'moyen' }).check();
  await button(amina, 'Enregistrer').click();
  await amina.page.getByText('Avis enregistré sur ce téléphone').waitFor();

  await amina.network(false);
  await amina.reopen(`#/event/${event}/opinions`);
  await button(amina, 'Prêter l’appareil').click();
  await amina.page.getByLabel('Un code pour reprendre').fill(CODE);
  await amina.page.getByLabel('Le même code').fill(CODE);
  await button(amina, 'Faire passer').click();
  for (const face of ['satisfait', 'pas satisfait']) {
    await button(amina, face === 'satisfait' ? 'Donner mon avis' : 'Personne suivante').click();
    await step(amina, 'Touchez un visage par question').waitFor();
    // What the one before has said is gone.
    assert.equal(await amina.page.locator('main input[type=radio]:checked').count(), 0);
    for (const question of ['Cela m’a été utile', 'C’était clair', 'Je reviendrais']) {
      await amina.page.getByRole('group', { name: question }).getByRole('radio', { name: face, exact: true }).check();
    }
    if (face === 'satisfait') await amina.accessible();
    if (face === 'satisfait') await amina.picture('phone-kiosk-opinion-fr');
    await button(amina, 'Envoyer').click();
    await step(amina, 'Merci').waitFor();
  }
  await button(amina, 'Personne suivante').click();
  await amina.page.getByRole('radio', { name: 'العربية' }).check();
  await amina.page.locator('html[dir=rtl]').waitFor();
  await step(amina, 'المسوا وجها لكل سؤال').waitFor();
  await amina.accessible();
  await amina.picture('phone-kiosk-opinion-ar');
  await amina.page.getByRole('radio', { name: 'Français' }).check();
  await button(amina, 'Pour les bénévoles').click();
  await amina.page.getByLabel('Le code').fill(CODE);
  await button(amina, 'Reprendre le téléphone').click();
  await step(amina, 'Avis des participants').waitFor();
  await amina.network(true);
  await amina.level();
  const { body } = await api(amina, 'GET', '/api/v1/indicators');
  const value = (code) => body.now.figures.find((one) => one.code === code).value;
  assert.deepEqual([value('opinions'), value('satisfaction')], [3, Math.floor((3 * 10_000) / 7)]);
});

const card = (name) => admin.page.getByRole('article').filter({ has: admin.page.getByRole('heading', { name, exact: true }) });
const digits = (text) => Number(text.replace(/\D/g, ''));

test('the dashboard: numbers, each with what is behind it, and a target', async () => {
  await admin.go('#/events');
  await admin.page.getByRole('navigation').getByRole('link', { name: 'Chiffres' }).click();
  await step(admin, 'Tableau de bord').waitFor();
  await card('Personnes différentes').waitFor();
  await admin.accessible();
  await admin.picture('desk-sums-fr');
  // Everything there is, so that it does not depend on the day on which this runs.
  await admin.page.getByLabel('Partie de l’année').selectOption({ label: 'Depuis le début' });
  const { body } = await api(admin, 'GET', '/api/v1/indicators');
  const people = body.now.figures.find(({ code }) => code === 'people').value;
  assert.ok(people > 5, String(people));
  await card('Personnes différentes').getByRole('button', { name: new RegExp(`^Personnes différentes ${people}`) }).click();
  await dialog(admin).getByText(`${people} enregistrements`).waitFor();
  await admin.accessible();
  await admin.picture('desk-sums-records-fr');
  await dialog(admin).getByRole('link').first().click();
  await admin.page.waitForURL(/#\/event\//);
  await admin.page.goBack();
  await card('Personnes différentes').waitFor();
  await admin.page.getByLabel('Partie de l’année').selectOption({ label: 'Depuis le début' });
  const line = body.now.tables.find(({ by }) => by === 'sex').rows.find(({ key }) => key === 'f');
  const row = admin.page.getByRole('table', { name: 'Par sexe', exact: true }).getByRole('row', { name: /^Femme/ });
  await row.waitFor();
  assert.equal(digits(await row.getByRole('cell').first().innerText()), line.values[0]);
  await row.getByRole('button').first().click();
  await dialog(admin).getByText(`${line.values[0]} enregistrement`).waitFor();
  await dialog(admin).getByRole('button', { name: 'Fermer' }).click();

  await admin.page.getByLabel('Partie de l’année').selectOption({ label: 'Année entière' });
  await card('Personnes différentes').getByText('Définition').click();
  await card('Personnes différentes').getByRole('button', { name: `Fixer l’objectif de ${year}` }).click();
  await dialog(admin).getByLabel(`Objectif de ${year}`).fill('beaucoup');
  await button(admin, 'Enregistrer').click();
  await dialog(admin).getByText('Un nombre entier, sans signe.').waitFor();
  await dialog(admin).getByLabel(`Objectif de ${year}`).fill('1 200');
  await button(admin, 'Enregistrer').click();
  await card('Personnes différentes').getByText(/de l’objectif/).waitFor();
  await admin.level();
  const again = await api(admin, 'GET', `/api/v1/indicators?from=${year}-01-01&to=${year}-12-31`);
  assert.equal(again.body.now.figures.find(({ code }) => code === 'people').target, 1_200);
  await admin.go('#/sums');
  await card('Personnes différentes').getByText(/de l’objectif/).waitFor();
});

/** The files of a ZIP, by its list at the end. */
function unzip(bytes) {
  const files = {};
  let at = bytes.readUInt32LE(bytes.lastIndexOf('PK\u0005\u0006') + 16);
  while (bytes.readUInt32LE(at) === 0x02014b50) {
    const [packed, name, extra, comment, local] = [
      bytes.readUInt32LE(at + 20),
      ...[28, 30, 32].map((place) => bytes.readUInt16LE(at + place)),
      bytes.readUInt32LE(at + 42),
    ];
    const begins = local + 30 + bytes.readUInt16LE(local + 26) + bytes.readUInt16LE(local + 28);
    const body = bytes.subarray(begins, begins + packed);
    const stored = bytes.readUInt16LE(at + 10) === 0;
    files[bytes.toString('utf8', at + 46, at + 46 + name)] = stored ? body : inflateRawSync(body);
    at += 46 + name + extra + comment;
  }
  return files;
}

async function saved(name) {
  const [coming] = await Promise.all([
    admin.page.waitForEvent('download', { timeout: 120_000 }),
    button(admin, name).click(),
  ]);
  return readFileSync(await coming.path());
}

test('a report is taken out, in French, and the same twice', async () => {
  await admin.page.getByLabel('Partie de l’année').selectOption({ label: 'Depuis le début' });
  const pdf = await saved('Rapport en PDF');
  assert.equal(pdf.subarray(0, 5).toString(), '%PDF-');
  // For whoever looks at pictures: this is one, too.
  mkdirSync(artefacts, { recursive: true });
  writeFileSync(join(artefacts, 'rapport.pdf'), pdf);
  const book = await saved('Rapport en classeur (XLSX)');
  const text = unzip(book)['xl/sharedStrings.xml'].toString('utf8');
  for (const said of ['Rapport d’activité', 'Personnes différentes', 'Ce qui manque encore', 'Satisfaction']) {
    assert.ok(text.includes(said), said);
  }
  assert.ok(unzip(book)['xl/workbook.xml'].toString('utf8').includes('Définitions'));
  assert.ok(book.equals(await saved('Rapport en classeur (XLSX)')));
  await admin.page.getByRole('checkbox', { name: 'Satisfaction' }).uncheck();
  assert.ok(!unzip(await saved('Rapport en classeur (XLSX)'))['xl/sharedStrings.xml'].toString('utf8').includes('Avis recueillis'));
  await admin.page.getByRole('button', { name: 'Projets publiés (IATI)' }).click();
  await admin.page.getByText(/L’identifiant IATI de l’organisation manque/).waitFor();
});

test('on a small desk, on a phone, from the right, and on paper', async () => {
  await admin.page.setViewportSize({ width: 1024, height: 768 });
  await card('Participations').waitFor();
  await admin.picture('small-desk-sums-fr');
  await admin.page.setViewportSize(PHONE);
  await admin.accessible();
  assert.ok(await admin.page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'wider than the phone');
  await admin.picture('phone-sums-fr');
  await admin.go('#/sync');
  await admin.page.getByRole('radio', { name: 'العربية' }).check();
  await admin.page.locator('html[dir=rtl]').waitFor();
  await admin.page.setViewportSize(DESK);
  await admin.go('#/sums');
  await step(admin, 'لوحة القيادة').waitFor();
  await card('أشخاص مختلفون').waitFor();
  await admin.accessible();
  await admin.picture('desk-sums-ar');
  await admin.page.emulateMedia({ media: 'print' });
  assert.equal(await admin.page.getByRole('navigation').count(), 0);
  await admin.picture('desk-sums-print');
  await admin.page.emulateMedia({ media: null });
  assert.deepEqual([...amina.faults, ...admin.faults], []);
});
