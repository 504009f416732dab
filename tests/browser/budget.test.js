// A budget that a treasurer trusts: written on a phone without a network, checked at the desk, read in Arabic.
import assert from 'node:assert/strict';
import { after, before } from 'node:test';

import { DESK, House, test } from './harness.js';

let house, latifa, staff, dossier;

before(async () => {
  house = await House.open();
  latifa = await house.phone();
  await latifa.enroll(house.volunteerCode);
  staff = await house.phone({ viewport: DESK });
  await staff.enroll(house.staffCode);
  await latifa.go('#/dossiers');
  await latifa.page.getByRole('link', { name: /Un réseau d’eau/ }).click();
  await latifa.page.waitForURL(/#\/dossier\//);
  dossier = latifa.page.url().split('/').pop();
});

after(() => house?.close());

const openBudget = async (phone, name = 'Budget') => {
  await phone.go(`#/dossier/${dossier}`);
  await phone.page.getByRole('radio', { name }).check({ force: true });
};

/** Spaces inside amounts are whatever the language has. */
const says = (text) => new RegExp(text.replace(/[.*+?^${}()|[\]]/g, (sign) => `\\${sign}`).replace(/ /g, '\\s'));

test('a line in dirhams and volunteers’ hours are written without a network, and their euros follow', async () => {
  const { page } = latifa;
  await openBudget(latifa);
  await page.getByRole('heading', { name: 'Dépenses', exact: true }).waitFor();
  await latifa.network(false);
  await page.getByRole('button', { name: 'Ajouter une dépense' }).click();
  const sheet = page.getByRole('dialog', { name: 'Nouvelle dépense' });
  await sheet.getByLabel('Intitulé').fill('Sacs de ciment');
  await sheet.getByLabel('Poste').selectOption({ label: 'Fournitures' });
  await sheet.getByLabel('Quantité').fill('40');
  await sheet.getByLabel('Unité').fill('sacs');
  await sheet.getByLabel('Monnaie').selectOption({ label: 'Dirham (MAD)' });
  await sheet.getByLabel('Coût unitaire, en dirhams').fill('65,5o');
  await sheet.getByLabel('Dirhams pour 1 €').fill('10,85');
  await sheet.getByRole('button', { name: 'Ajouter' }).click();
  await sheet.getByText('Ce montant n’est pas clair', { exact: false }).waitFor();
  await sheet.getByLabel('Coût unitaire, en dirhams').fill('65,50');
  await latifa.picture('phone-budget-line-fr');
  await sheet.getByRole('button', { name: 'Ajouter' }).click();
  await sheet.waitFor({ state: 'detached' });
  const line = page.getByRole('list', { name: 'Fournitures' }).getByRole('button', { name: /Sacs de ciment/ });
  await line.getByText(says('241,47 €')).waitFor();
  assert.match(await line.innerText(), says('2 620,00 MAD'));

  // What it lacks leads to the line.
  await page.getByRole('button', { name: /« .*Sacs de ciment.* » : à préciser : Jour du taux/ }).click();
  const opened = page.getByRole('dialog', { name: 'Sacs de ciment' });
  await opened.getByLabel('Jour du taux').fill('2026-11-20');
  await latifa.picture('phone-budget-opened-fr');
  await latifa.accessible();
  await opened.getByRole('button', { name: 'Terminé' }).click();
  await page.getByRole('button', { name: /à préciser : Jour du taux/ }).waitFor({ state: 'detached' });
  await line.getByText(/1 € = .*10,85.* MAD, le/).waitFor();

  await page.getByRole('button', { name: 'Noter des heures' }).click();
  const hours = page.getByRole('dialog', { name: 'Heures de bénévolat' });
  await hours.getByLabel('Qui', { exact: true }).fill('Lahcen');
  await hours.getByLabel('Ce qui a été fait').fill('Creuser la tranchée');
  await hours.getByLabel('Heures', { exact: true }).fill('2,5');
  await hours.getByLabel('Valeur d’une heure, en euros').fill('13');
  await hours.getByText(says('32,50 €')).waitFor();
  await hours.getByRole('button', { name: 'Ajouter' }).click();
  await hours.waitFor({ state: 'detached' });
  const entry = page.getByRole('list', { name: 'Temps des bénévoles' }).getByRole('button', { name: /Creuser la tranchée/ });
  await entry.getByText(says('32,50 €')).waitFor();
  await entry.scrollIntoViewIfNeeded();
  await latifa.picture('phone-budget-time-fr');
  await page.evaluate(() => scrollTo(0, 0));
  await latifa.picture('phone-budget-checks-fr');
  await latifa.accessible();
  await latifa.network(true);
  await latifa.level();
});

test('the desk sees totals, shares and what is to be mended, to the cent', async () => {
  const { page } = staff;
  await openBudget(staff);
  const checks = page.getByRole('list', { name: 'À corriger' });
  const balance = checks.getByRole('button', { name: says('Les dépenses dépassent les ressources de') });
  // 23 520,00 and 241,47 against 21 100,00.
  await balance.getByText(says('2 661,47 €')).waitFor();
  assert.match(await balance.innerText(), says('23 761,47 €'));
  await page.getByRole('row', { name: /Sacs de ciment/ }).getByText(says('2 620,00 MAD')).waitFor();
  const picture = page.getByRole('region', { name: 'Le budget en un coup d’œil' });
  // Volunteers' time counts on both sides.
  assert.equal(await picture.getByRole('row', { name: /Temps des bénévoles/ }).count(), 2);
  await picture.getByRole('row', { name: says('Total 23 793,97 €') }).waitFor();
  await staff.picture('desk-budget-fr');
  await staff.accessible();

  // The check leads to where a resource is added; with it the budget is even, and one thing less is to be mended.
  await balance.click();
  assert.equal(await page.evaluate(() => document.activeElement.textContent), 'Ressources');
  await page.getByRole('button', { name: 'Ajouter une ressource' }).click();
  const sheet = page.getByRole('dialog', { name: 'Nouvelle ressource' });
  await sheet.getByLabel('Intitulé').fill('Aide communale');
  await sheet.getByLabel('Financeur').fill('Commune de Tinzert');
  await sheet.getByLabel('Montant unitaire, en euros').fill('2 661.47');
  await sheet.getByRole('radio', { name: 'Sollicité' }).check({ force: true });
  await sheet.getByRole('button', { name: 'Ajouter' }).click();
  await balance.waitFor({ state: 'detached' });
  await checks.getByRole('button', { name: /Aide communale.* à préciser : Pièce qui le prouve/ }).click();
  const opened = page.getByRole('dialog', { name: 'Aide communale' });
  await opened.getByLabel('Pièce qui le prouve').fill('Lettre du président du 3 novembre');
  await opened.getByRole('button', { name: 'Terminé' }).click();
  await checks.getByRole('button', { name: /Aide communale/ }).waitFor({ state: 'detached' });
  await staff.level();
});

test('hours that are taken out are put back by one tap, and the phone agrees with the desk', async () => {
  const { page } = latifa;
  await latifa.level();
  await openBudget(latifa);
  await page.getByText('Commune de Tinzert').first().waitFor();
  await page.getByRole('button', { name: /Creuser la tranchée/ }).click();
  await page.getByRole('button', { name: 'Retirer ces heures' }).click();
  await page.getByText('Aucune heure notée pour l’instant.').waitFor();
  await page.getByRole('button', { name: /Remettre .*Creuser la tranchée/ }).click();
  await page.getByRole('button', { name: /Creuser la tranchée/ }).getByText(says('32,50 €')).waitFor();
  await latifa.level();
});

test('in Arabic the budget reads from right to left, on the phone and at the desk', async () => {
  for (const [phone, name] of [
    [latifa, 'phone-budget-ar'],
    [staff, 'desk-budget-ar'],
  ]) {
    await phone.go('#/sync');
    await phone.page.getByRole('radio', { name: 'العربية' }).check();
    await phone.page.locator('html[dir=rtl]').waitFor();
    await openBudget(phone, 'الميزانية');
    await phone.page.getByText('وقت المتطوعين').first().waitFor();
    await phone.picture(name);
    await phone.accessible();
    assert.deepEqual(phone.faults, []);
  }
});
