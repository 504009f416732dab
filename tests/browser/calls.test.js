// A call is taken over from its model, changed and published; a running dossier sees what changes and chooses; two phones fill the
// structured parts without a network, and they merge; the chronogramme draws itself; what is new in a text says whose it is.
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
  amina = await writer('Amina Écrivante');
  badr = await writer('Badr Écrivant');
});

after(() => house?.close());

async function writer(name) {
  const phone = await staff.invites(name, [dossier]);
  await open(phone, 'Textes');
  return phone;
}

async function open(phone, part) {
  await phone.go(`#/dossier/${dossier}`);
  await phone.page.getByRole('radio', { name: part, exact: true }).check({ force: true });
}

const sheet = (phone, name) => phone.page.getByRole('dialog', { name });

async function add(phone, label, text) {
  await phone.page.getByLabel(label, { exact: true }).first().fill(text);
  await phone.page.getByLabel(label, { exact: true }).first().press('Enter');
}

test('staff take the ordinary model over, confirm a rule, add a text, and publish it', async () => {
  const { page } = staff;
  await staff.go('#/dossiers');
  await page.getByRole('link', { name: 'Appels à projets' }).click();
  await page.getByRole('heading', { name: 'Appels à projets' }).waitFor();
  await staff.picture('desk-calls-fr');
  await staff.accessible();
  await page.getByRole('button', { name: 'Nouvel appel' }).click();
  await staff.picture('desk-call-new-fr');
  await page.getByRole('button', { name: /Reprendre le modèle PRA\/OSIM\s: mésoprojets/ }).click();
  await page.waitForURL(/#\/call\//);
  await page.getByText('Cet appel n’est pas encore publié').waitFor();
  const pieces = page.getByRole('region', { name: 'Pièces demandées' });
  await pieces.getByRole('textbox', { name: /Attestation de valorisations/ }).first().waitFor();

  const name = page.getByLabel('Nom de l’appel');
  await name.fill('PRA/OSIM : mésoprojets 2027');
  await name.blur();
  await page.getByRole('heading', { name: 'PRA/OSIM : mésoprojets 2027' }).waitFor();
  const opens = page.getByRole('group', { name: 'Clôture' });
  await opens.getByLabel('Jour').fill('2027-11-18');
  await opens.getByLabel('Heure').fill('12:00');
  await opens.getByLabel('Heure').blur();
  await opens.getByText(/jeudi 18 novembre 2027.*12:00.*UTC\+1/).waitFor();
  await page.getByRole('button', { name: /C’est confirmé\s: Clôture/ }).click();
  await page.getByRole('button', { name: /Marquer à confirmer\s: Clôture/ }).waitFor();
  await add(staff, 'Ajouter un texte demandé', 'Évaluation');
  await page.getByRole('textbox', { name: 'Titre du texte, Évaluation' }).or(page.getByLabel(/^Titre du texte, .*Évaluation/)).first().waitFor();
  await page.evaluate(() => scrollTo(0, 0));
  await staff.picture('desk-call-fr');
  await pieces.scrollIntoViewIfNeeded();
  await staff.picture('desk-call-pieces-fr');
  await staff.accessible();

  await page.evaluate(() => scrollTo(0, 0));
  await page.getByRole('button', { name: 'Publier' }).click();
  const publish = sheet(staff, /Publier la version/);
  await publish.getByText(/restent à confirmer/).waitFor();
  await publish.getByRole('button', { name: 'Publier' }).click();
  await page.getByText(/Version .*1.* publiée/).waitFor();
  await page.getByRole('list', { name: 'Versions publiées' }).getByText(/Version .*1/).waitFor();
  await staff.level();
});

test('a new version of a running dossier’s call changes nothing in it until somebody chooses', async () => {
  const { page } = staff;
  await staff.go('#/calls');
  await page.getByRole('link', { name: /PRA\/OSIM : microprojets/ }).click();
  const grant = page.getByLabel(/^Subvention maximale/);
  await grant.fill('20 000');
  await grant.blur();
  await page.getByText('Une différence n’est pas encore publiée.').waitFor();
  await add(staff, 'Ajouter un texte demandé', 'Adaptation au climat');
  await page.getByText('2 différences ne sont pas encore publiées.').waitFor();
  await page.evaluate(() => scrollTo(0, 0));
  await page.getByRole('button', { name: 'Publier' }).click();
  const publish = sheet(staff, /Publier la version/);
  await publish.getByLabel(/Ce qui change/).fill('Plafond relevé pour 2027.');
  await publish.getByText('Subvention maximale').waitFor();
  await staff.picture('desk-call-publish-fr');
  await staff.accessible();
  await publish.getByRole('button', { name: 'Publier' }).click();
  await page.getByText(/Version .*2.* publiée/).waitFor();
  await staff.level();

  await amina.level();
  await open(amina, 'Textes');
  await amina.page.getByText(/L’appel a une version .*2/).waitFor();
  assert.equal(await amina.page.getByRole('heading', { name: 'Adaptation au climat' }).count(), 0);
  await amina.page.getByRole('button', { name: 'Voir ce qui change' }).click();
  const changes = sheet(amina, /Ce que change la version/);
  await changes.getByText('Plafond relevé pour 2027.').waitFor();
  await changes.getByText(/20\s000,00/).waitFor();
  await amina.picture('phone-call-changes-fr');
  await amina.accessible();
  await changes.getByRole('button', { name: /Rester à la version/ }).click();
  await changes.waitFor({ state: 'detached' });
  assert.equal(await amina.page.getByRole('heading', { name: 'Adaptation au climat' }).count(), 0);
  await amina.network(false);
  await amina.page.getByRole('button', { name: 'Voir ce qui change' }).click();
  await changes.getByRole('button', { name: /Passer à la version/ }).click();
  await amina.page.getByRole('heading', { name: 'Adaptation au climat' }).waitFor();
  await amina.network(true);
  await amina.level();
});

test('two phones fill the structured parts without a network, and both are whole afterwards', async () => {
  await badr.level();
  for (const phone of [amina, badr]) {
    await open(phone, 'Projet');
    await phone.page.getByRole('heading', { name: 'Activités' }).waitFor();
    await phone.network(false);
  }
  const { page } = amina;
  await add(amina, 'Ajouter une activité', 'Forage du puits');
  const activity = sheet(amina, 'Forage du puits');
  await activity.getByLabel('Du mois').fill('2');
  await activity.getByLabel('Au mois').fill('5');
  await activity.getByLabel('Responsable').fill('Coopérative du village');
  await amina.picture('phone-row-fr');
  await amina.accessible();
  await activity.getByRole('button', { name: 'Terminé' }).click();
  await page.getByRole('row', { name: /Forage du puits/ }).getByText(/mois .*2.* à .*mois .*5/).waitFor();
  await page.getByRole('button', { name: 'Ajouter une commune' }).click();
  const communes = sheet(amina, 'Ajouter une commune');
  await communes.getByRole('searchbox').fill('Tinzert');
  await communes.getByRole('button', { name: /Tinzert/ }).first().click();
  await sheet(amina, 'Tinzert').getByLabel('Douars').fill('Imi n’Tizi');
  await sheet(amina, 'Tinzert').getByRole('button', { name: 'Terminé' }).click();

  const other = badr.page;
  await add(badr, 'Ajouter une activité', 'Formation des usagers');
  const training = sheet(badr, 'Formation des usagers');
  await training.getByLabel('Du mois').fill('6');
  await training.getByLabel('Au mois').fill('4');
  await training.getByRole('button', { name: 'Terminé' }).click();
  await other.getByRole('button', { name: /«\s.*Formation des usagers.*\s»\sfinit avant de commencer/ }).click();
  await training.getByLabel('Au mois').fill('8');
  await training.getByRole('button', { name: 'Terminé' }).click();
  await other.getByRole('button', { name: /finit avant de commencer/ }).waitFor({ state: 'detached' });

  // One main goal, each with its reason: said in words.
  await other.getByRole('combobox', { name: 'Ajouter un ODD' }).selectOption({ label: '6 Eau propre et assainissement' });
  await other.getByRole('button', { name: 'Ajouter un ODD' }).click();
  const goal = sheet(badr, '6 Eau propre et assainissement');
  assert.equal(await goal.getByLabel('Objectif principal').inputValue(), 'yes');
  await goal.getByRole('button', { name: 'Terminé' }).click();
  await other.getByRole('button', { name: /6 Eau propre.* n’est pas encore justifié/ }).click();
  await goal.getByLabel('Pourquoi').fill('Chaque foyer a de l’eau potable.');
  await goal.getByRole('button', { name: 'Terminé' }).click();
  await other.getByRole('button', { name: /n’est pas encore justifié/ }).waitFor({ state: 'detached' });

  await add(badr, 'Ajouter un partenaire local', 'Association Afoulki');
  const partner = sheet(badr, 'Association Afoulki');
  await partner.getByLabel('ICE').fill('00152571300009');
  await partner.getByLabel('ICE').blur();
  await partner.getByText('Un ICE a 15 chiffres.').waitFor();
  await partner.getByLabel('ICE').fill('001 525 713 000 091');
  await partner.getByRole('button', { name: 'Terminé' }).click();
  await other.getByText(/ICE\s: .*001525713000091/).waitFor();

  for (const phone of [amina, badr]) {
    await phone.network(true);
    await phone.level();
  }
  await amina.level();
  for (const phone of [amina, badr]) {
    await open(phone, 'Projet');
    const chronogram = phone.page.getByRole('table', { name: 'Chronogramme' });
    await chronogram.getByRole('row', { name: /Forage du puits/ }).waitFor();
    await chronogram.getByRole('row', { name: /Formation des usagers/ }).getByText(/mois .*6.* à .*mois .*8/).waitFor();
    await phone.page.getByRole('list', { name: 'Communes et douars' }).getByRole('button', { name: /Tinzert/ }).waitFor();
  }
  await page.getByLabel('Début prévu').fill('2027-03-01');
  await page.getByLabel('Début prévu').blur();
  await page.getByRole('row', { name: /Forage du puits/ }).getByText(/avril 2027.* à .*juillet 2027/).waitFor();
  await page.getByRole('table', { name: 'Chronogramme' }).scrollIntoViewIfNeeded();
  await amina.picture('phone-chronogram-fr');
  await page.evaluate(() => scrollTo(0, 0));
  await amina.picture('phone-project-fr');
  await amina.accessible();
  await amina.level();
});

test('the desk edits the same rows in a dense table', async () => {
  const { page } = staff;
  await staff.level();
  await open(staff, 'Projet');
  const activities = page.getByRole('region', { name: 'Activités' });
  const until = activities.getByRole('textbox', { name: /^Au mois, .*Forage du puits/ });
  await until.fill('6');
  await until.blur();
  await page.getByRole('table', { name: 'Chronogramme' }).getByText(/avril 2027.* à .*août 2027/).waitFor();
  await add(staff, 'Ajouter un indicateur', 'Foyers raccordés');
  const target = page.getByRole('textbox', { name: /^Visé, .*Foyers raccordés/ });
  await target.fill('62');
  await target.blur();
  await activities.getByRole('button', { name: /Monter «\s.*Formation des usagers/ }).click();
  await activities.locator('tbody tr').first().getByRole('textbox', { name: /Formation des usagers/ }).first().waitFor();
  await activities.getByRole('button', { name: /Retirer «\s.*Formation des usagers/ }).click();
  await page.getByRole('button', { name: /Remettre .*Formation des usagers/ }).click();
  await activities.getByRole('textbox', { name: /Formation des usagers/ }).first().waitFor();
  await page.getByRole('table', { name: 'Chronogramme' }).scrollIntoViewIfNeeded();
  await staff.picture('desk-project-fr');
  await staff.accessible();
  await staff.level();
});

test('what others wrote is marked in the text, says whose it is, and the caret stays where it was', async () => {
  await open(badr, 'Textes');
  const need = (phone) => phone.page.getByRole('textbox', { name: 'Origine du besoin' });
  await need(badr).waitFor();
  await badr.level();
  // Looked at: from now on what comes is new.
  await open(amina, 'Textes');
  const before = await need(amina).inputValue();
  await need(amina).fill(`${before}\nLe comité d’eau s’est réuni en mars.`);
  await need(amina).blur();
  await amina.level();

  await badr.level();
  await open(badr, 'Textes');
  await badr.page.getByText('Du nouveau dans un texte').waitFor();
  await badr.page.getByText(/Amina Écrivante.* \(un passage\)/).waitFor();
  await badr.page.getByRole('button', { name: 'Voir le passage' }).click();
  const shown = await badr.page.evaluate(() => {
    const { value, selectionStart, selectionEnd } = document.activeElement;
    return { chosen: value.slice(selectionStart, selectionEnd), marked: document.querySelector('mark').textContent };
  });
  assert.match(shown.chosen, /Le comité d’eau s’est réuni en mars\./);
  assert.equal(shown.marked, shown.chosen);
  await badr.picture('phone-section-new-fr');
  await badr.accessible();

  // The caret of whoever types stays between the same words while Amina's arrive in front of it.
  await need(badr).focus();
  await badr.page.evaluate(() => {
    const area = document.activeElement;
    const at = area.value.indexOf('réuni en mars');
    area.setSelectionRange(at, at);
  });
  await open(amina, 'Textes');
  await need(amina).fill(`Au printemps. ${await need(amina).inputValue()}`);
  await need(amina).blur();
  await amina.level();
  await badr.page.waitForFunction(() => document.activeElement.value?.startsWith('Au printemps. '));
  const behind = await badr.page.evaluate(() => document.activeElement.value.slice(document.activeElement.selectionStart));
  assert.match(behind, /^réuni en mars\./);
  await badr.page.keyboard.insertText('enfin ');
  assert.match(await need(badr).inputValue(), /s’est enfin réuni en mars\./);

  await badr.page.getByRole('button', { name: 'J’ai tout lu' }).click();
  await badr.page.getByText('Du nouveau dans un texte').waitFor({ state: 'detached' });
  await badr.level();
});

test('a text says its words and characters, and how far it is over the call’s limit, and is never cut', async () => {
  await open(amina, 'Textes');
  const text = amina.page.getByRole('textbox', { name: 'Jeunesse' });
  await text.fill('mot '.repeat(501));
  await amina.page.getByText(/501 mots, .*2\s004.* signes sur .*2\s000.*, 4 signes de trop pour l’appel/).waitFor();
  assert.equal((await text.inputValue()).length, 2004);
  await text.blur();
  await amina.level();
  await open(amina, 'Projet');
  await amina.page.getByRole('button', { name: /Le texte «\s.*Jeunesse.*\s»\sa .*2\s004.* signes/ }).click();
  await amina.page.getByRole('textbox', { name: 'Jeunesse' }).waitFor();
  assert.equal(await amina.page.evaluate(() => document.activeElement.tagName), 'TEXTAREA');
  await open(staff, 'Textes');
  await staff.page.getByText('Qui a exprimé ce besoin').waitFor();
  await staff.picture('desk-sections-fr');
});

test('in Arabic everything reads from right to left, and the chronogramme begins on the right', async () => {
  for (const [phone, name] of [
    [amina, 'phone'],
    [staff, 'desk'],
  ]) {
    await phone.go('#/sync');
    await phone.page.getByRole('radio', { name: 'العربية' }).check();
    await phone.page.locator('html[dir=rtl]').waitFor();
    await open(phone, 'المشروع');
    const chronogram = phone.page.getByRole('table', { name: 'الجدول الزمني' });
    await chronogram.waitFor();
    const [label, month] = await Promise.all([
      chronogram.getByRole('rowheader').first().boundingBox(),
      chronogram.locator('td').last().boundingBox(),
    ]);
    assert.ok(label.x > month.x, 'the months go to the left');
    await phone.picture(`${name}-project-ar`);
    await chronogram.scrollIntoViewIfNeeded();
    await phone.picture(`${name}-chronogram-ar`);
    await phone.accessible();
  }
  await staff.go('#/calls');
  await staff.page.getByRole('link', { name: /PRA\/OSIM : microprojets/ }).click();
  await staff.page.getByRole('heading', { name: 'التواريخ والمدد' }).waitFor();
  await staff.picture('desk-call-ar');
  await staff.accessible();
  await amina.go('#/calls');
  await amina.page.getByRole('link', { name: /PRA\/OSIM : microprojets/ }).click();
  await amina.page.getByRole('heading', { name: 'التواريخ والمدد' }).waitFor();
  await amina.picture('phone-call-ar');
  await amina.accessible();
  for (const phone of [staff, amina, badr]) assert.deepEqual(phone.faults, []);
});
