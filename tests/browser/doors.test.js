// Two phones at two doors of one event, without a network: sixty people come in, twenty of them are checked in at both. Each phone says
// what it has seen and no more; with a network all agree, and nobody is asked about what both doors said alike.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before } from 'node:test';

import { api, DESK, House, tiwizi, test } from './harness.js';

const TITLE = 'Fête des associations';
/** Ten of each family: whoever is looked for by the family name is on one screen. */
const FAMILIES = ['AMZIL', 'BOUHADDOU', 'CHERKAOUI', 'IDRISSI', 'OUCHEN', 'TAZI'];
const GIVEN = ['Amina', 'Brahim', 'Fatima', 'Hassan', 'Jamila', 'Khalid', 'Malika', 'Noureddine', 'Rachid', 'Zineb'];
const PEOPLE = FAMILIES.flatMap((family) => GIVEN.map((given) => ({ given, family, name: `${given} ${family}` })));
/** The first forty come by the north door, the last forty by the south: twenty go in and out. */
const NORTH = PEOPLE.slice(0, 40);
const SOUTH = PEOPLE.slice(20);
/** Signs at the south door only. Not the last who came: a second tap within a moment of the first is a finger that trembles. */
const SIGNER = PEOPLE.at(-2).name;

/** The words of a phone's language. */
const FRENCH = {
  search: 'Chercher un nom',
  unmarked: (name) => new RegExp(`${name}.*toucher pour pointer`),
  present: (name) => new RegExp(`${name}.*Présent`),
  all: (count) => new RegExp(`^${count} présents`),
  /** What this phone has seen, and when; the sentence has marks of direction around the time. */
  honest: (count) => new RegExp(`${count} présents.*sur\\D+60,\\s+vus par ce téléphone à \\D?\\d{2}:\\d{2}`, 's'),
  unsent: (count) => `${count} pas encore sur le serveur`,
  sent: 'Tous les pointages sont sur le serveur',
};
const ARABIC = {
  search: 'البحث عن اسم',
  unmarked: (name) => new RegExp(`${name}.*انقر لتسجيل الحضور`),
  present: (name) => new RegExp(`${name}.*حاضر`),
  all: (count) => new RegExp(`^${count} حاضرًا`),
  honest: (count) => new RegExp(`${count} حاضرًا.*من أصل\\D+60،\\s+حسب هذا الهاتف على الساعة \\D?\\d{2}:\\d{2}`, 's'),
  unsent: (count) => `${count} لم تصل إلى الخادم بعد`,
  sent: 'كل التسجيلات على الخادم',
};

let folder, house, staff, north, south, event;

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tiwizi-doors-'));
  const [, code] = tiwizi('invite', '--role', 'coordination', '--name', 'Salma', '--data', folder).match(/#\/join\/(\S+)/);
  house = await House.open({ folder });
  staff = await house.phone({ viewport: DESK });
  await staff.enroll(code);
});

after(async () => {
  await house?.close();
  if (folder) rmSync(folder, { recursive: true, force: true });
});

const button = (phone, name) => phone.page.getByRole('button', { name });
const dialog = (phone) => phone.page.getByRole('dialog');
/** The line with the counts, as somebody reads it. */
const counts = (phone, words) => phone.page.getByRole('paragraph').filter({ hasText: words });

async function volunteer(name, words) {
  const invite = { role: 'volunteer', name, language: 'fr', documents: [event], hours: 24 };
  const { status, body } = await api(staff, 'POST', '/api/invites', invite);
  assert.equal(status, 200);
  const phone = await house.phone();
  phone.words = words;
  await phone.enroll(body.code);
  if (words === ARABIC) {
    await phone.go('#/sync');
    await phone.page.getByRole('radio', { name: 'العربية' }).check();
    await phone.page.waitForFunction(() => document.documentElement.dir === 'rtl');
  }
  await phone.go(`#/event/${event}`);
  await button(phone, words.unmarked(PEOPLE[0].name)).waitFor();
  return phone;
}

/** Checks people in, family by family, as a helper does who has typed a name. */
async function checkIn(phone, people) {
  const { page, words } = phone;
  for (const family of FAMILIES) {
    const there = people.filter((person) => person.family === family);
    if (there.length === 0) continue;
    await page.getByLabel(words.search).fill(family);
    for (const { name } of there) {
      await button(phone, words.unmarked(name)).click();
      await button(phone, words.present(name)).waitFor();
    }
  }
  await page.getByLabel(words.search).fill('');
}

/** Draws a wave in the box that is on the page. */
async function draw({ page }) {
  const canvas = page.locator('canvas');
  await canvas.scrollIntoViewIfNeeded();
  const box = await canvas.boundingBox();
  const at = (x, y) => [box.x + x * box.width, box.y + y * box.height];
  await page.mouse.move(...at(0.1, 0.6));
  await page.mouse.down();
  for (const [x, y] of [[0.3, 0.2], [0.5, 0.8], [0.7, 0.3], [0.9, 0.6]]) await page.mouse.move(...at(x, y), { steps: 8 });
  await page.mouse.up();
}

test('sixty people are expected at one event, and two phones are given it', async () => {
  await staff.page.getByRole('link', { name: 'Nouvel événement' }).click();
  await staff.page.getByLabel('Titre de l’événement').fill(TITLE);
  await staff.page.getByRole('button', { name: 'Créer l’événement' }).click();
  await staff.page.waitForURL(/#\/event\/[^/]+$/);
  event = staff.page.url().match(/#\/event\/([^/]+)/)[1];
  await staff.level();
  const list = join(folder, 'liste.csv');
  writeFileSync(list, ['Nom;Prénom', ...PEOPLE.map(({ given, family }) => `${family};${given}`), ''].join('\n'));
  tiwizi('import', 'participants', list, '--event', event, '--data', folder);
  // Written beside the server, and told to a page that nobody touches.
  await staff.go(`#/event/${event}`);
  await staff.page.getByText('sur 60,').waitFor();
  north = await volunteer('Nadia Porte-Nord', FRENCH);
  south = await volunteer('Slimane Porte-Sud', ARABIC);
});

test('without a network each phone says what it has seen, and no more', async () => {
  await north.network(false);
  await south.network(false);
  await checkIn(north, NORTH);
  await checkIn(south, SOUTH);
  for (const phone of [north, south]) {
    await counts(phone, phone.words.honest(40)).waitFor();
    await phone.page.getByText(phone.words.unsent(40)).waitFor();
  }
  await north.picture('doors-north-fr');
  await south.picture('doors-south-ar');
  await staff.page.getByText('0 présent', { exact: true }).waitFor();
});

test('somebody signs at the south door', async () => {
  await south.page.getByLabel(ARABIC.search).fill(SIGNER);
  await button(south, new RegExp(`^خيارات أخرى.*${SIGNER}`)).click();
  await dialog(south).getByRole('button', { name: 'أخذ التوقيع' }).click();
  await draw(south);
  await south.accessible();
  await south.picture('doors-sign-ar');
  await dialog(south).getByRole('button', { name: 'حفظ التوقيع' }).click();
  await dialog(south).getByRole('img', { name: new RegExp(`توقيع.*${SIGNER}`) }).waitFor();
  await south.page.keyboard.press('Escape');
  await south.page.getByLabel(ARABIC.search).fill('');
  await south.page.getByText('وقّع واحد').waitFor();
});

test('the first phone that comes back is counted at the desk, while the other still says what it has seen', async () => {
  await north.network(true);
  await north.level();
  await north.go(`#/event/${event}`);
  await north.page.getByText(FRENCH.sent).waitFor();
  // A poke: nobody touches the desk.
  await counts(staff, FRENCH.honest(40)).waitFor();
  await counts(south, ARABIC.honest(40)).waitFor();
  await counts(north, FRENCH.honest(40)).waitFor();
});

test('with both back, all pages agree by themselves', async () => {
  await south.network(true);
  await south.page.getByText(ARABIC.sent).waitFor();
  await counts(south, ARABIC.honest(60)).waitFor();
  await counts(north, FRENCH.honest(60)).waitFor();
  await counts(staff, FRENCH.honest(60)).waitFor();
  // Of those whom both doors have seen, each phone shows one presence.
  for (const phone of [north, south]) {
    const { name } = PEOPLE[30];
    await phone.page.getByLabel(phone.words.search).fill(name);
    await button(phone, phone.words.present(name)).waitFor();
    await phone.page.getByLabel(phone.words.search).fill('');
    await phone.accessible();
  }
  await north.picture('doors-both-fr');
  await south.picture('doors-both-ar');
  await staff.picture('doors-desk-fr');
});

test('the signature of the south door is seen at the north door, stroke by stroke', async () => {
  await north.page.getByText('1 a signé').waitFor();
  await north.page.getByLabel(FRENCH.search).fill(SIGNER);
  await button(north, new RegExp(`${SIGNER}.*A signé`)).click();
  await dialog(north).getByRole('img', { name: new RegExp(`Signature de.*${SIGNER}`) }).waitFor();
  await north.picture('doors-signature-fr');
  await north.page.keyboard.press('Escape');
});

test('what both doors said alike is no question', async () => {
  await staff.go('#/questions');
  // By the hour at which this runs, the one signature may be from outside the half-day: that is asked, and is no matter of two doors.
  await staff.page.getByText('Rien à vérifier').or(staff.page.getByRole('list', { name: 'À vérifier' })).first().waitFor();
  assert.equal(await staff.page.getByText(/^Comment pointer/).count(), 0);
  // Both marks stand in the record all the same, each with its phone.
  await staff.go(`#/record/${event}`);
  for (const door of [/Nadia Porte-Nord/, /Slimane Porte-Sud/]) await staff.page.getByText(door).first().waitFor();
});

test('no page reported a fault, and the server proves what it keeps', async () => {
  assert.deepEqual([...staff.faults, ...north.faults, ...south.faults], []);
  await house.stop();
  assert.match(tiwizi('verify', '--data', folder), /Tout concorde/);
});
