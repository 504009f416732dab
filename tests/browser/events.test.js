// An event is planned without a network, copied, repeated and filled, and a second device sees all of it.
import assert from 'node:assert/strict';
import { after, before } from 'node:test';

import { DESK, House, PHONE, tiwizi, test } from './harness.js';

const TITLE = 'Cercle des trésorières';

let house, amina, admin;
let event, copy;

before(async () => {
  house = await House.open();
  amina = await house.phone({ viewport: PHONE });
  await amina.enroll(house.coordinatorCode);
  admin = await house.phone({ viewport: DESK });
  const [, code] = tiwizi('invite', '--role', 'admin', '--data', house.folder).match(/#\/join\/(\S+)/);
  await admin.enroll(code, 'Badr Tazi');
});

after(() => house?.close());

const page = (phone) => phone.page;
const dialog = (phone) => page(phone).getByRole('dialog');
const eventId = (phone) => page(phone).url().match(/#\/event\/([^/]+)/)[1];

async function menu(phone, name) {
  await page(phone).getByRole('button', { name: 'Gérer cet événement' }).click();
  await dialog(phone).getByRole('button', { name }).or(dialog(phone).getByRole('link', { name })).click();
}

/** The page has these words somewhere. */
const shows = (phone, words) => page(phone).getByText(words).first().waitFor();

test('a coordinator without a network plans an event of two half-days and two trainers', async () => {
  // The directory is known to this phone before the network goes.
  await amina.go('#/events');
  await amina.network(false);
  await page(amina).getByRole('link', { name: 'Nouvel événement' }).click();
  await page(amina).getByLabel('Titre de l’événement').fill(TITLE);
  await page(amina).getByRole('combobox', { name: /Type/ }).selectOption({ label: 'Formation financière' });
  await page(amina).getByLabel('Jour', { exact: true }).fill('2027-01-30');
  await page(amina).getByLabel('Après-midi').check();
  await page(amina).getByRole('combobox', { name: 'Lieu (facultatif)' }).fill('Salle des fêtes');
  await page(amina).getByLabel('Formateur ou formatrice (facultatif)').fill('Naïma Aït Oufkir');
  await page(amina).getByRole('button', { name: 'Ajouter une personne' }).click();
  // The second one is typed and not added by any button: it is not lost.
  await page(amina).getByLabel('Formateur ou formatrice (facultatif)').fill('Karim Bouhaddou');
  await page(amina).getByText(/Places, langues/).click();
  await page(amina).getByLabel('Places (facultatif)').fill('25');
  await page(amina).getByRole('button', { name: 'tachelhit' }).click();
  await page(amina).getByLabel('Financeurs (facultatif)').fill('FDVA');
  await amina.accessible();
  await page(amina).getByRole('button', { name: 'Créer l’événement' }).click();
  await page(amina).waitForURL(/#\/event\/[^/]+$/);
  event = eventId(amina);
  await page(amina).getByRole('heading', { name: TITLE }).waitFor();
  await shows(amina, 'La liste est vide');
});

test('its details are changed in place, each change by itself', async () => {
  await menu(amina, /Modifier l’événement/);
  await page(amina).waitForURL(/\/edit$/);
  const trainers = page(amina).getByLabel(/^Formateur ou formatrice \d$/);
  await trainers.nth(1).waitFor();
  assert.deepEqual((await Promise.all([trainers.nth(0).inputValue(), trainers.nth(1).inputValue()])).sort(), [
    'Karim Bouhaddou',
    'Naïma Aït Oufkir',
  ]);
  assert.equal(await page(amina).getByLabel('Places').inputValue(), '25');
  assert.equal(await page(amina).getByRole('button', { name: 'tachelhit' }).getAttribute('aria-pressed'), 'true');
  const halves = page(amina).getByRole('list', { name: 'Demi-journées' }).getByRole('listitem');
  assert.equal(await halves.count(), 2);
  await page(amina).getByLabel('Commune', { exact: true }).click();
  await dialog(amina).getByLabel('Chercher une commune').fill('Aubagne');
  await dialog(amina).getByRole('button', { name: /« .*Aubagne.* » tel quel/ }).click();
  await page(amina).getByLabel('Remarques').fill('Apporter le dernier budget.');
  await page(amina).getByLabel('Code projet').fill('PRA-27-04');
  await page(amina).getByLabel('Code projet').blur();

  // A third half-day, whose hours are changed; then it goes again.
  await page(amina).getByRole('button', { name: 'Ajouter des demi-journées' }).click();
  await dialog(amina).getByLabel('Après-midi').uncheck();
  await dialog(amina).getByRole('button', { name: 'Ajouter' }).click();
  await halves.nth(2).getByRole('button').click();
  await dialog(amina).getByLabel('Fin').fill('11:00');
  await dialog(amina).getByRole('button', { name: 'Enregistrer' }).click();
  await halves.nth(2).getByText(/09:00–11:00/).waitFor();
  await halves.nth(2).getByRole('button').click();
  await dialog(amina).getByRole('button', { name: 'Retirer cette demi-journée' }).click();
  await halves.nth(2).waitFor({ state: 'detached' });

  await page(amina).getByRole('button', { name: 'Ajouter un lien' }).click();
  await dialog(amina).getByRole('listitem').first().getByRole('button').click();
  await dialog(amina).getByRole('button', { name: 'Terminé' }).click();
  await page(amina).getByRole('list', { name: 'Associations et dossiers liés' }).getByRole('listitem').waitFor();
  await amina.accessible();
});

test('people without names are counted, and that half-day stays', async () => {
  await page(amina).getByRole('button', { name: 'Compter sans noms' }).click();
  const more = dialog(amina).getByRole('button', { name: 'Un de plus : 18 à 30 ans' });
  for (let n = 0; n < 4; n++) await more.click();
  await dialog(amina).getByRole('radio', { name: /Homme/ }).check({ force: true });
  await dialog(amina).getByLabel('Plus de 60 ans', { exact: true }).fill('3');
  await dialog(amina).getByText('7 personnes').waitFor();
  await amina.accessible();
  await dialog(amina).getByRole('button', { name: 'Terminé' }).click();
  await page(amina).getByRole('button', { name: '7 personnes sans nom', exact: true }).waitFor();
  await page(amina).getByRole('list', { name: 'Demi-journées' }).getByRole('button').first().click();
  await dialog(amina).getByText(/ne peut pas être retirée/).waitFor();
  assert.equal(await dialog(amina).getByRole('button', { name: 'Retirer cette demi-journée' }).count(), 0);
  await page(amina).keyboard.press('Escape');
});

test('it is copied, and repeated as a series of three', async () => {
  await page(amina).getByRole('button', { name: 'Répéter en série' }).click();
  await dialog(amina).getByRole('radio', { name: 'Tous les mois' }).check({ force: true });
  await dialog(amina).getByLabel('Nombre de séances').fill('3');
  // The last day of February, then again the 30th.
  await dialog(amina).getByText('dimanche 28 février 2027').waitFor();
  await dialog(amina).getByText('mardi 30 mars 2027').waitFor();
  await amina.accessible();
  await dialog(amina).getByRole('button', { name: 'Créer 2 séances' }).click();
  const sisters = page(amina).getByRole('list', { name: 'Séances de la série' }).getByRole('listitem');
  await sisters.nth(2).waitFor();
  assert.equal(await sisters.count(), 3);

  await page(amina).getByRole('button', { name: 'Copier l’événement' }).click();
  await dialog(amina).getByLabel('Premier jour de la copie').fill('2027-05-08');
  await dialog(amina).getByRole('button', { name: 'Créer la copie' }).click();
  await page(amina).waitForURL((url) => /\/edit$/.test(url.hash) && !url.hash.includes(event));
  copy = eventId(amina);
  await shows(amina, 'samedi 8 mai 2027');
  assert.equal(await page(amina).getByRole('list', { name: 'Séances de la série' }).count(), 0, 'a copy is of no series');
});

test('a pasted list is looked over before anybody is added', async () => {
  await amina.go(`#/event/${event}`);
  await menu(amina, /Coller une liste/);
  const names = ['AMZIL Saïd', '2. Ouchen-Tazi Hassania 06 12 34 56 78', 'Hassania OUCHEN-TAZI', 'Khadija Aboulkacim'];
  await dialog(amina).getByLabel('Noms').fill(names.join('\n'));
  await dialog(amina).getByRole('button', { name: 'Lire la liste' }).click();
  await dialog(amina).getByText('Dans l’annuaire').first().waitFor();
  await dialog(amina).getByText(/Deux fois dans la liste.*OUCHEN-TAZI/).waitFor();
  const which = dialog(amina).getByRole('combobox', { name: /Qui est .*Khadija Aboulkacim/ });
  await amina.accessible();
  // Nothing is added while a choice is open.
  await dialog(amina).getByRole('button', { name: /^Ajouter \d/ }).click();
  await dialog(amina).getByText('À remplir.').waitFor();
  await which.selectOption({ index: 1 });
  await dialog(amina).getByRole('button', { name: 'Ajouter 3 personnes' }).click();
  await shows(amina, '3 personnes ajoutées à la liste.');
  await page(amina).getByRole('button', { name: /Saïd AMZIL.*toucher pour pointer/ }).click();
  await shows(amina, '1 présent');
  await shows(amina, '+ 7 personnes comptées sans nom.');

  // A whole association comes too.
  await menu(amina, /Ajouter toute une association/);
  await dialog(amina).getByRole('listitem').first().getByRole('button').click();
  await dialog(amina).getByRole('button', { name: /^Ajouter \d+ personne/ }).click();
  await shows(amina, /ajoutées? à la liste/);
});

test('back online, a second device sees all of it', async () => {
  await amina.network(true);
  await amina.level();
  await admin.level();
  await admin.go(`#/event/${event}`);
  await page(admin).getByRole('heading', { name: TITLE }).waitFor();
  await page(admin).getByRole('radio', { name: /Matin/ }).check({ force: true });
  await shows(admin, '1 présent');
  await shows(admin, '+ 7 personnes comptées sans nom.');
  await shows(admin, '8 personnes en tout.');
  for (const name of ['Saïd AMZIL', 'Hassania']) {
    await page(admin).getByLabel('Chercher un nom').fill(name);
    await page(admin).getByRole('button', { name: new RegExp(`Autres choix pour .*${name}`) }).first().waitFor();
  }
  await admin.go(`#/event/${event}/edit`);
  const trainers = page(admin).getByLabel(/^Formateur ou formatrice \d$/);
  await trainers.nth(1).waitFor();
  assert.match(await page(admin).getByLabel('Commune', { exact: true }).innerText(), /Aubagne/);
  assert.equal(await page(admin).getByLabel('Remarques').inputValue(), 'Apporter le dernier budget.');
  assert.equal(await page(admin).getByLabel('Code projet').inputValue(), 'PRA-27-04');
  assert.equal(await page(admin).getByRole('list', { name: 'Demi-journées' }).getByRole('listitem').count(), 2);
  assert.equal(await page(admin).getByRole('list', { name: 'Séances de la série' }).getByRole('listitem').count(), 3);
  await admin.accessible();
  await admin.picture('desk-event-fr');
  await admin.go(`#/event/${copy}/edit`);
  await shows(admin, 'samedi 8 mai 2027');
  await trainers.nth(1).waitFor();
});

test('two numbers given apart are both shown, and one of them is kept', async () => {
  await admin.go(`#/event/${event}`);
  for (const [phone, number] of [[amina, '12'], [admin, '15']]) {
    await phone.go(`#/event/${event}`);
    await page(phone).getByRole('radio', { name: /Matin/ }).check({ force: true });
    await phone.network(false);
    await menu(phone, /Compter sans noms/);
    await dialog(phone).getByRole('radio', { name: /Femme/ }).check({ force: true });
    await dialog(phone).getByLabel('31 à 60 ans', { exact: true }).fill(number);
    await dialog(phone).getByRole('button', { name: 'Terminé' }).click();
    await shows(phone, new RegExp(`\\+ ${7 + Number(number)} personnes`));
  }
  for (const phone of [amina, admin]) {
    await phone.network(true);
    await phone.level();
  }
  await amina.level();
  await amina.go(`#/event/${event}`);
  await menu(amina, /Compter sans noms/);
  await dialog(amina).getByRole('button', { name: /Deux réponses/ }).click();
  await dialog(amina).getByRole('button', { name: /Garder.*15|15/ }).first().click();
  await dialog(amina).getByRole('button', { name: /Deux réponses/ }).waitFor({ state: 'detached' });
  assert.equal(await dialog(amina).getByLabel('31 à 60 ans', { exact: true }).inputValue(), '15');
  await page(amina).keyboard.press('Escape');
});

test('in Arabic it reads from the right, and is as accessible', async () => {
  await amina.go('#/sync');
  await page(amina).getByRole('radio', { name: 'العربية' }).check();
  await page(amina).locator('html[dir=rtl]').waitFor();
  await amina.go(`#/event/${event}/edit`);
  await page(amina).getByRole('heading', { name: 'المؤطِّرون' }).waitFor();
  await amina.accessible();
  await amina.picture('phone-event-edit-ar');
  await page(amina).getByRole('button', { name: 'التكرار في سلسلة' }).click();
  await dialog(amina).getByRole('list').waitFor();
  await amina.accessible();
  await page(amina).keyboard.press('Escape');
  await amina.go(`#/event/${event}`);
  await page(amina).getByRole('button', { name: 'تدبير هذا النشاط' }).click();
  await dialog(amina).getByRole('link', { name: 'ورقة الحضور' }).waitFor();
  await amina.accessible();
  assert.deepEqual([...amina.faults, ...admin.faults], []);
});
