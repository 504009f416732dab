// The main job, end to end: two phones without a network, one server, and staff who settle what the merge left.
import assert from 'node:assert/strict';
import { after, before } from 'node:test';

import { DESK, House, api, test } from './harness.js';

let house, staff, amina, badr;
let event, dossier;

before(async () => {
  house = await House.open();
  staff = await house.phone({ viewport: DESK });
  await staff.enroll(house.staffCode);
  [event, dossier] = await idsOf(staff);
  amina = await volunteer('Amina Volontaire');
  badr = await volunteer('Badr Volontaire');
});

after(() => house?.close());

async function idsOf(phone) {
  await phone.page.getByRole('link', { name: /Atelier d’écriture : de l’idée au dossier/ }).click();
  await phone.page.waitForURL(/#\/event\//);
  const event = phone.page.url().split('/').pop();
  await phone.go('#/dossiers');
  await phone.page.getByRole('link', { name: /Un réseau d’eau/ }).click();
  await phone.page.waitForURL(/#\/dossier\//);
  return [event, phone.page.url().split('/').pop()];
}

async function volunteer(name) {
  const invite = { role: 'volunteer', name, language: 'fr', documents: [event, dossier], hours: 24 };
  const { status, body } = await api(staff, 'POST', '/api/invites', invite);
  assert.equal(status, 200);
  const phone = await house.phone();
  await phone.enroll(body.code);
  await phone.go(`#/event/${event}`);
  await phone.page.getByText('présent').first().waitFor();
  return phone;
}

const row = (phone, name) => phone.page.getByRole('button', { name: new RegExp(`${name}.*toucher pour pointer`) });

/** The roster shows a window of its rows: whoever is looked for is searched for. */
async function sees(phone, name) {
  await phone.page.getByLabel('Chercher un nom').fill(name);
  await present(phone, name).waitFor();
  await phone.page.getByLabel('Chercher un nom').fill('');
}

const present = (phone, name) => phone.page.getByRole('button', { name: new RegExp(`${name}.*Présent`) });

async function checkIn(phone, name) {
  await row(phone, name).click();
  await present(phone, name).waitFor();
}

async function registerWalkIn(phone, given, family) {
  await phone.page.getByLabel('Chercher un nom').fill(`${given} ${family}`);
  await phone.page.getByRole('link', { name: /Inscrire/ }).or(phone.page.getByRole('button', { name: /Inscrire/ })).first().click();
  await phone.page.getByLabel('Prénom').fill(given);
  await phone.page.getByLabel('Nom de famille').fill(family);
  await phone.page.getByLabel(/Lu à voix haute/).check();
  await phone.page.getByRole('button', { name: 'Inscrire et pointer présent' }).click();
  await phone.page.getByText(new RegExp(`${given} ${family}.*inscription enregistrée`)).waitFor();
  await phone.page.getByLabel('Chercher un nom').fill('');
}

async function reword(phone, from, to) {
  const text = phone.page.getByRole('textbox', { name: /Objectifs/ });
  const before = await text.inputValue();
  assert.ok(before.includes(from), before);
  await text.fill(before.replace(from, to));
  await text.blur();
}

async function setUnitCost(phone, line, cost) {
  await phone.page.getByRole('radio', { name: 'Budget' }).or(phone.page.getByRole('tab', { name: 'Budget' })).first().click({ force: true });
  await phone.page.getByRole('button', { name: new RegExp(line) }).first().click();
  const field = phone.page.getByRole('dialog').getByLabel(/Coût unitaire/);
  await field.fill(cost);
  await field.blur();
  await phone.page.getByRole('dialog').getByRole('button', { name: 'Terminé' }).click();
}

test('two phones work apart, are closed and come back, and nothing is lost', async () => {
  await amina.network(false);
  await badr.network(false);

  await amina.picture('phone-roster-fr');
  await checkIn(amina, 'Khadija ABOULKACEM');
  await checkIn(amina, 'Fatima AÏT OUFKIR');
  await checkIn(badr, 'Fatima AÏT OUFKIR');
  await checkIn(badr, 'Saïd AMZIL');
  await registerWalkIn(amina, 'Hassan', 'Ouchen');
  await registerWalkIn(badr, 'Rkia', 'Tazenakht');
  await amina.page.getByText('3 présents').first().waitFor();
  await amina.page.getByText('3 pas encore sur le serveur').waitFor();
  await amina.picture('phone-roster-offline-fr');

  for (const [phone, to] of [[amina, 'Donner à chaque foyer de la vallée'], [badr, 'Offrir à chaque foyer']]) {
    await phone.go(`#/dossier/${dossier}`);
    await reword(phone, 'Donner à chaque foyer', to);
    await setUnitCost(phone, 'Forage et pompe solaire', phone === amina ? '13 100,50' : '12 400');
  }

  // Closed and opened again, still without a network: all of it is there, painted before anything was asked.
  for (const phone of [amina, badr]) {
    await phone.reopen(`#/event/${event}`);
    await phone.page.getByText('3 présents').first().waitFor();
  }
  await sees(amina, 'Hassan Ouchen');

  await amina.network(true);
  await badr.network(true);
  await amina.level();
  await badr.level();
  await amina.level();
});

test('staff see the merged record live, and each phone sees the other’s work', async () => {
  await staff.go(`#/event/${event}`);
  await staff.page.getByText('5 présents').first().waitFor();
  for (const name of ['Hassan Ouchen', 'Rkia Tazenakht', 'Saïd AMZIL']) await sees(staff, name);
  await staff.picture('desk-roster-fr');
  for (const phone of [amina, badr]) {
    await phone.go(`#/event/${event}`);
    await phone.page.getByText('5 présents').first().waitFor();
  }
});

test('what both changed apart is asked, and settled in one tap on every screen', async () => {
  await amina.go('#/questions');
  const row = (phone, name) => phone.page.locator('.rows').getByRole('button', { name });
  const budget = (phone) => row(phone, /Coût unitaire|Forage/);
  await budget(amina).waitFor();
  await staff.go('#/questions');
  await budget(staff).click();
  await staff.picture('desk-questions-fr');
  await staff.accessible();
  await staff.page.getByRole('button', { name: /Garder.*13.100,50/ }).click();
  await budget(staff).waitFor({ state: 'detached' });

  const paragraph = row(staff, /« Objectifs » : un paragraphe à relire/);
  await paragraph.click();
  await staff.page.getByRole('article').getByRole('button', { name: 'C’est bon' }).click();
  await paragraph.waitFor({ state: 'detached' });

  // Without touching the phone: the poke brings it.
  await budget(amina).waitFor({ state: 'detached' });
  await amina.go(`#/dossier/${dossier}`);
  // What was painted last time may show for a moment.
  await amina.page.waitForFunction(() =>
    [...document.querySelectorAll('textarea')].some(({ value }) => value.includes('de la vallée') && value.includes('Offrir')),
  );
});

test('the record tells who did what on which phone', async () => {
  await staff.go(`#/record/${event}`);
  await staff.page.getByText(/Amina Volontaire/).first().waitFor();
  await staff.page.getByText(/Badr Volontaire/).first().waitFor();
  await staff.picture('desk-record-fr');
  await staff.accessible();
});

test('every screen is accessible, in French and in Arabic', async () => {
  const screens = ['#/events', `#/event/${event}`, `#/event/${event}/walk-in`, '#/dossiers', `#/dossier/${dossier}`, '#/sync', '#/questions'];
  for (const language of ['fr', 'ar']) {
    if (language === 'ar') {
      await amina.go('#/sync');
      await amina.page.getByRole('radio', { name: 'العربية' }).check();
      await amina.page.waitForFunction(() => document.documentElement.dir === 'rtl');
    }
    for (const screen of screens) {
      await amina.go(screen);
      await amina.page.getByRole('heading', { level: 1 }).waitFor();
      await amina.accessible();
      await amina.picture(`phone-${screen.replace(/[0-9a-f-]{36}/, '').replace(/[^a-z]+/g, '-')}-${language}`);
    }
  }
});

test('no page reported a fault', () => {
  for (const phone of [staff, amina, badr]) assert.deepEqual(phone.faults, []);
});
