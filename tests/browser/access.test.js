// Who gets in, on which device, and how they are put out again: staff confirmed by a code, a passkey, a lost phone, a session that ends,
// and a cookie that was copied.
import assert from 'node:assert/strict';
import { after, before } from 'node:test';

import { DESK, House, api, tiwizi, test } from './harness.js';

let house, admin, staff, amina;

before(async () => {
  house = await House.open();
  admin = await house.phone({ viewport: DESK });
  await admin.withAuthenticator();
  const printed = tiwizi('invite', '--role', 'admin', '--name', 'Nadia Direction', '--data', house.folder);
  await admin.enroll(/#\/join\/(\S+)/.exec(printed)[1]);
});

after(() => house?.close());

async function look(phone, name) {
  await phone.accessible();
  await phone.picture(name);
}

test('an administrator adds a passkey, without which nobody above volunteers is let in', async () => {
  await admin.go('#/access');
  const { status, body } = await api(admin, 'POST', '/api/invites', { role: 'staff' });
  assert.deepEqual([status, body.code], [403, 'factor.missing']);
  await admin.go('#/me');
  await admin.page.getByText(/Ajoutez-en une/).waitFor();
  await look(admin, 'desk-me-fr');
  await admin.addPasskey();
});

test('staff wait until both see the same code, and then go on by themselves', async () => {
  const { status, body } = await api(admin, 'POST', '/api/invites', { role: 'staff', name: 'Badr Équipe', language: 'fr' });
  assert.equal(status, 200);
  staff = await house.phone();
  await staff.withAuthenticator();
  await staff.page.goto(`${house.url}/#/join/${body.code}`);
  await staff.page.getByRole('button', { name: 'Entrer' }).click();
  await staff.setPin();
  await staff.page.getByRole('heading', { name: /faites-vous confirmer/ }).waitFor();
  const shown = staff.page.locator('.code strong');
  await shown.waitFor();
  const code = await shown.textContent();
  await look(staff, 'phone-waiting-fr');

  await admin.go('#/sync');
  await admin.page.getByRole('link', { name: /Comptes et appareils/ }).click();
  await admin.page.getByText(/Badr Équipe.*attend votre confirmation/).waitFor();
  await look(admin, 'desk-access-fr');
  await admin.page.getByRole('button', { name: 'Voir le code' }).click();
  await admin.page.getByRole('dialog').getByText(code).waitFor();
  await look(admin, 'desk-confirm-fr');
  await admin.page.getByRole('button', { name: /C’est le même code/ }).click();
  await staff.page.getByText('Aujourd’hui').first().waitFor();
});

test('an account is given a territory, and a phone that is lost is closed in three taps', async () => {
  const { body } = await api(admin, 'POST', '/api/invites', { role: 'volunteer', name: 'Amina Volontaire' });
  amina = await house.phone();
  await amina.page.goto(`${house.url}/#/join/${body.code}`);
  await amina.page.getByRole('button', { name: 'Entrer' }).click();
  await amina.page.getByRole('navigation').waitFor();
  await amina.level();
  await admin.go('#/sync');
  // Else the choice is made on the page that is just leaving.
  await admin.page.getByRole('button', { name: 'Échanger maintenant' }).waitFor();
  await admin.go('#/access');
  await admin.page.getByRole('radio', { name: 'Comptes' }).check({ force: true });
  await admin.page.getByRole('link', { name: /Amina Volontaire/ }).click();
  await admin.page.getByRole('button', { name: 'Confier ou reprendre' }).click();
  await admin.page.getByRole('dialog').getByLabel(/Chercher une région/).fill('Taroudan');
  await admin.page.getByRole('dialog').getByLabel(/Taroudan/).check();
  await look(admin, 'desk-territory-fr');
  await admin.page.getByRole('dialog').getByRole('button', { name: 'Enregistrer' }).click();
  await admin.page.getByRole('listitem').filter({ hasText: /Taroudan/ }).waitFor();
  await look(admin, 'desk-account-fr');

  await admin.go('#/sync');
  await admin.page.getByRole('link', { name: /Comptes et appareils/ }).click();
  await admin.page.getByRole('button', { name: /Amina Volontaire/ }).click();
  await admin.page.getByRole('dialog').getByText(/tout son travail était sur le serveur/).waitFor();
  await look(admin, 'desk-device-fr');
  await admin.page.getByRole('button', { name: 'C’est perdu : fermer l’accès' }).click();
  await admin.page.getByText(/est coupé/).first().waitFor();
});

test('a copied cookie opens nothing', async () => {
  const thief = await house.phone();
  await thief.context.addCookies(await staff.context.cookies());
  await thief.page.goto(house.url);
  await thief.page.getByRole('button', { name: 'Entrer' }).waitFor();
  const heard = await thief.page.evaluate(async () => {
    const codes = [];
    for (const path of ['/api/session', '/api/devices', '/api/accounts', '/api/pokes', '/api/passkeys']) {
      const reply = await fetch(path);
      codes.push(`${reply.status} ${(await reply.json()).code}`);
    }
    return codes;
  });
  assert.deepEqual(heard, Array(5).fill('401 proof.missing'));
});

test('a session ends, work goes on, and the passkey opens it again', async () => {
  await staff.go('#/me');
  await staff.page.getByRole('button', { name: 'Ajouter une clé' }).click();
  await staff.page.getByRole('button', { name: 'Continuer' }).click();
  await staff.page.getByText(/^Ajoutée/).waitFor();
  await house.stop();
  // Half a day later, and so is the clock of the phone behind the server's: it signs by the server's.
  await house.start({ ahead_hours: 13 });
  await staff.go('#/sync');
  await staff.page.getByRole('button', { name: 'Échanger maintenant' }).click();
  await staff.page.getByText('Votre session est terminée').waitFor();
  await look(staff, 'phone-session-fr');
  // What is done meanwhile is kept here, and told.
  await staff.go('#/events');
  await staff.page.getByRole('link', { name: /Atelier/ }).first().click();
  await staff.page.getByRole('button', { name: /toucher pour pointer/ }).first().click();
  await staff.page.getByRole('button', { name: /Présent/ }).first().waitFor();
  await staff.go('#/sync');
  await staff.page.getByText(/1 changement/).first().waitFor();
  assert.equal(await staff.page.getByText('Tout est sur le serveur').count(), 0);
  await staff.page.getByRole('button', { name: 'Rouvrir la session' }).click();
  await staff.page.getByText('Votre session est terminée').waitFor({ state: 'detached' });
  await staff.level();
});

test('the room is readable in Arabic, on a phone and on a desk', async () => {
  await staff.page.getByRole('radio', { name: 'العربية' }).check();
  await staff.page.waitForFunction(() => document.documentElement.dir === 'rtl');
  for (const screen of ['access', 'me']) {
    await staff.go(`#/${screen}`);
    await staff.page.getByRole('heading', { level: 1 }).waitFor();
    await staff.page.getByRole('listitem').first().waitFor();
    await look(staff, `phone-${screen}-ar`);
  }
  for (const phone of [admin, staff, amina]) assert.deepEqual(phone.faults, []);
});
