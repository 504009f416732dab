// An event's figures for the house and for whoever is outside it; communes chosen by typing, without a network; logos on papers.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before } from 'node:test';
import { crc32, deflateSync } from 'node:zlib';

import { api, DESK, House, tiwizi, test } from './harness.js';

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
const commune = (phone) => phone.page.getByLabel(/^Commune/);

async function choose(phone, typed, found) {
  await commune(phone).click();
  await dialog(phone).getByLabel('Chercher une commune').fill(typed);
  await dialog(phone).getByRole('button', { name: found }).click();
  await dialog(phone).waitFor({ state: 'detached' });
}

test('a coordinator without a network chooses a commune of two countries by typing', async () => {
  // The list comes by itself, when nothing else is to be done.
  await amina.page.evaluate(async () => {
    const cache = await caches.open('tiwizi-communes');
    while ((await cache.keys()).length === 0) await new Promise((resolve) => setTimeout(resolve, 100));
  });
  await amina.network(false);
  await amina.reopen('#/events/new');
  await amina.page.getByLabel('Titre de l’événement').fill('Réunion des associations de Tinzert');
  await commune(amina).click();
  await dialog(amina).getByLabel('Chercher une commune').fill('tin');
  await dialog(amina).getByRole('button', { name: /^Tinzart Maroc, .*Taroudannt/ }).waitFor();
  await amina.accessible();
  await amina.picture('phone-commune-fr');
  await dialog(amina).getByRole('button', { name: 'Fermer' }).click();
  // Without accents and hyphens, and with its article.
  await choose(amina, 'ait melloul', /^Ait Melloul Maroc/);
  await amina.page.getByText('HCP 09.273').waitFor();
  await choose(amina, 'saint etienne du gres', /^Saint-Étienne-du-Grès France, .*Bouches-du-Rhône/);
  await amina.page.getByText('INSEE 13094').waitFor();
  await choose(amina, 'tinzart', /^Tinzart Maroc/);
  await amina.page.getByText('HCP 09.541.04.61').waitFor();
  await amina.page.getByRole('button', { name: 'Créer l’événement' }).click();
  await amina.page.waitForURL(/#\/event\/[^/]+$/);
  event = amina.page.url().match(/#\/event\/([^/]+)/)[1];
  await amina.go(`#/event/${event}/edit`);
  await amina.page.getByText('HCP 09.541.04.61').waitFor();
  // A place that is in no list stays as it was typed, without a code.
  await choose(amina, 'Douar Aguerd', /tel quel/);
  await amina.page.getByText('HCP 09.541.04.61').waitFor({ state: 'detached' });
  assert.match(await commune(amina).innerText(), /Douar Aguerd/);
  await choose(amina, 'تنزرت', /^Tinzart Maroc/);
  await amina.page.getByText('HCP 09.541.04.61').waitFor();
  await amina.network(true);
  await amina.level();
});

/** The event of the demonstration with the most people in it. */
async function fullest(phone) {
  let best = { people: -1 };
  await phone.go('#/events');
  const links = phone.page.getByRole('link').filter({ has: phone.page.locator('h3, .title, time, p') });
  await links.first().waitFor();
  const addresses = await phone.page.locator('a[href^="#/event/"]').evaluateAll((all) => all.map((one) => one.getAttribute('href')));
  for (const address of addresses) {
    const id = address.match(/#\/event\/([^/]+)/)[1];
    const { status, body } = await api(phone, 'GET', `/api/events/${id}/figures`);
    if (status === 200 && body.people > best.people) best = { id, ...body };
  }
  return best;
}

const cells = (phone, title) =>
  phone.page.getByRole('table', { name: title, exact: true }).getByRole('row').filter({ has: phone.page.getByRole('rowheader') });

test('the figures of an event: head numbers, then tables with their pictures', async () => {
  const figures = await fullest(admin);
  assert.ok(figures.people >= 5, `${figures.people} people`);
  event = figures.id;
  await admin.go(`#/event/${event}`);
  await admin.page.getByRole('button', { name: 'Gérer cet événement' }).click();
  await dialog(admin).getByRole('link', { name: /^Chiffres/ }).click();
  await admin.page.getByRole('heading', { name: 'Chiffres', level: 1 }).waitFor();
  await admin.page.getByText('Chiffres provisoires').waitFor();
  await admin.page.getByRole('definition').filter({ hasText: String(figures.people) }).first().waitFor();
  for (const [by, title] of [['sex', 'Sexe'], ['age_band', 'Tranche d’âge'], ['departement', 'Département']]) {
    const { rows } = figures.tables.find((table) => table.by === by);
    await cells(admin, title).first().waitFor();
    const shown = await cells(admin, title).evaluateAll((all) =>
      all.map((row) => [...row.querySelectorAll('td')].map((cell) => Number(cell.innerText.replace(/\D/g, '')))),
    );
    assert.deepEqual(shown, rows.map(({ people, participations }) => [people, participations]), title);
    await cells(admin, title).last().getByRole('rowheader', { name: 'Non renseigné' }).waitFor();
  }
  await admin.accessible();
  await admin.picture('desk-figures-fr');
});

test('on paper, and in files, small groups are masked', async () => {
  const { body: figures } = await api(admin, 'GET', `/api/events/${event}/figures`);
  await admin.page.emulateMedia({ media: 'print' });
  const printed = await cells(admin, 'Sexe').evaluateAll((all) => all.map((row) => row.querySelector('td').innerText.trim()));
  const { rows, is_published } = figures.tables.find(({ by }) => by === 'sex');
  const words = { few: '< 5', withheld: 'n. p.' };
  if (is_published) assert.deepEqual(printed, rows.map(({ people, shown }) => words[shown] ?? String(people)));
  assert.equal(await admin.page.getByRole('navigation').count(), 0);
  await admin.picture('desk-figures-print');
  await admin.page.emulateMedia({ media: null });
  const [coming] = await Promise.all([
    admin.page.waitForEvent('download'),
    admin.page.getByRole('button', { name: 'Tableau en texte' }).click(),
  ]);
  const csv = readFileSync(await coming.path(), 'utf8');
  assert.match(csv, /Par sexe;femmes;Personnes;/);
  for (const line of csv.trim().split(/\r?\n/).slice(1)) {
    const [, , , table, , measure, value] = line.split(';');
    if (table !== 'Ensemble' && measure === 'Personnes') assert.doesNotMatch(value, /^[1-4]$/, line);
  }
});

test('on a phone, and in Arabic from the right', async () => {
  await amina.go(`#/event/${event}/figures`);
  await cells(amina, 'Sexe').first().waitFor();
  await amina.accessible();
  await amina.picture('phone-figures-fr');
  await amina.go('#/sync');
  await amina.page.getByRole('radio', { name: 'العربية' }).check();
  await amina.page.locator('html[dir=rtl]').waitFor();
  await amina.go(`#/event/${event}/figures`);
  await amina.page.getByRole('heading', { name: 'الأرقام', level: 1 }).waitFor();
  await amina.page.getByText('أرقام مؤقتة').waitFor();
  await amina.accessible();
  await amina.picture('phone-figures-ar');
  await amina.go('#/events/new');
  await amina.page.getByLabel(/^الجماعة|^البلدية|^جماعة/).first().click();
  await dialog(amina).getByRole('searchbox').fill('تيزنيت');
  await dialog(amina).getByRole('button', { name: /^تيزنيت/ }).first().waitFor();
  await amina.accessible();
  await amina.picture('phone-commune-ar');
});

/** A PNG of one colour. */
function png(width, height) {
  const chunk = (kind, data) => {
    const said = Buffer.concat([Buffer.from(kind), data]);
    const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
    length.writeUInt32BE(data.length);
    sum.writeUInt32BE(crc32(said));
    return Buffer.concat([length, said, sum]);
  };
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width);
  head.writeUInt32BE(height, 4);
  head.set([8, 2], 8);
  const row = Buffer.from([0, ...Array.from({ length: width }, () => [23, 89, 92]).flat()]);
  const rows = deflateSync(Buffer.concat(Array.from({ length: height }, () => row)));
  return Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), chunk('IHDR', head), chunk('IDAT', rows), chunk('IEND', Buffer.alloc(0))]);
}

async function blankSheet() {
  await admin.go(`#/event/${event}/sheet`);
  const [coming] = await Promise.all([
    admin.page.waitForEvent('download', { timeout: 120_000 }),
    admin.page.getByRole('button', { name: /Feuille vierge à signer/ }).click(),
  ]);
  return readFileSync(await coming.path(), 'latin1');
}

test('a logo is chosen in the settings, and stands on the papers', async () => {
  assert.doesNotMatch(await blankSheet(), /\/Subtype ?\/Image/);
  await admin.go('#/settings');
  await admin.page.getByRole('link', { name: /Logos des papiers/ }).click();
  const house = admin.page.locator('input[type=file]').first();
  await admin.page.getByText('Pas encore de logo').waitFor();
  await house.setInputFiles({ name: 'note.png', mimeType: 'image/png', buffer: Buffer.from('rien') });
  await admin.page.getByText(/que ce navigateur sait lire/).first().waitFor();
  // Larger than is printed: the page makes it smaller.
  await house.setInputFiles({ name: 'logo.png', mimeType: 'image/png', buffer: png(1600, 600) });
  await admin.page.getByRole('img', { name: /Logo de l’organisation/ }).waitFor();
  await admin.page.getByLabel('Nom du financeur').fill('FDVA');
  await admin.page.locator('input[type=file]').last().setInputFiles({ name: 'fdva.png', mimeType: 'image/png', buffer: png(300, 300) });
  await admin.page.getByRole('img', { name: /FDVA/ }).waitFor();
  await admin.accessible();
  await admin.picture('desk-logos-fr');
  assert.match(await blankSheet(), /\/Subtype ?\/Image/);
  assert.deepEqual([...amina.faults, ...admin.faults], []);
});
