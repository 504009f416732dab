// The inbox: fifty mixed questions settled by keyboard alone; two who settle one apart; a volunteer who settles one without a network.
import assert from 'node:assert/strict';
import { after, before } from 'node:test';

import { DESK, House, api, tiwizi, test } from './harness.js';
import { WirePhone, documentId, rowId } from './wire.js';

let house, admin, latifa, salma, driss, badr;
let event, dossier, slot;

const invite = (role) => tiwizi('invite', '--role', role, '--data', house.folder).match(/#\/join\/(\S+)/)[1];

before(async () => {
  house = await House.open();
  admin = await house.phone({ viewport: DESK });
  await admin.enroll(invite('admin'), 'Amina Idrissi');
  latifa = await house.phone();
  await latifa.enroll(house.volunteerCode);
  salma = await WirePhone.enroll(house, invite('staff'), 'Salma Ait');
  driss = await WirePhone.enroll(house, invite('staff'), 'Driss Amrani');
  await salma.sync();
  ({ dossier } = salma.view({ view: 'dossiers' }).dossiers.find(({ title }) => /Un réseau d’eau/.test(title)));
  await prepare();
});

after(() => house?.close());

/** What both hold before they part. */
const rows = {};
async function prepare() {
  event = documentId();
  slot = rowId();
  const { people } = salma.view({ view: 'directory' });
  rows.people = people.slice(0, 14).map(({ person }) => person);
  const slots = [{ slot, day: '2026-11-20', starts: '09:00', ends: '12:30' }];
  salma.edit({ do: 'create_event', event, fields: { title: 'Journée des cinquante' }, slots });
  rows.other = people[14].person;
  for (const person of [...rows.people, rows.other]) salma.edit({ do: 'add_to_roster', event, person });
  rows.lines = Array.from({ length: 8 }, (_, n) => ({ line: rowId(), label: `Poste ${n + 1}` }));
  for (const { line, label } of rows.lines) salma.edit({ do: 'add_line', dossier, line, side: 'expense', label });
  rows.activities = Array.from({ length: 6 }, (_, n) => ({ row: rowId(), label: `Activité ${n + 1}` }));
  for (const { row, label } of rows.activities) {
    salma.edit({ do: 'add_row', document: dossier, table: 'activity', row, fields: { label } });
  }
  const shown = salma.view({ view: 'dossier', dossier });
  const after = ['Les femmes marchent.', 'Le puits est loin.', 'La pompe est vieille.', 'Le village attend.'].join('\n');
  salma.edit({ do: 'edit_section', dossier, section: 'apart', version: shown.version, before: '', after });
  await salma.sync();
  await driss.sync();
}

/** Fifty things that two people do without knowing of each other. */
function apart(phone, mine) {
  const say = (one, other) => (mine ? one : other);
  const set = (document, field, one, other, row = null) =>
    phone.edit({ do: 'set_field', document, row, field, value: say(one, other) });
  // 14 marks, 3 numbers, 4 fields of the event.
  for (const person of rows.people) {
    const status = say('present', 'absent');
    phone.edit({ do: 'check_in', event, slot, person, mark: rowId(), status, minutes: null, how: 'tap' });
  }
  for (const sex of ['f', 'h', 'other']) phone.edit({ do: 'set_headcount', event, slot, sex, age_band: '', people: say(12, 15) });
  set(event, 'place', 'Salle des fêtes', 'Foyer rural');
  set(event, 'commune', 'Tiznit', 'Taroudant');
  set(event, 'title', 'Journée des cinquante à Tiznit', 'Journée des cinquante à Taroudant');
  set(event, 'capacity', 140, 160);
  // 5 fields of the dossier, 4 lines removed and changed, 4 costs, 3 rows removed and changed, 3 months.
  set(dossier, 'territory', 'Tiznit', 'Agadir');
  set(dossier, 'start_day', '2027-01-04', '2027-02-01');
  set(dossier, 'duration_months', 12, 18);
  set(dossier, 'coordinator', 'Salma Ait', 'Driss Amrani');
  set(dossier, 'grant_cents', 1_000_000, 1_200_000);
  for (const { line } of rows.lines.slice(0, 4)) {
    if (mine) phone.edit({ do: 'set_line_state', dossier, line, keep: false });
    else set(dossier, 'quantity', 2, 2, line);
  }
  for (const { line } of rows.lines.slice(4)) set(dossier, 'unit_cents', 1_500, 1_700, line);
  for (const { row } of rows.activities.slice(0, 3)) {
    if (mine) phone.edit({ do: 'keep_row', document: dossier, row, keep: false });
    else set(dossier, 'responsible', 'Driss', 'Driss', row);
  }
  for (const { row } of rows.activities.slice(3)) set(dossier, 'month_from', 2, 3, row);
  // 4 paragraphs, 2 sections begun apart.
  for (const [salmas, drisss] of [
    ['femmes', 'Les'],
    ['puits', 'Le puits'],
    ['pompe', 'La pompe'],
    ['village', 'Le village'],
  ]) {
    const { version, sections } = phone.view({ view: 'dossier', dossier });
    const { text } = sections.find(({ about }) => about.key === 'apart');
    const after = mine ? text.replace(`${salmas} `, `${salmas} du haut `) : text.replace(`${drisss} `, `Aujourd’hui, ${drisss.toLowerCase()} `);
    phone.edit({ do: 'edit_section', dossier, section: 'apart', version, before: text, after });
  }
  for (const section of ['begun_one', 'begun_two']) {
    const { version } = phone.view({ view: 'dossier', dossier });
    phone.edit({ do: 'edit_section', dossier, section, version, before: '', after: say('Écrit par Salma.', 'Écrit par Driss.') });
  }
  // 4 people whom both met, under names that sound alike.
  for (const [given, family] of [
    ['Tifawt', 'Azergui'],
    ['Yuba', 'Oulhaj'],
    ['Tanirt', 'Bouzekri'],
    ['Ayyur', 'Ziyad'],
  ]) {
    const new_ = { given, family, name_ar: '', sex: '', age_band: '', commune: '', commune_code: '', association: null, photo_consent: false, messages_consent: false };
    phone.edit({ do: 'create_person', person: documentId(), new: new_, notice_read: true });
  }
}

/** An entry of a volunteer from whom the event was taken, and a list of which a row was not taken: no document holds them. */
async function aside() {
  badr = await WirePhone.enroll(house, invite('volunteer'), 'Badr Ouhmane');
  const give = async (document, given) => {
    const { status } = await api(admin, 'POST', `/api/accounts/${badr.account.id}/assign`, { document, given });
    assert.equal(status, 204);
  };
  await give(event, true);
  await badr.sync();
  await give(event, false);
  badr.edit({ do: 'check_in', event, slot, person: rows.other, mark: rowId(), status: 'present', minutes: null, how: 'tap' });
  await badr.sync();
  const file = Buffer.from('Nom;Prénom;Téléphone\n;;+33600000000\n').toString('base64');
  const taken = await api(admin, 'POST', '/api/imports', { name: 'vide.csv', kind: 'person', file });
  assert.deepEqual([taken.status, taken.body.refused], [200, 1]);
}

async function left(count) {
  await admin.page.getByRole('radio', { name: `À décider (${count})` }).waitFor();
}

const press = (key) => admin.page.keyboard.press(key);
const heading = () => admin.page.locator('.detail h2').first().textContent();

test('fifty mixed questions are settled by keyboard alone', async () => {
  apart(salma, true);
  apart(driss, false);
  await salma.sync();
  await driss.sync();
  await salma.sync();
  await aside();
  await admin.go('#/questions');
  const all = salma.view({ view: 'questions' });
  const kinds = new Set(all.questions.map(({ question }) => question.ask));
  assert.ok(kinds.size >= 7, [...kinds].join(' '));
  const waiting = all.to_decide + 2;
  await left(waiting);
  assert.ok(all.to_decide >= 50, `${all.to_decide} questions`);
  // Each says who said what on which phone, and when the server heard of it.
  await admin.page.locator('.rows').getByRole('button', { name: /Comment pointer/ }).first().click();
  await admin.picture('desk-inbox-fr');
  await admin.page.setViewportSize({ width: 1024, height: 768 });
  await admin.picture('desk-inbox-narrow-fr');
  await admin.page.setViewportSize(DESK);
  await admin.page.locator('.detail').getByText(/Téléphone de Salma Ait.*reçu/).first().waitFor();
  await admin.accessible();
  await press('?');
  await admin.page.getByRole('dialog', { name: 'Touches' }).waitFor();
  await press('Escape');

  // Down and up again; the same one is open.
  const first = await heading();
  await press('j');
  await press('j');
  await press('k');
  await press('k');
  assert.equal(await heading(), first);

  // One is settled with a reason, and taken back as easily.
  await press('2');
  await press('Enter');
  await left(waiting - 1);
  await admin.page.getByText('C’est noté. Les autres réponses restent dans l’historique.').first().waitFor();
  await press('u');
  await left(waiting);

  for (let count = waiting; count > 0; count -= 1) {
    if (count % 3 === 0) await press('2');
    await press('Enter');
    if (count > 1) await left(count - 1);
  }
  await admin.page.getByText('Rien à vérifier').waitFor();
  await admin.picture('desk-inbox-none-fr');
});

test('the history tells how each was settled, and the phones ask no more', async () => {
  await admin.level();
  await driss.sync();
  const view = driss.view({ view: 'questions' });
  assert.equal(view.to_decide, 0, view.questions.map(({ id }) => id).join(' '));
  assert.ok(view.settled.length >= 50);
  await admin.go(`#/record/${event}`);
  await admin.page.getByText(/A décidé.*Lieu.*→/).first().waitFor();
  await latifa.level();
  assert.equal(await latifa.page.getByRole('link', { name: /À vérifier/ }).count(), 0);
});

test('two who settle the same one apart are asked again, with both decisions', async () => {
  const place = (phone, value) => phone.edit({ do: 'set_field', document: event, row: null, field: 'place', value });
  place(salma, 'Salle A');
  place(driss, 'Salle B');
  await salma.sync();
  await driss.sync();
  await admin.go('#/questions');
  await left(1);
  await driss.sync();
  await admin.network(false);
  const asked = 'field/place';
  const answer = { do: 'set_field', document: event, row: null, field: 'place', value: 'Salle B' };
  driss.edit({ do: 'settle', document: event, asked, decision: rowId(), answer, reason: 'J’y étais' });
  await driss.sync();
  const other = (await admin.page.locator('.choice').first().textContent()).includes('Salle A') ? '1' : '2';
  await press(other);
  await press('Enter');
  await admin.page.getByText('Rien à vérifier').waitFor();
  await admin.network(true);
  await admin.level();
  await admin.go('#/questions');
  await left(1);
  await admin.page.getByText('Décisions prises sans se voir, ou reprises').waitFor();
  await admin.page.getByText('J’y étais').waitFor();
  await admin.picture('desk-inbox-again-fr');
  await admin.page.getByRole('button', { name: /Garder.*Salle B/ }).click();
  await admin.page.getByText('Rien à vérifier').waitFor();
  // What was decided is listed, and taken back from there too.
  await admin.page.locator('label').filter({ hasText: 'Décidées' }).click();
  await admin.page.getByRole('button', { name: /Reprendre la décision.*Lieu/ }).first().click();
  await admin.page.locator('label').filter({ hasText: 'À décider (1)' }).click();
  await admin.page.getByRole('button', { name: /Garder.*Salle A/ }).click();
  await admin.page.getByText('Rien à vérifier').waitFor();
});

test('several are decided at once after they were shown, and taken back at once', async () => {
  const months = (phone, value, at_ms) => {
    for (const { row } of rows.activities.slice(3)) phone.edit({ do: 'set_field', document: dossier, row, field: 'month_to', value }, at_ms);
  };
  await driss.sync();
  await salma.sync();
  // By their clocks, which count whole seconds: Driss is the later one.
  months(salma, 7, Date.now() - 60_000);
  months(driss, 8, Date.now());
  await salma.sync();
  await driss.sync();
  await left(3);
  await press('b');
  const dialog = admin.page.getByRole('dialog', { name: 'Décider pour plusieurs' });
  await dialog.getByText(/au lieu de.*7/).nth(2).waitFor();
  await admin.picture('desk-inbox-bulk-fr');
  await dialog.getByRole('button', { name: 'Décider pour ces 3 questions' }).click();
  await admin.page.getByText('Rien à vérifier').waitFor();
  await admin.page.getByRole('button', { name: 'Reprendre les 3 décisions' }).click();
  await left(3);
  await press('a');
  await admin.page.getByRole('dialog').getByRole('button', { name: 'Salma Ait' }).click();
  await admin.page.getByText(/S’en occupe.*Salma Ait/).waitFor();
});

test('a volunteer answers what is theirs on the phone, without a network', async () => {
  await admin.level();
  await latifa.level();
  const entry = latifa.page.getByRole('link', { name: /À vérifier/ });
  await entry.waitFor();
  await latifa.network(false);
  await entry.click();
  await latifa.picture('phone-inbox-fr');
  await latifa.accessible();
  await latifa.page.locator('.rows button').first().click();
  await latifa.page.getByRole('heading', { name: /quelle est la bonne réponse/ }).waitFor();
  await latifa.picture('phone-inbox-question-fr');
  await latifa.accessible();
  await latifa.page.getByLabel('Une remarque').fill('Vu avec l’équipe');
  await latifa.page.getByRole('button', { name: /^Garder/ }).first().click();
  await latifa.page.getByText('À décider (2)').waitFor();
  await latifa.network(true);
  await latifa.level();
  await admin.go('#/questions');
  await left(2);
  assert.deepEqual([...admin.faults, ...latifa.faults], []);
});

test('in Arabic the inbox reads from right to left, and its keys are the same', async () => {
  for (const [phone, name] of [
    [admin, 'desk-inbox-ar'],
    [latifa, 'phone-inbox-ar'],
  ]) {
    await phone.go('#/sync');
    await phone.page.getByRole('radio', { name: 'العربية' }).check();
    await phone.go('#/questions');
    await phone.page.locator('.rows button').first().waitFor();
    await phone.picture(name);
    await phone.accessible();
  }
  await press('j');
  await press('Enter');
  await admin.page.getByRole('radio', { name: /\(1\)|\(١\)/ }).first().waitFor();
  assert.deepEqual([...admin.faults, ...latifa.faults], []);
});
