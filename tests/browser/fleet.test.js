// What administrators and coordinators see of phones and of other programs: a token that is made, used and taken back, news that reach
// another program, and tomorrow's event whose phone has not the list until it has.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { createServer } from 'node:http';
import { after, before } from 'node:test';

import { DESK, House, PHONE, api, tiwizi, test } from './harness.js';

const LAPTOP = { width: 1024, height: 768 };
const DAY_MS = 24 * 60 * 60 * 1000;

let house, admin, latifa, listener, token;
/** What the other program was told: headers and body. */
const heard = [];

/** Resolves once the other program was told of that. */
async function told(kind) {
  const end = Date.now() + 30_000;
  for (;;) {
    const found = heard.find(({ body }) => JSON.parse(body).kind === kind);
    if (found) return found;
    assert.ok(Date.now() < end, `nobody was told of ${kind}`);
    await new Promise((resolve) => (listener.onheard = resolve));
  }
}

async function ask(path, body) {
  const init = body && { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
  const reply = await fetch(`${house.url}/api/v1/${path}`, { ...init, headers: { ...init?.headers, authorization: `Bearer ${token}` } });
  return { status: reply.status, body: await reply.json() };
}

async function look(name) {
  await admin.accessible();
  await admin.picture(name);
}

before(async () => {
  house = await House.open({ words: ['--webhooks-anywhere'] });
  listener = createServer((request, response) => {
    let body = '';
    request.on('data', (piece) => (body += piece));
    request.on('end', () => {
      heard.push({ headers: request.headers, body });
      response.end();
      listener.onheard?.();
    });
  });
  await new Promise((resolve) => listener.listen(0, '127.0.0.1', resolve));
  admin = await house.phone({ viewport: DESK });
  await admin.withAuthenticator();
  const printed = tiwizi('invite', '--role', 'admin', '--name', 'Nadia Direction', '--data', house.folder);
  await admin.enroll(/#\/join\/(\S+)/.exec(printed)[1]);
  await admin.go('#/me');
  await admin.addPasskey();
});

after(async () => {
  await house?.close();
  listener?.close();
});

test('a program is let in by a token that is shown once', async () => {
  await admin.go('#/settings');
  await admin.page.getByRole('link', { name: /Autres programmes/ }).click();
  await admin.page.getByText('Aucun programme n’a de jeton.').waitFor();
  await admin.page.getByRole('button', { name: 'Nouveau jeton' }).click();
  await admin.page.getByLabel('Nom du programme').fill('Tableur du bureau');
  await admin.page.getByLabel('Lire les événements et qui y était').check();
  await admin.page.getByLabel('Écrire, comme le compte le pourrait').check();
  await look('desk-token-fr');
  await admin.page.getByRole('button', { name: 'Créer le jeton' }).click();
  token = await admin.page.locator('.secret code').textContent();
  await look('desk-token-made-fr');
  await admin.page.getByRole('button', { name: 'Terminé' }).click();
  await admin.page.getByText('jamais utilisé').waitFor();
  const { status, body } = await ask('events');
  assert.equal(status, 200);
  assert.ok(body.total > 0);
  assert.equal((await ask('dossiers')).body.code, 'token.scope');
});

test('another program is told of news, signed, and never what they are', async () => {
  await admin.page.getByRole('button', { name: 'Nouvelle adresse' }).click();
  await admin.page.getByLabel('Adresse à prévenir').fill(`http://127.0.0.1:${listener.address().port}/tiwizi`);
  await admin.page.getByRole('dialog').getByLabel('Événements').check();
  await admin.page.getByRole('button', { name: 'Ajouter l’adresse' }).click();
  const secret = await admin.page.locator('.secret code').textContent();
  await admin.page.getByRole('button', { name: 'Terminé' }).click();

  const tomorrow = new Date(Date.now() + DAY_MS).toLocaleDateString('sv', { timeZone: 'Europe/Paris' });
  const event = '01980000-0000-7000-8000-0000000000aa';
  const edits = [
    {
      do: 'create_event',
      event,
      fields: { title: 'Atelier de demain', place: 'Maison des associations' },
      slots: [{ slot: '00000000000000aa', day: tomorrow, starts: '09:00', ends: '12:30' }],
    },
  ];
  const { body } = await ask('edits', { key: 'demain', edits });
  assert.deepEqual(body.outcomes, [{ result: 'kept' }]);
  const message = await told('event');
  const [, at, hex] = /^t=(\d+),v1=(\w+)$/.exec(message.headers['tiwizi-signature']);
  const expected = createHmac('sha256', Buffer.from(secret, 'hex')).update(`${at}.${message.body}`).digest('hex');
  assert.equal(hex, expected);
  assert.deepEqual(JSON.parse(message.body).documents, [event]);
  assert.doesNotMatch(message.body, /Atelier/);

  await admin.go('#/settings');
  await admin.page.getByRole('heading', { name: 'Réglages de la maison' }).waitFor();
  await admin.go('#/programs');
  await admin.page.getByText('Derniers envois').click();
  await admin.page.getByText('Arrivé').waitFor();
  for (const [size, name] of [[DESK, 'desk'], [LAPTOP, 'laptop'], [PHONE, 'phone']]) {
    await admin.page.setViewportSize(size);
    await look(`${name}-programs-fr`);
  }
  await admin.page.setViewportSize(DESK);
});

test('tomorrow’s phone has not the list until it has', async () => {
  latifa = await house.phone();
  await latifa.enroll(house.volunteerCode);
  await latifa.level();
  await latifa.network(false);
  const accounts = (await api(admin, 'GET', '/api/accounts')).body;
  const { id } = accounts.find(({ name }) => name === 'Latifa');
  const event = '01980000-0000-7000-8000-0000000000aa';
  assert.equal((await api(admin, 'POST', `/api/accounts/${id}/assign`, { document: event, given: true })).status, 204);

  await admin.go('#/access');
  const card = () => admin.page.locator('.soon > *').filter({ hasText: 'Atelier de demain' });
  await card().getByText('ne l’a pas').waitFor();
  assert.match(await card().textContent(), /0 sur 1 ont la liste/);
  for (const [size, name] of [[DESK, 'desk'], [LAPTOP, 'laptop'], [PHONE, 'phone']]) {
    await admin.page.setViewportSize(size);
    await look(`${name}-fleet-fr`);
  }
  await admin.page.setViewportSize(DESK);

  await latifa.network(true);
  // Nothing of hers was unsent, so that her phone is level before it asks: what counts is that it has the event.
  await latifa.level();
  await latifa.go('#/');
  await latifa.page.getByText('Atelier de demain').first().waitFor();
  await admin.go('#/settings');
  await admin.go('#/access');
  await card().getByText('Le téléphone a la liste').waitFor();
});

test('the same in Arabic, and a token that was taken back opens nothing', async () => {
  await admin.go('#/programs');
  await admin.page.getByRole('button', { name: /Retirer le jeton de/ }).click();
  await admin.page.getByText('Retiré').waitFor();
  const { status, body } = await ask('events');
  assert.deepEqual([status, body.code], [401, 'token.wrong']);

  await admin.go('#/sync');
  await admin.page.getByRole('radio', { name: 'العربية' }).check();
  await admin.page.locator('html[dir="rtl"]').waitFor();
  for (const screen of ['programs', 'access']) {
    await admin.go(`#/${screen}`);
    await admin.page.locator(screen === 'access' ? '.soon' : '#tokens').waitFor();
    await look(`desk-${screen === 'access' ? 'fleet' : 'programs'}-ar`);
    await admin.page.setViewportSize(PHONE);
    await look(`phone-${screen === 'access' ? 'fleet' : 'programs'}-ar`);
    await admin.page.setViewportSize(DESK);
  }
  assert.deepEqual(admin.faults, []);
});
