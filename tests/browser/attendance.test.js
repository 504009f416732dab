// From the door to a sheet that an auditor accepts: signatures by finger, a phone that is handed round, badges, paper, the seal,
// what comes late, and the proof for whoever holds a sheet.
import assert from 'node:assert/strict';
import { createHash, createHmac } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before } from 'node:test';

import { cameraArguments, writeFilm } from './camera.js';
import { api, DESK, House, tiwizi, test } from './harness.js';

const TITLE = /Atelier d’écriture : de l’idée au dossier/;
const KIOSK_PIN = '4938';
/** The demonstration data's people. */
const [FIRST, SECOND, THIRD, FOURTH] = ['Khadija ABOULKACEM', 'Saïd AMZIL', 'Fatima AÏT OUFKIR', 'Brahim AZOULAY'];

let house, folder, desk, amina, youssef, event;

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tiwizi-sheets-'));
  house = await House.open();
  desk = await house.phone({ viewport: DESK });
  await desk.enroll(house.coordinatorCode);
  await desk.page.getByRole('link', { name: TITLE }).click();
  await desk.page.waitForURL(/#\/event\//);
  event = desk.page.url().split('/').pop();
  amina = await house.phone();
  await amina.enroll(house.volunteerCode, 'Amina Volontaire');
  youssef = await house.phone();
  const invite = { role: 'volunteer', name: 'Youssef Volontaire', language: 'fr', documents: [event], hours: 24 };
  await youssef.enroll((await api(desk, 'POST', '/api/invites', invite)).body.code);
});

after(async () => {
  await house?.close();
  if (folder) rmSync(folder, { recursive: true, force: true });
});

const button = (phone, name) => phone.page.getByRole('button', { name });
const row = (phone, name) => button(phone, new RegExp(`${name}.*toucher pour pointer`));
const more = (phone, name) => button(phone, new RegExp(`^Autres choix.*${name}`));
const dialog = (phone) => phone.page.getByRole('dialog');

/** Draws a wave in the box that is on the page. */
async function draw({ page }) {
  const canvas = page.locator('canvas');
  await canvas.scrollIntoViewIfNeeded();
  const box = await canvas.boundingBox();
  const at = (x, y) => [box.x + x * box.width, box.y + y * box.height];
  await page.mouse.move(...at(0.1, 0.6));
  await page.mouse.down();
  for (const [x, y] of [[0.25, 0.2], [0.4, 0.8], [0.55, 0.25], [0.7, 0.75], [0.9, 0.4]]) await page.mouse.move(...at(x, y), { steps: 8 });
  await page.mouse.up();
}

test('somebody signs on the volunteer’s phone, without a network', async () => {
  await amina.go(`#/event/${event}`);
  await row(amina, FIRST).waitFor();
  await amina.network(false);
  // Who signs was there: nobody has to be checked in first.
  await more(amina, FIRST).click();
  await dialog(amina).getByRole('button', { name: 'Faire signer' }).click();
  await dialog(amina).getByText(/signe ici, de sa main/).waitFor();
  assert.equal(await dialog(amina).getByRole('button', { name: 'Garder la signature' }).isDisabled(), true);
  await draw(amina);
  await amina.accessible();
  await amina.picture('attendance-sign-fr');
  await dialog(amina).getByRole('button', { name: 'Garder la signature' }).click();
  await dialog(amina).getByRole('img', { name: new RegExp(`Signature de.*${FIRST}`) }).waitFor();
  await amina.page.keyboard.press('Escape');
});

test('a phone that is handed round shows names and a box to sign, in Arabic too, and nothing else', async () => {
  await button(amina, 'Faire circuler').click();
  await dialog(amina).getByLabel('Un code pour reprendre le téléphone').fill(KIOSK_PIN);
  await dialog(amina).getByLabel('Le même code').fill(KIOSK_PIN);
  await dialog(amina).getByRole('button', { name: 'Faire passer le téléphone' }).click();
  await button(amina, 'Signer ma présence').click();
  await amina.page.getByLabel('العربية').check({ force: true });
  await amina.page.getByLabel('ابحث عن اسمي').fill('amzil');
  await amina.accessible();
  await amina.picture('attendance-kiosk-list-ar');
  await button(amina, new RegExp(SECOND)).click();
  await draw(amina);
  await amina.accessible();
  await amina.picture('attendance-kiosk-sign-ar');
  await button(amina, 'حفظ التوقيع').click();
  await button(amina, 'الشخص التالي').or(amina.page.getByLabel('Chercher mon nom')).first().waitFor();
  // The next person begins in the language in which the phone was lent, and finds who has signed.
  await amina.page.getByLabel('Chercher mon nom').waitFor();
  const signed = amina.page.getByRole('button', { name: new RegExp(`${SECOND}.*A signé`) });
  await signed.waitFor();
  assert.equal(await signed.isDisabled(), true);
  // No way leads out of it but the code; a reload leads back into it.
  await amina.go('#/sync');
  await amina.page.getByLabel('Chercher mon nom').waitFor();
  assert.equal(await amina.page.getByText('Échanger maintenant').count(), 0);
  await amina.page.reload();
  await button(amina, 'Signer ma présence').waitFor();
  await button(amina, 'Pour les bénévoles').click();
  await dialog(amina).getByLabel('Le code').fill(KIOSK_PIN);
  await dialog(amina).getByRole('button', { name: 'Reprendre le téléphone' }).click();
  await button(amina, new RegExp(`${SECOND}.*Présent`)).waitFor();
});

test('both signatures reach the server with their strokes, and the desk sees them', async () => {
  await amina.network(true);
  await amina.level();
  await desk.go(`#/event/${event}/sheet`);
  await desk.page.getByText('Sceller la feuille').first().waitFor();
  const signed = desk.page.locator('dl.figures div', { hasText: 'Signatures' }).locator('dd');
  await signed.filter({ hasText: /^2$/ }).waitFor();
  assert.equal(await desk.page.getByText(/encore sur un téléphone/).count(), 0);
});

/** Presses what saves a paper, and returns its bytes. */
async function download(phone, press) {
  const coming = phone.page.waitForEvent('download', { timeout: 120_000 });
  await press();
  return readFileSync(await (await coming).path());
}

test('badges are read by the camera, without a network', async () => {
  const badges = await download(desk, () => desk.page.getByRole('button', { name: /Badges avec code/ }).click());
  assert.equal(badges.subarray(0, 5).toString(), '%PDF-');
  // What stands on one of them, made here by the same rule.
  tiwizi('export', join(folder, 'export'), '--data', house.folder);
  const files = readdirSync(join(folder, 'export'), { recursive: true }).filter((file) => file.endsWith('.json'));
  const read = (part) => JSON.parse(readFileSync(join(folder, 'export', files.find((file) => file.includes(part))), 'utf8'));
  const key = JSON.stringify(read(event)).match(/"badge_key":\s*"?([0-9a-f]{32})/)[1];
  const person = personOf(THIRD);
  const bytes = (id) => Buffer.from(id.replaceAll('-', ''), 'hex');
  const mac = createHmac('sha256', Buffer.from(key, 'hex')).update(bytes(event)).update(bytes(person)).digest();
  const token = `TIWIZI1:${mac.subarray(0, 10).toString('hex').toUpperCase()}`;
  const film = join(folder, 'badges.y4m');
  writeFilm(film, [token, null, 'TIWIZI1:00000000000000000000', null]);
  const browser = await House.launch(cameraArguments(film));
  try {
    const reader = await house.phone({ browser });
    const invite = { role: 'volunteer', name: 'Rachid Volontaire', language: 'fr', documents: [event], hours: 24 };
    await reader.enroll((await api(desk, 'POST', '/api/invites', invite)).body.code);
    await reader.go(`#/event/${event}`);
    await row(reader, THIRD).waitFor();
    // This browser reads no codes by itself: the app's own reader is kept when the door is open and calm.
    await reader.page.evaluate(async () => {
      const cache = await caches.open('tiwizi-reader');
      while ((await cache.keys()).length === 0) await new Promise((resolve) => setTimeout(resolve, 100));
    });
    await reader.network(false);
    await reader.go(`#/event/${event}/scan`);
    await reader.page.getByRole('heading', { name: 'Lire un badge' }).waitFor();
    await reader.page.getByText(/d’un autre événement/).first().waitFor();
    await reader.picture('attendance-scan-fr');
    await reader.go(`#/event/${event}`);
    await button(reader, new RegExp(`${THIRD}.*Présent`)).waitFor();
    await reader.network(true);
    await reader.level();
    assert.deepEqual(reader.faults, []);
  } finally {
    await browser.close();
  }
});

/** The id of somebody on the roster, as their record's address has it. */
function personOf(name) {
  const exported = readdirSync(join(folder, 'export'), { recursive: true }).filter((file) => file.endsWith('.json'));
  const [given, ...family] = name.split(' ');
  for (const file of exported) {
    const text = readFileSync(join(folder, 'export', file), 'utf8');
    if (text.includes(`"${given}"`) && text.includes(`"${family.join(' ')}"`)) return file.match(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/)[0];
  }
  throw new Error(`${name} is not exported`);
}

test('a sheet is sealed with a phone outstanding, by whoever has seen it; what comes late makes another version', async () => {
  await youssef.go(`#/event/${event}`);
  await row(youssef, FOURTH).waitFor();
  await youssef.network(false);
  await row(youssef, FOURTH).click();
  await button(youssef, new RegExp(`${FOURTH}.*Présent`)).waitFor();
  await desk.go('#/events');
  await desk.go(`#/event/${event}/sheet`);
  await desk.page.getByText(/présence sans signature|présences sans signature/).first().waitFor();
  await desk.accessible();
  await desk.picture('attendance-sheet-fr');
  const seal = desk.page.getByRole('button', { name: 'Sceller la version 1' });
  assert.equal(await seal.isDisabled(), true);
  await desk.page.getByLabel(/J’ai vu ce qui manque/).check();
  await seal.click();
  await desk.page.getByText('La feuille est scellée, et rien n’est arrivé depuis.').waitFor();
  await desk.picture('attendance-sealed-fr');
  // The phone comes back with its mark.
  await youssef.network(true);
  await youssef.level();
  await desk.page.getByText(/est arrivé ou a été annulé depuis|sont arrivés ou ont été annulés depuis/).waitFor();
  // What was seen may change until the very last: then it is looked at again, as a person would.
  const sealed = desk.page.getByText('La feuille est scellée, et rien n’est arrivé depuis.');
  for (let look = 0; look < 5 && !(await sealed.isVisible()); look += 1) {
    await desk.page.getByLabel('Pourquoi une nouvelle version ?').fill('Le téléphone de Youssef était sans réseau.');
    await desk.page.getByLabel(/J’ai vu ce qui manque/).check();
    const answered = desk.page.waitForResponse((reply) => reply.request().method() === 'POST' && /\/sheet$/.test(reply.url()));
    await desk.page.getByRole('button', { name: 'Sceller la version 2' }).click();
    if ((await answered).ok()) await sealed.waitFor();
  }
  await sealed.waitFor();
  // The volunteer's phone knows of the seal, and the desk has no question left about it.
  await desk.go('#/questions');
  assert.equal(await desk.page.getByText(/après le scellement/).count(), 0);
});

test('whoever holds a sheet sees that it is genuine, and no name', async () => {
  await desk.go(`#/event/${event}/sheet`);
  await desk.page.getByText('Version 2', { exact: true }).waitFor();
  const code = (await desk.page.locator('a.number').first().textContent()).trim();
  const pdf = await download(desk, () => desk.page.getByRole('button', { name: 'PDF', exact: true }).first().click());
  const stranger = await house.phone();
  await stranger.page.goto(`${house.url}/#/check/${code.replaceAll('-', '')}`);
  await stranger.page.getByText('Feuille authentique').waitFor();
  assert.equal(await stranger.page.getByText('ABOULKACEM').count(), 0);
  await stranger.accessible();
  await stranger.picture('attendance-check-fr');
  await stranger.page.getByLabel('Choisir le PDF reçu').setInputFiles({ name: 'feuille.pdf', mimeType: 'application/pdf', buffer: pdf });
  await stranger.page.getByText('exactement celui qui a été scellé').waitFor();
  const changed = Buffer.from(pdf);
  changed[changed.length >> 1] ^= 1;
  await stranger.page.getByLabel('Choisir le PDF reçu').setInputFiles({ name: 'feuille.pdf', mimeType: 'application/pdf', buffer: changed });
  await stranger.page.getByText('n’est pas celui qui a été scellé').waitFor();
  assert.equal(createHash('sha256').update(pdf).digest('hex').length, 64);
  await stranger.page.goto(`${house.url}/#/check/000000000000`);
  await stranger.page.getByText('Aucune feuille ne porte ce code').waitFor();
});

test('no page reported a fault', () => {
  assert.deepEqual([...desk.faults, ...amina.faults, ...youssef.faults], []);
});
