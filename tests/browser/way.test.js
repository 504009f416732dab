// The way of a dossier: what is missing before a visa, the visa, what becomes of it when somebody writes on, the deposit, and its versions.
import assert from 'node:assert/strict';
import { after, before } from 'node:test';

import { DESK, House, test } from './harness.js';

let house, writer, reviewer, dossier;

before(async () => {
  house = await House.open();
  writer = await house.phone();
  await writer.enroll(house.coordinatorCode);
  reviewer = await house.phone({ viewport: DESK });
  await reviewer.enroll(house.staffCode);
  await writer.go('#/dossiers');
  await writer.page.getByRole('link', { name: /Une classe préscolaire/ }).click();
  await writer.page.waitForURL(/#\/dossier\//);
  dossier = writer.page.url().split('/').pop();
});

after(() => house?.close());

const open = async (phone, part = 'Étapes') => {
  await phone.go(`#/dossier/${dossier}`);
  await phone.page.getByRole('radio', { name: part }).check({ force: true });
};

/** Makes a move of the way: its button, then that of its sheet. */
const move = async ({ page }, name) => {
  await page.getByRole('button', { name, exact: true }).click();
  const sheet = page.getByRole('dialog', { name });
  await sheet.getByRole('button', { name, exact: true }).click();
  await sheet.waitFor({ state: 'detached' });
};

const stage = ({ page }, name) => page.locator('[aria-current=step]').filter({ hasText: name }).waitFor();

const reword = async (phone, section, text) => {
  await open(phone, 'Textes');
  const { page } = phone;
  await page.getByRole('textbox', { name: section, exact: true }).first().fill(text);
  await page.getByRole('textbox', { name: section, exact: true }).first().blur();
};

/** The reviewer takes the dossier, reads it and gives the visa. */
const giveVisa = async (phone) => {
  const { page } = phone;
  await open(phone);
  await page.getByRole('button', { name: 'Je relis ce dossier' }).click();
  await page.getByRole('link', { name: 'Lire comme il sera déposé' }).click();
  await page.getByRole('heading', { name: 'Objectifs' }).waitFor();
  await page.getByRole('button', { name: 'Donner le visa' }).click();
  const sheet = page.getByRole('dialog', { name: 'Donner le visa' });
  await sheet.getByRole('button', { name: 'Donner le visa' }).click();
  await page.getByText('Donné à ce qui est écrit aujourd’hui').waitFor();
};

test('without a network the way says what is missing before the visa, and each thing leads to where it is mended', async () => {
  const { page } = writer;
  await open(writer);
  await stage(writer, 'Accompagnement');
  await writer.network(false);
  await move(writer, 'Commencer le montage');
  await stage(writer, 'Montage');
  const ask = page.getByRole('button', { name: 'Demander le visa', exact: true });
  assert.ok(await ask.isDisabled());
  await page.getByText(/Il manque encore \d+ choses/).waitFor();
  await writer.picture('phone-way-lacks-fr');
  await writer.accessible();

  // No convention, no visa: and it can be said here.
  const convention = page.getByRole('button', { name: /Faire signer la convention avec l’OPAP\s: sans elle, pas de visa/ });
  await convention.click();
  const sheet = page.getByRole('dialog', { name: 'Convention avec l’OPAP' });
  await sheet.getByLabel(/signée le/).fill('2025-03-10');
  await writer.picture('phone-way-convention-fr');
  await sheet.getByRole('button', { name: 'Enregistrer' }).click();
  await convention.waitFor({ state: 'detached' });

  await page.getByRole('button', { name: /Écrire «/ }).first().click();
  await page.getByRole('textbox', { name: 'Objectifs', exact: true }).first().fill('');
  for (const text of await page.locator('textarea').all()) {
    if (await text.inputValue()) continue;
    await text.fill('Ouvrir une classe pour vingt enfants du village.');
    await text.blur();
  }
  await open(writer);
  await page.getByRole('button', { name: /Écrire «/ }).first().waitFor({ state: 'detached' });
  await page.getByRole('button', { name: /Commune.*\s: à préciser/ }).click();
  await page.getByRole('button', { name: /Commune.*\s: à préciser/ }).first().click();
  const line = page.getByRole('dialog', { name: 'Commune' });
  await line.getByLabel(/^(Financeur|Source)/).fill('Commune de Tafraout');
  await line.getByLabel('État du financement').selectOption({ label: 'Acquis' });
  await line.getByLabel('Pièce qui le prouve').fill('Délibération du 3 novembre');
  await line.getByRole('button', { name: 'Terminé' }).click();
  await open(writer);
  await page.getByText('Tout est prêt.').waitFor();
  await move(writer, 'Demander le visa');
  await stage(writer, 'Visa');
  // It cannot be filed yet, and the page says why.
  assert.ok(await page.getByRole('button', { name: 'Noter le dépôt', exact: true }).isDisabled());
  await page.getByText('Obtenir le visa de l’OPAP').waitFor();
  await writer.network(true);
  await writer.level();
});

test('a reviewer is seen to be on it, reads what will be filed, and gives the visa', async () => {
  const { page } = reviewer;
  await reviewer.level();
  await open(reviewer);
  await page.getByRole('button', { name: 'Je relis ce dossier' }).click();
  await page.getByRole('link', { name: 'Lire comme il sera déposé' }).waitFor();
  await reviewer.picture('desk-way-review-fr');
  await reviewer.level();
  await writer.level();
  await open(writer);
  await writer.page.getByText(/relit ce dossier\./).waitFor();
  // Another who wants it is told first.
  await writer.page.getByRole('button', { name: 'Je relis ce dossier' }).click();
  const told = writer.page.getByRole('dialog', { name: 'Quelqu’un relit déjà ce dossier' });
  await writer.picture('phone-way-taken-fr');
  await told.getByRole('button', { name: 'Annuler' }).click();

  await open(reviewer);
  await page.getByRole('link', { name: 'Lire comme il sera déposé' }).click();
  await page.getByText('Tous les contrôles du budget sont bons.').waitFor();
  await page.getByText('Ouvrir une classe pour vingt enfants du village.').first().waitFor();
  await reviewer.picture('desk-way-read-fr');
  await reviewer.accessible();
  await page.getByRole('button', { name: 'Donner le visa' }).click();
  const sheet = page.getByRole('dialog', { name: 'Donner le visa' });
  await sheet.getByLabel('Remarques').fill('Beau travail.');
  await sheet.getByRole('button', { name: 'Donner le visa' }).click();
  await page.getByText('Donné à ce qui est écrit aujourd’hui').waitFor();
  await reviewer.level();
});

test('what another phone writes afterwards shows as a difference against the visa and needs a new one', async () => {
  // On a phone that knows nothing of the visa.
  await writer.network(false);
  await reword(writer, 'Objectifs', 'Ouvrir deux classes pour quarante enfants du village.');
  await writer.network(true);
  await writer.level();
  await reviewer.level();
  const { page } = reviewer;
  await open(reviewer);
  await page.getByText('Modifié depuis le visa').waitFor();
  assert.ok(await page.getByRole('button', { name: 'Noter le dépôt', exact: true }).isDisabled());
  await page.getByText(/Obtenir un nouveau visa\s: le dossier a changé depuis le dernier/).waitFor();
  await reviewer.picture('desk-way-changed-fr');
  await page.getByRole('link', { name: 'Voir ce qui a changé' }).click();
  await page.getByRole('heading', { name: 'Objectifs' }).waitFor();
  assert.deepEqual(await page.locator('del').allInnerTexts(), ['une classe', 'vingt']);
  assert.deepEqual(await page.locator('ins').allInnerTexts(), ['deux classes', 'quarante']);
  await reviewer.picture('desk-way-difference-fr');
  await reviewer.accessible();

  await giveVisa(reviewer);
  await page.getByRole('button', { name: 'Noter le dépôt', exact: true }).click();
  const sheet = page.getByRole('dialog', { name: 'Noter le dépôt' });
  await sheet.getByRole('button', { name: 'Noter le dépôt' }).click();
  await sheet.getByText('À remplir pour cette étape.').waitFor();
  await sheet.getByLabel('Référence du portail').fill('PRA-2026-112');
  await reviewer.picture('desk-way-filing-fr');
  await sheet.getByRole('button', { name: 'Noter le dépôt' }).click();
  await stage(reviewer, 'Déposé');
  await page.getByText('PRA-2026-112').waitFor();
  await reviewer.level();
});

test('any two versions are compared, one text is put back as it was, and what was filed is one tap away', async () => {
  await writer.level();
  await writer.network(false);
  await reword(writer, 'Objectifs', 'Tout autre chose.');
  const { page } = writer;
  await open(writer);
  await page.getByRole('link', { name: 'Tel que déposé' }).click();
  await page.getByText('Ouvrir deux classes pour quarante enfants du village.').waitFor();
  await writer.picture('phone-way-filed-fr');

  await writer.go(`#/dossier/${dossier}/history`);
  await page.getByRole('link', { name: 'Tel que déposé' }).waitFor();
  const choices = page.getByRole('button', { name: /^Choisir la version/ });
  await page.getByText('A donné le visa').first().waitFor();
  await writer.picture('phone-way-history-fr');
  await writer.accessible();
  await choices.first().click();
  await choices.last().click();
  await page.getByRole('link', { name: 'Comparer les deux versions' }).click();
  await page.locator('ins').first().waitFor();
  await page.getByText('Objectifs').first().waitFor();
  await writer.picture('phone-way-compare-fr');
  await writer.accessible();

  await writer.go(`#/dossier/${dossier}/history`);
  await choices.nth(1).click();
  await page.getByRole('link', { name: 'Comparer avec aujourd’hui' }).click();
  await page.getByText('Tout autre chose').waitFor();
  await page.getByRole('button', { name: /^Remettre le texte d’avant dans .*Objectifs/ }).click();
  await page.getByText('Ces deux versions disent la même chose.').waitFor();
  await open(writer, 'Textes');
  const text = page.getByRole('textbox', { name: 'Objectifs', exact: true }).first();
  assert.equal(await text.inputValue(), 'Ouvrir deux classes pour quarante enfants du village.');
  await writer.network(true);
  await writer.level();
});

test('in Arabic the way reads from right to left, on the phone and at the desk', async () => {
  for (const [phone, name] of [
    [writer, 'phone-way'],
    [reviewer, 'desk-way'],
  ]) {
    await phone.go('#/sync');
    await phone.page.getByRole('radio', { name: 'العربية' }).check();
    await phone.page.locator('html[dir=rtl]').waitFor();
    await open(phone, 'المراحل');
    await stage(phone, 'مودَع');
    await phone.picture(`${name}-ar`);
    await phone.accessible();
    await phone.go(`#/dossier/${dossier}/history`);
    await phone.page.getByRole('link', { name: 'كما أُودع' }).waitFor();
    await phone.picture(`${name}-history-ar`);
    await phone.accessible();
    assert.deepEqual(phone.faults, []);
  }
});
