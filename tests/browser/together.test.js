// Two phones and a desk write one dossier, each for a while without a network; back in the net nothing of anybody is lost, sums are
// the same everywhere, and what they cannot agree on is asked.
import assert from 'node:assert/strict';
import { after, before } from 'node:test';

import { DESK, House, test } from './harness.js';

let house, staff, amina, badr, dossier;

before(async () => {
  house = await House.open();
  staff = await house.phone({ viewport: DESK });
  await staff.enroll(house.staffCode);
  await staff.go('#/dossiers');
  await staff.page.getByRole('link', { name: /Un réseau d’eau/ }).click();
  await staff.page.waitForURL(/#\/dossier\//);
  dossier = staff.page.url().split('/').pop();
  amina = await volunteer('Amina Volontaire');
  badr = await volunteer('Badr Volontaire');
});

after(() => house?.close());

async function volunteer(name) {
  const phone = await staff.invites(name, [dossier]);
  await open(phone, 'Textes');
  return phone;
}

async function open(phone, part) {
  await phone.go(`#/dossier/${dossier}`);
  await phone.page.getByRole('radio', { name: part, exact: true }).check({ force: true });
}

const text = (phone, section) => phone.page.getByRole('textbox', { name: section, exact: true }).first();

/** Somebody goes on writing where a text ends. */
async function adds(phone, section, words) {
  await open(phone, 'Textes');
  const field = text(phone, section);
  await field.click();
  await phone.page.keyboard.press('Control+End');
  await phone.page.keyboard.insertText(words);
  await field.blur();
}

async function addLine(phone, label, amount) {
  await open(phone, 'Budget');
  await phone.page.getByRole('button', { name: 'Ajouter une dépense' }).click();
  const sheet = phone.page.getByRole('dialog', { name: 'Nouvelle dépense' });
  await sheet.getByLabel('Intitulé').fill(label);
  await sheet.getByLabel('Quantité').fill('1');
  await sheet.getByLabel(/^Coût unitaire/).fill(amount);
  await sheet.getByRole('button', { name: 'Ajouter' }).click();
  await sheet.waitFor({ state: 'detached' });
}

const ALL = () => [staff, amina, badr];

test('each writes for a while without a network', async () => {
  for (const phone of ALL()) {
    await phone.level();
    await phone.network(false);
  }
  await adds(amina, 'Objectifs', '\n\nAmina : former deux fontainières.');
  await adds(badr, 'Objectifs', '\n\nBadr : un compteur par foyer.');
  await adds(staff, 'Contexte : le territoire et ses habitants', '\n\nLe bureau : chiffres du recensement de 2024.');
  await addLine(amina, 'Pompe solaire', '4 200,00');
  await addLine(badr, 'Analyse de l’eau', '350,50');
  await open(staff, 'Fiche');
  await staff.page.getByLabel('Territoire', { exact: true }).fill('Douar Imi n’Tizi et Douar Agni');
  await staff.page.keyboard.press('Tab');
  await open(amina, 'Fiche');
  await amina.page.getByLabel('Territoire', { exact: true }).fill('Douar Imi n’Tizi, côté sud');
  await amina.page.keyboard.press('Tab');
});

test('back in the net nobody lost a word, and every sum is the same', async () => {
  for (const phone of ALL()) await phone.network(true);
  // Those who came first hear of the others when these have come.
  for (const phone of [...ALL(), ...ALL()]) await phone.level();
  const totals = [];
  for (const phone of ALL()) {
    await open(phone, 'Textes');
    for (const [section, words] of [
      ['Objectifs', 'former deux fontainières'],
      ['Objectifs', 'un compteur par foyer'],
      ['Contexte : le territoire et ses habitants', 'recensement de 2024'],
    ]) {
      await text(phone, section).waitFor();
      await phone.page.waitForFunction((words) => [...document.querySelectorAll('textarea')].some(({ value }) => value.includes(words)), words);
    }
    await open(phone, 'Budget');
    for (const label of ['Pompe solaire', 'Analyse de l’eau']) await phone.page.getByText(label).first().waitFor();
    totals.push(await phone.page.getByText(/28\s070,50/).first().innerText());
  }
  assert.equal(totals.length, 3);
  await amina.picture('phone-together-budget-fr');
  await amina.accessible();
});

test('what two say otherwise is asked, and settled for all', async () => {
  const { page } = staff;
  await staff.go('#/questions');
  const card = page.getByRole('article').filter({ hasText: 'Douar Agni' });
  // Whatever else was said apart stands in the same list.
  await page.locator('.rows button').first().waitFor();
  for (const one of await page.locator('.rows button').all()) {
    if (await card.isVisible()) break;
    await one.click();
  }
  await card.waitFor();
  await staff.picture('desk-together-question-fr');
  await card.getByRole('button', { name: /Douar Agni|Garder/ }).first().click();
  await card.waitFor({ state: 'detached' });
  for (const phone of [...ALL(), ...ALL()]) await phone.level();
  for (const phone of ALL()) assert.deepEqual(phone.faults, []);
});
