// A dossier on its way to the funder's portal: pieces photographed without a network and cut on their way, what is missing at a glance, a page to
// copy from, files that are looked into, a receipt, and once more from a copy.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before } from 'node:test';
import { inflateRawSync } from 'node:zlib';

import { DESK, House, test } from './harness.js';

/** One page, with a word in a font that the file does not bring. */
const RECEIPT = `%PDF-1.4
1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj
2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj
3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 280]/Resources<</Font<</F 5 0 R>>>>/Contents 4 0 R>>endobj
4 0 obj<</Length 33>>stream
BT /F 24 Tf 20 200 Td (Accuse) Tj ET
endstream endobj
5 0 obj<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>endobj
trailer<</Root 1 0 R>>
%%EOF`;

let house, latifa, staff, dossier;

/** The call that the demo's dossiers answer. */
const [call] = JSON.parse(readFileSync(new URL('../../reference/calls.json', import.meta.url), 'utf8'));
const REQUIRED = call.rows.piece.filter(({ required }) => required === 'yes').length;
const MINUTES = call.rows.piece.findIndex(({ key }) => key === 'assembly');
const BANK = call.rows.piece.findIndex(({ key }) => key === 'bank');
const placed = (nth) => String(nth + 1).padStart(2, '0');

before(async () => {
  house = await House.open();
  latifa = await house.phone();
  await latifa.context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: house.url });
  await latifa.enroll(house.volunteerCode);
  staff = await house.phone({ viewport: DESK });
  await staff.context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: house.url });
  await staff.enroll(house.staffCode);
  await latifa.go('#/dossiers');
  await latifa.page.getByRole('link', { name: /Un réseau d’eau/ }).click();
  await latifa.page.waitForURL(/#\/dossier\//);
  dossier = latifa.page.url().split('/').pop();
});

after(() => house?.close());

const open = async (phone, part) => {
  await phone.go(`#/dossier/${dossier}`);
  await phone.page.getByRole('radio', { name: part }).check({ force: true });
};

/** A photo of a page, drawn by the browser: of noise, so that it is as heavy as one that was taken. */
async function photo(page, name) {
  const bytes = await page.evaluate(async () => {
    const canvas = new OffscreenCanvas(700, 900);
    const context = canvas.getContext('2d');
    const noise = context.createImageData(700, 900);
    for (let n = 0; n < noise.data.length; n += 1) noise.data[n] = n % 4 === 3 ? 255 : Math.random() * 256;
    context.putImageData(noise, 0, 0);
    return Array.from(new Uint8Array(await (await canvas.convertToBlob({ type: 'image/jpeg', quality: 0.9 })).arrayBuffer()));
  });
  return { name, mimeType: 'image/jpeg', buffer: Buffer.from(bytes) };
}

/** The files of a ZIP, by their names. */
function opened(bytes) {
  const files = new Map();
  const end = bytes.length - 22;
  assert.equal(bytes.toString('latin1', end, end + 4), 'PK\x05\x06');
  for (let n = bytes.readUInt16LE(end + 10), at = bytes.readUInt32LE(end + 16); n > 0; n -= 1) {
    const [method, size, name, extra, remark] = [10, 20, 28, 30, 32].map((place) => (place === 20 ? bytes.readUInt32LE(at + 20) : bytes.readUInt16LE(at + place)));
    const local = bytes.readUInt32LE(at + 42);
    const starts = local + 30 + bytes.readUInt16LE(local + 26) + bytes.readUInt16LE(local + 28);
    const packed = bytes.subarray(starts, starts + size);
    files.set(bytes.toString('utf8', at + 46, at + 46 + name), method === 8 ? inflateRawSync(packed) : packed);
    at += 46 + name + extra + remark;
  }
  return files;
}

async function download(phone, name) {
  const [saved] = await Promise.all([phone.page.waitForEvent('download'), phone.page.getByRole('button', { name }).click()]);
  return readFileSync(await saved.path());
}

test('three photos of one paper are kept without a network, cut on their way, and arrive whole', async () => {
  const { page } = latifa;
  await open(latifa, 'Pièces');
  await page.getByText(`${REQUIRED} · manque`).waitFor();
  await latifa.picture('phone-pieces-empty-fr');
  await latifa.accessible();
  await latifa.network(false);
  const photos = [await photo(page, 'p1.jpg'), await photo(page, 'p2.jpg'), await photo(page, 'p3.jpg')];
  await page.getByRole('button', { name: 'Joindre : ⁨Procès-verbal de la dernière assemblée générale⁩' }).click();
  const sheet = page.getByRole('dialog');
  await sheet.getByRole('button', { name: 'Garder la pièce' }).click();
  await sheet.getByText('Prenez au moins une photo').waitFor();
  for (const one of photos) await sheet.locator('input[capture]').setInputFiles(one);
  await sheet.getByRole('img', { name: 'Page 3' }).waitFor();
  const days = call.rows.piece[MINUTES].valid_days;
  const issued = new Date(Date.now() - (days - 15) * 86_400_000).toISOString().slice(0, 10);
  await sheet.getByLabel('Date d’émission').fill(issued);
  // Until when it counts follows from the call.
  const until = new Date(Date.parse(issued) + days * 86_400_000).toISOString().slice(0, 10);
  assert.equal(await sheet.getByLabel('Valable jusqu’au').inputValue(), until);
  await sheet.getByLabel('Remise par').fill('Fatima-Zahra العمراني');
  await latifa.picture('phone-piece-photos-fr');
  await latifa.accessible();
  await sheet.getByRole('button', { name: 'Garder la pièce' }).click();
  await sheet.waitFor({ state: 'detached' });
  await page.getByText('3 pages', { exact: false }).waitFor();
  await page.getByText('bientôt périmée').first().waitFor();

  // The network comes back and breaks after the second piece of a photo, and again when an answer is lost.
  let pieces = 0;
  const seen = [];
  await latifa.context.route(/\/api\/blobs\/\w+\?/, async (route) => {
    pieces += 1;
    seen.push(new URL(route.request().url()).pathname + new URL(route.request().url()).searchParams.get('at'));
    if (pieces === 3) return route.abort('connectionreset');
    if (pieces === 6) {
      await route.fetch();
      return route.abort('connectionreset');
    }
    return route.continue();
  });
  await latifa.network(true);
  await latifa.level();
  assert.ok(pieces > 8, `${pieces} pieces`);
  // What had arrived was not sent again: only the piece that never arrived.
  assert.ok(pieces - new Set(seen).size <= 2, seen.join('\n'));
});

test('a file is kept if it is harmless, and what runs is refused in plain words', async () => {
  const { page } = latifa;
  await open(latifa, 'Pièces');
  await page.getByRole('button', { name: /Joindre : ⁨Relevé d’identité/ }).click();
  const sheet = page.getByRole('dialog');
  const picker = sheet.locator('input[multiple]');
  await picker.setInputFiles({ name: 'facture.exe', mimeType: 'application/octet-stream', buffer: Buffer.from('MZ') });
  await sheet.getByText('Ce genre de fichier n’est pas gardé', { exact: false }).waitFor();
  const vectors = JSON.parse(readFileSync(new URL('../../shared/vectors/media.json', import.meta.url), 'utf8'));
  const vector = (what) => Buffer.from(vectors.find((one) => one.what === what).parts[0][1], 'hex');
  const mimeType = 'application/vnd.openxmlformats-officedocument.wordprocessingml.document';
  await picker.setInputFiles({ name: 'rib.docx', mimeType, buffer: vector('a text with macros under another name') });
  await sheet.getByRole('button', { name: 'Garder la pièce' }).click();
  await sheet.getByText('contient des macros', { exact: false }).waitFor();
  await sheet.getByRole('button', { name: 'Retirer la page 1' }).click();
  await picker.setInputFiles({ name: 'rib.docx', mimeType, buffer: vector('a text of Word') });
  await sheet.getByRole('button', { name: 'Garder la pièce' }).click();
  await sheet.waitFor({ state: 'detached' });
  await page.getByText('rib.docx', { exact: false }).waitFor();
  await page.getByText(`${REQUIRED - 2} · manque`).waitFor();
  await latifa.level();
});

test('a piece is kept for the association too, and its next dossier takes it with its days', async () => {
  const { page } = staff;
  await open(staff, 'Pièces');
  await page.getByRole('button', { name: /Procès-verbal.*3 pages/ }).click();
  const sheet = page.getByRole('dialog');
  // The photos came from the server.
  await sheet.getByRole('img', { name: /^Page 3/ }).waitFor();
  await staff.picture('desk-piece-fr');
  // People speak about a piece where it is.
  await sheet.getByRole('button', { name: /Commenter.*Procès-verbal/ }).click();
  const thread = page.getByRole('dialog', { name: /Commentaires\s: .*Procès-verbal/ });
  await thread.getByLabel('Nouveau commentaire').fill('La page 2 est floue.');
  await thread.getByRole('button', { name: 'Publier' }).click();
  await thread.getByText('La page 2 est floue.').first().waitFor();
  await thread.getByRole('button', { name: 'Fermer' }).click();
  await sheet.getByRole('button', { name: 'Garder aussi pour l’association' }).click();
  await page.getByText('L’association l’a maintenant sous la main', { exact: false }).waitFor();
  await staff.picture('desk-pieces-fr');
  await staff.accessible();
  await staff.level();
  // Taken out of the dossier, it is offered again from there.
  await open(staff, 'Pièces');
  await page.getByRole('button', { name: /Procès-verbal.*3 pages/ }).click();
  await sheet.getByRole('button', { name: 'Retirer la pièce' }).click();
  await sheet.getByRole('button', { name: 'Retirer pour de bon' }).click();
  await sheet.waitFor({ state: 'detached' });
  await page.getByText('L’association l’a déjà').waitFor();
  await page.getByRole('button', { name: 'Reprendre' }).click();
  await page.getByRole('button', { name: /Procès-verbal.*3 pages.*jusqu’au/ }).waitFor();
  await staff.level();
});

test('each answer is copied as the portal wants it, with its limit', async () => {
  const { page } = latifa;
  await open(latifa, 'Dépôt');
  await page.getByRole('heading', { name: 'Copier dans le portail' }).waitFor();
  await page.getByText('À compléter avant de déposer').waitFor();
  const buttons = page.getByRole('button', { name: 'Copier', exact: true });
  await buttons.first().click();
  await page.getByRole('button', { name: 'Copié', exact: true }).waitFor();
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  assert.match(copied, /^Un réseau d’eau/);
  await latifa.picture('phone-deposit-fr');
  await latifa.accessible();
});

test('the files are made by the server, and say what the dossier says', async () => {
  const { page } = staff;
  await open(staff, 'Dépôt');
  await page.getByRole('heading', { name: 'Les fichiers' }).waitFor();
  const files = opened(await download(staff, 'Tout, dans un ZIP'));
  const names = [...files.keys()];
  assert.deepEqual(names.slice(0, 4), ['00_sommaire.txt', '01_dossier.pdf', '02_dossier.docx', '03_budget.xlsx']);
  assert.ok(names.some((name) => new RegExp(`^pieces/${placed(MINUTES)}_proces-verbal.*\\.pdf$`).test(name)), names.join());
  assert.ok(names.some((name) => new RegExp(`^pieces/${placed(BANK)}_releve.*\\.docx$`).test(name)), names.join());
  const scan = files.get(names.find((name) => name.includes('proces-verbal')));
  assert.equal(scan.toString('latin1', 0, 5), '%PDF-');
  const word = opened(files.get('02_dossier.docx')).get('word/document.xml').toString('utf8');
  assert.match(word, /Un réseau d’eau/);
  assert.match(files.get('00_sommaire.txt').toString('utf8'), /absente : Statuts signés/);
  for (const [name, magic] of [
    ['Le dossier en PDF', '%PDF'],
    ['Le dossier en Word', 'PK'],
    ['Le budget en Excel', 'PK'],
  ]) {
    assert.ok((await download(staff, name)).toString('latin1', 0, 4).startsWith(magic), name);
  }
  await staff.picture('desk-deposit-fr');
  await staff.accessible();
});

test('what the portal answered is kept, and a refused dossier begins again from a copy', async () => {
  const { page } = staff;
  await open(staff, 'Dépôt');
  await page.getByLabel('Référence du portail').fill('PRA-2026-117');
  await page.getByLabel('Référence du portail').press('Enter');
  await page.getByLabel('Déposé le').fill('2026-11-18');
  await page.getByRole('button', { name: 'Joindre la preuve de dépôt' }).click();
  const sheet = page.getByRole('dialog');
  await sheet.locator('input[multiple]').setInputFiles({ name: 'accuse.pdf', mimeType: 'application/pdf', buffer: Buffer.from(RECEIPT) });
  await sheet.getByRole('button', { name: 'Garder la pièce' }).click();
  await sheet.waitFor({ state: 'detached' });
  await page.getByText('accuse.pdf', { exact: true }).waitFor();
  await staff.level();
  await open(staff, 'Dépôt');
  const first = page.getByRole('img', { name: /^Première page/ });
  await first.waitFor();
  assert.ok((await first.evaluate((image) => image.naturalHeight)) > 700);

  await open(staff, 'Étapes');
  await page.getByText('Revenir en arrière ou arrêter').click();
  await page.getByRole('button', { name: 'Corriger l’étape' }).click();
  await sheet.getByLabel('Étape juste').selectOption({ label: 'Refusé' });
  await sheet.getByLabel(/^Pourquoi/).fill('Le comité a répondu par courrier');
  await sheet.getByRole('button', { name: 'Corriger l’étape' }).click();
  await sheet.waitFor({ state: 'detached' });
  await open(staff, 'Dépôt');
  await page.getByRole('button', { name: 'Commencer le nouveau dossier' }).click();
  await page.getByText('Le nouveau dossier est prêt').waitFor();
  await page.waitForURL((url) => !url.hash.includes(dossier));
  const copy = new URL(page.url()).hash.split('/').pop();
  await page.getByRole('radio', { name: 'Dépôt' }).check({ force: true });
  await page.getByText('Ce dossier reprend un dossier déposé avant').waitFor();
  assert.equal(await page.getByLabel('Référence du portail').inputValue(), '');
  await page.getByRole('radio', { name: 'Pièces' }).check({ force: true });
  await page.getByRole('button', { name: /Procès-verbal.*3 pages/ }).waitFor();
  await staff.level();
  await staff.go(`#/dossier/${copy}`);
  await page.getByRole('radio', { name: 'Budget' }).check({ force: true });
  await page.getByText('Total', { exact: false }).first().waitFor();
});

test('in Arabic both parts read from right to left', async () => {
  for (const [phone, name] of [
    [latifa, 'phone'],
    [staff, 'desk'],
  ]) {
    await phone.go('#/sync');
    await phone.page.getByRole('radio', { name: 'العربية' }).check();
    await phone.page.locator('html[dir=rtl]').waitFor();
    await open(phone, 'الوثائق');
    await phone.page.getByText('ناقصة').first().waitFor();
    await phone.picture(`${name}-pieces-ar`);
    await phone.accessible();
    await open(phone, 'الإيداع');
    await phone.page.getByRole('heading', { name: 'النسخ إلى البوابة' }).waitFor();
    await phone.picture(`${name}-deposit-ar`);
    await phone.accessible();
    assert.deepEqual(phone.faults, []);
  }
});
