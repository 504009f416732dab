// What staff and administrators do beside the merged records: the house's rules, what was not allowed, the journal, consents.
import assert from 'node:assert/strict';
import { after, before } from 'node:test';

import { DESK, House, PHONE, api, tiwizi, test } from './harness.js';

let house, admin, latifa;
let event, dossier, account, walkIn;

before(async () => {
  house = await House.open();
  admin = await house.phone({ viewport: DESK });
  const [, code] = tiwizi('invite', '--role', 'admin', '--data', house.folder).match(/#\/join\/(\S+)/);
  await admin.enroll(code, 'Amina Idrissi');
  latifa = await house.phone();
  await latifa.enroll(house.volunteerCode);
  const { body } = await api(admin, 'GET', '/api/accounts');
  const mine = body.find(({ name }) => name === 'Latifa');
  account = mine.id;
  await latifa.go('#/dossiers');
  await latifa.page.getByRole('link', { name: /Un réseau d’eau/ }).click();
  await latifa.page.waitForURL(/#\/dossier\//);
  dossier = latifa.page.url().split('/').pop();
  await latifa.go('#/events');
  await latifa.page.getByRole('link', { name: /Atelier d’écriture : de l’idée au dossier/ }).click();
  await latifa.page.waitForURL(/#\/event\//);
  event = latifa.page.url().split('/').pop();
});

after(() => house?.close());

const page = (phone) => phone.page;

async function set(label, value, field) {
  await page(admin).getByRole('button', { name: new RegExp(`Changer.*${label}`) }).click();
  await page(admin).getByRole('textbox', { name: field }).fill(value);
  await page(admin).getByRole('button', { name: 'Enregistrer' }).click();
  await page(admin).getByText('Le réglage est enregistré.').first().waitFor();
}

test('what the administrator sets is read to people at every door', async () => {
  await admin.go('#/settings');
  await set('Nom de l’organisation', 'Migrations & Développement', 'Nom de l’organisation');
  await set('Contact pour les données', 'donnees@exemple.org', 'Contact pour les données personnelles');
  await set('Fiche d’une personne', '24', /Nouvelle valeur/);
  await admin.level();
  // A volunteer sees the rules and changes none.
  await latifa.go('#/settings');
  await page(latifa).getByText('2 ans').or(page(latifa).getByText('24 mois')).first().waitFor();
  assert.equal(await page(latifa).getByRole('button', { name: /Changer/ }).count(), 0);
  await latifa.go(`#/event/${event}`);
  await latifa.go(`#/event/${event}/walk-in`);
  await page(latifa).getByText('Migrations & Développement organise cette rencontre').waitFor();
  await page(latifa).getByText(/le reste est effacé après 2 ans/).waitFor();
  await page(latifa).getByText(/donnees@exemple\.org/).waitFor();
  // This browser has no voice: the text is large, and says so.
  await page(latifa).getByText(/n’a pas de voix dans cette langue/).waitFor();
  await page(latifa).getByRole('radio', { name: 'العربية' }).check();
  await page(latifa).getByText(/Migrations & Développement هي التي تنظم/).waitFor();
});

test('consents are asked one by one, are never assumed, show at the door and can be withdrawn', async () => {
  const photo = page(latifa).getByLabel(/Accepte d’être pris en photo/);
  const messages = page(latifa).getByLabel(/Accepte de recevoir des messages/);
  assert.equal(await photo.isChecked(), false);
  // Who left no number cannot be written to.
  assert.equal(await messages.count(), 0);
  await page(latifa).getByLabel('Prénom').fill('Hassan');
  await page(latifa).getByLabel('Nom de famille').fill('Ouchen');
  await page(latifa).getByRole('textbox', { name: /Téléphone/ }).fill('+33 6 12 34 56 78');
  assert.equal(await messages.isChecked(), false);
  await photo.check();
  await messages.check();
  await page(latifa).getByLabel(/Lu à voix haute/).check();
  await page(latifa).getByRole('button', { name: 'Inscrire et pointer présent' }).click();
  await page(latifa).waitForURL(new RegExp(`#/event/${event}$`));
  await page(latifa).getByLabel('Chercher un nom').fill('Hassan Ouchen');
  await page(latifa).getByRole('button', { name: /Hassan Ouchen.*Photo : accord donné/ }).waitFor();
  await latifa.level();

  await admin.go(`#/event/${event}`);
  await page(admin).getByLabel('Chercher un nom').fill('Hassan Ouchen');
  await page(admin).getByRole('button', { name: /Autres choix pour .*Hassan Ouchen/ }).click();
  await page(admin).getByRole('link', { name: 'Voir la fiche' }).click();
  await page(admin).waitForURL(/#\/record\//);
  walkIn = page(admin).url().split('/').pop();
  const given = page(admin).getByRole('list', { name: 'Accords' }).getByText('Accord donné');
  await given.nth(1).waitFor();
  await page(admin).getByRole('list', { name: 'Accords' }).getByText(/Latifa/).first().waitFor();
  await page(admin).getByRole('button', { name: /Retirer l’accord : Photo/ }).click();
  await page(admin).getByRole('list', { name: 'Accords' }).getByText('Pas d’accord').waitFor();
  assert.equal(await given.count(), 1, 'the other one stands');
  await admin.level();
  await latifa.go(`#/event/${event}`);
  await page(latifa).getByLabel('Chercher un nom').fill('Hassan Ouchen');
  await page(latifa).getByRole('button', { name: /Hassan Ouchen.*Photo : pas d’accord/ }).waitFor();
  await page(latifa).getByLabel('Chercher un nom').fill('');
});

test('what a volunteer did after it was taken back is judged in one tap, and the word reaches them', async () => {
  await latifa.network(false);
  await page(latifa).getByRole('button', { name: /toucher pour pointer/ }).first().click();
  await page(latifa).getByText(/^\d+ pas encore sur le serveur/).waitFor();
  await latifa.go(`#/dossier/${dossier}`);
  const text = page(latifa).getByRole('textbox', { name: /Objectifs/ });
  await text.fill(`${await text.inputValue()} Et une fontaine.`);
  await text.blur();
  await latifa.go('#/sync');
  for (const document of [event, dossier]) {
    const { status } = await api(admin, 'POST', `/api/accounts/${account}/assign`, { document, given: false });
    assert.equal(status, 204);
  }
  await latifa.network(true);
  await page(latifa).getByRole('button', { name: 'Échanger maintenant' }).click();
  await page(latifa).getByRole('heading', { name: 'Mis de côté par le serveur' }).waitFor();

  await admin.go('#/questions');
  const row = (title) => page(admin).locator('.rows').getByRole('button', { name: title }).filter({ hasText: 'à accepter ou à refuser' });
  const panel = page(admin).getByRole('article');
  const mark = /Atelier d’écriture/;
  await row(mark).click();
  await panel.getByText('Ce document n’est pas confié à cette personne.').waitFor();
  await panel.getByText(/Présent/).first().waitFor();
  await admin.picture('desk-set-aside-fr');
  await admin.accessible();
  // Without a network it stays, and is said to.
  await admin.network(false);
  await page(admin).keyboard.press('Enter');
  await page(admin).getByText(/se règlent avec le réseau/).first().waitFor();
  await admin.network(true);
  await row(mark).click();
  // Accepted, taken back, accepted again: by keys alone, and the record follows.
  await page(admin).keyboard.press('Enter');
  await row(mark).waitFor({ state: 'detached' });
  await page(admin).keyboard.press('u');
  await page(admin).getByText('La question est reposée.').waitFor();
  await row(mark).click();
  await page(admin).keyboard.press('1');
  await page(admin).keyboard.press('Enter');
  await row(mark).waitFor({ state: 'detached' });

  const words = /Un réseau d’eau/;
  await row(words).click();
  await panel.getByText('Et une fontaine.').waitFor();
  await panel.getByRole('textbox', { name: /Un mot à la personne/ }).fill('Merci Latifa, parlons-en demain.');
  await panel.getByRole('button', { name: 'Refuser' }).click();
  await row(words).waitFor({ state: 'detached' });
  // What was judged stands with its record.
  await admin.go(`#/record/${event}`);
  const judged = page(admin).getByRole('region', { name: 'Mis de côté' });
  await judged.getByText('Accepté').waitFor();
  await page(admin).getByText(/A retiré le pointage de .*Décision reprise/).first().waitFor();

  await page(latifa).getByRole('button', { name: 'Échanger maintenant' }).click();
  await page(latifa).getByText('Merci Latifa, parlons-en demain.').waitFor();
  await page(latifa).getByText('Accepté : c’est dans le document.').first().waitFor();
  await page(latifa).getByText('Refusé : le document est resté comme il était.').waitFor();
  await latifa.picture('phone-sync-judged-fr');
});

test('the journal tells who did what, and can be asked for one act or one person', async () => {
  await admin.go('#/journal');
  await page(admin).getByText('A changé les réglages de la maison.').first().waitFor();
  await page(admin).getByText(/A repris .*Atelier d’écriture.* à .*Latifa/).waitFor();
  await page(admin).getByLabel('Acte').selectOption({ label: 'Mis de côté : refusé' });
  await page(admin).getByText(/A refusé une saisie mise de côté/).waitFor();
  await page(admin).getByText('A changé les réglages de la maison.').first().waitFor({ state: 'detached' });
  await page(admin).getByLabel('Acte').selectOption('');
  await page(admin).getByLabel('Fait par').selectOption({ label: 'Latifa' });
  await page(admin).getByText(/Est entré avec .*Latifa/).waitFor();
  await page(admin).getByText(/Est entré avec .*Amina/).waitFor({ state: 'detached' });
  await page(admin).getByText('A changé les réglages de la maison.').first().waitFor({ state: 'detached' });
});

test('each page is accessible, in French at a desk and in Arabic on a phone', async () => {
  const screens = [
    ...['#/settings', '#/roles', '#/logos', '#/journal', '#/questions', '#/tasks', '#/sync', `#/record/${walkIn}`],
    ...['walk-in', 'opinions', 'sheet'].map((part) => `#/event/${event}/${part}`),
  ];
  for (const language of ['fr', 'ar']) {
    if (language === 'ar') {
      await page(admin).setViewportSize(PHONE);
      await admin.go('#/sync');
      await page(admin).getByRole('radio', { name: 'العربية' }).check();
      await page(admin).waitForFunction(() => document.documentElement.dir === 'rtl');
    }
    for (const screen of screens) {
      await admin.go(screen);
      await page(admin).getByRole('heading', { level: 1 }).waitFor();
      await admin.accessible();
      await admin.picture(`house-${screen.replace(/[0-9a-f-]{36}/, '').replace(/[^a-z]+/g, '-')}-${language}`);
    }
  }
});

test('no page reported a fault', () => {
  for (const phone of [admin, latifa]) assert.deepEqual(phone.faults, []);
});
