// Forgetting in a real browser: a person is answered, then erased; a name typed into a dossier goes with its history. Looked for in the
// server's file and in what two phones keep, decrypted with their own keys.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before } from 'node:test';

import { DESK, House, tiwizi, test } from './harness.js';

const GIVEN = 'Zahraouanne';
const FAMILY = 'Ouqqaidine';
const NUMBER = '612987654';
/** A phone forgets in the background; what it still keeps then, it keeps. */
const FORGETS_MS_MAX = 15_000;
/** As they stand in documents and views, and folded for search. */
const WORDS = [GIVEN, FAMILY, FAMILY.toUpperCase(), GIVEN.toLowerCase(), FAMILY.toLowerCase(), NUMBER];

let house, staff, phone, other;
let event, person, dossier;

before(async () => {
  house = await House.open();
  staff = await house.phone({ viewport: DESK });
  await staff.withAuthenticator();
  await staff.enroll(house.staffCode);
  await staff.addPasskey();
  // Two that need no lock: what they keep opens with what lies beside it.
  phone = await house.phone();
  await phone.enroll(house.coordinatorCode);
  other = await house.phone();
  const printed = tiwizi('invite', '--role', 'coordinator', '--name', 'Tarik', '--data', house.folder);
  await other.enroll(/#\/join\/(\S+)/.exec(printed)[1]);
  event = await idAt(phone, '#/events', /Atelier d’écriture : de l’idée au dossier/, 'event');
  await registerWalkIn();
  await phone.level();
  [person] = exported('person', GIVEN);
  dossier = await idAt(staff, '#/dossiers', /Une classe préscolaire/, 'dossier');
});

after(() => house?.close());

async function idAt(one, list, link, screen) {
  await one.go(list);
  await one.page.getByRole('link', { name: link }).first().click();
  await one.page.waitForURL(new RegExp(`#/${screen}/`));
  return one.page.url().split('/').pop();
}

async function registerWalkIn() {
  const { page } = phone;
  await page.getByLabel('Chercher un nom').fill(`${GIVEN} ${FAMILY}`);
  await page.getByRole('link', { name: /Inscrire/ }).or(page.getByRole('button', { name: /Inscrire/ })).first().click();
  await page.getByLabel('Prénom').fill(GIVEN);
  await page.getByLabel('Nom de famille').fill(FAMILY);
  await page.getByLabel(/Téléphone/).first().fill(`+212 ${NUMBER}`);
  await page.getByLabel(/Lu à voix haute/).check();
  await page.getByRole('button', { name: 'Inscrire et pointer présent' }).click();
  await page.getByText(new RegExp(`${GIVEN} ${FAMILY}.*inscription enregistrée`)).waitFor();
}

/** The ids of the documents in which a word stands, from the server's own export. */
function exported(kind, word) {
  const folder = mkdtempSync(join(tmpdir(), 'tiwizi-export-'));
  tiwizi('export', folder, '--data', house.folder);
  const found = [];
  for (const file of readdirSync(join(folder, kind)).filter((file) => file.endsWith('.json'))) {
    if (readFileSync(join(folder, kind, file), 'utf8').includes(word)) found.push(file.replace('.json', ''));
  }
  rmSync(folder, { recursive: true });
  return found;
}

/** Everything that a phone without a lock keeps, decrypted, as one text: its key cannot be read out, and opens it in the page. */
async function kept(one) {
  return one.page.evaluate(async () => {
    const latin1 = (bytes) => Array.from(bytes, (byte) => String.fromCharCode(byte)).join('');
    const opened = (request) =>
      new Promise((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error);
      });
    let all = '';
    for (const { name } of await indexedDB.databases()) {
      const db = await opened(indexedDB.open(name));
      const stores = [...db.objectStoreNames];
      const keys = [];
      const values = [];
      for (const store of stores) {
        const tx = db.transaction(store).objectStore(store);
        const [names, found] = [await opened(tx.getAllKeys()), await opened(tx.getAll())];
        found.forEach((value, n) => {
          if (!(value instanceof CryptoKey)) values.push([`${store}/${names[n]}`, value]);
        });
        if (store !== 'key' || !names.includes('wrapping')) continue;
        const { device, wrapping } = Object.fromEntries(names.map((key, n) => [key, found[n]]));
        const additionalData = new TextEncoder().encode('data key/none');
        const how = { name: 'AES-GCM', iv: wrapping.sealed.subarray(0, 12), additionalData };
        const raw = wrapping.sealed.subarray(12);
        keys.push(await crypto.subtle.unwrapKey('raw', raw, device, how, { name: 'AES-GCM' }, false, ['decrypt']));
      }
      db.close();
      for (const [at, value] of values) {
        all += `\n${at} `;
        const sealed = value?.sealed ?? value;
        if (!(sealed instanceof Uint8Array)) {
          all += JSON.stringify(value);
          continue;
        }
        for (const key of keys) {
          for (const additionalData of [new TextEncoder().encode(at), undefined]) {
            const how = { name: 'AES-GCM', iv: sealed.subarray(0, 12), ...(additionalData && { additionalData }) };
            const plain = await crypto.subtle.decrypt(how, key, sealed.subarray(12)).catch(() => null);
            if (plain) all += latin1(new Uint8Array(plain));
          }
        }
      }
    }
    return all;
  });
}

const asLatin1 = (word) => Buffer.from(word, 'utf8').toString('latin1');

function files() {
  const all = readdirSync(house.folder).filter((file) => file.startsWith('tiwizi.sqlite'));
  return all.map((file) => readFileSync(join(house.folder, file)).toString('latin1')).join('\n');
}

async function exchanged(one) {
  await one.go('#/sync');
  await one.page.getByRole('button', { name: 'Échanger maintenant' }).click();
  await one.page.getByText('Tout est sur le serveur').waitFor();
}

/** Waits until no word is kept on a device any more: it forgets in the background. */
async function forgotten(one, words) {
  await exchanged(one);
  const until = Date.now() + FORGETS_MS_MAX;
  let found;
  do {
    const all = await kept(one);
    found = words.filter((word) => all.includes(asLatin1(word)));
  } while (found.length > 0 && Date.now() < until);
  assert.deepEqual(found, []);
}

test('a person is answered, then erased from the server and from both phones', async () => {
  const { page } = staff;
  await exchanged(staff);
  await staff.go(`#/record/${person}`);
  await page.getByRole('heading', { name: new RegExp(GIVEN) }).first().waitFor();
  await exchanged(other);
  for (const one of [other, phone]) assert.ok((await kept(one)).includes(GIVEN), 'it is kept before');
  assert.ok(files().includes(GIVEN));

  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Page à imprimer' }).click(),
  ]);
  const answer = readFileSync(await download.path(), 'utf8');
  for (const word of ['<html lang="fr">', GIVEN, FAMILY, NUMBER, 'Atelier d’écriture', 'Qui a consulté les coordonnées']) {
    assert.ok(answer.includes(word), word);
  }
  assert.equal(download.suggestedFilename(), 'donnees-personnelles.html');

  await page.getByRole('button', { name: 'Effacer cette personne' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByText('À garder : feuilles d’émargement').waitFor();
  await dialog.getByText('Ce qui part, ici et sur tous les téléphones').waitFor();
  await staff.accessible();
  await staff.picture('desktop-erase-person-fr');
  await dialog.getByRole('button', { name: 'Effacer définitivement' }).click();
  await page.getByText('La personne est effacée.').waitFor();

  await exchanged(staff);
  for (const one of [other, phone]) await forgotten(one, WORDS);
  const all = files();
  for (const word of WORDS) assert.ok(!all.includes(word), `${word} in the server's file`);
  assert.deepEqual(exported('person', GIVEN), []);
  await phone.go(`#/event/${event}`);
  await phone.page.getByText('présent').first().waitFor();
  assert.match(tiwizi('verify', '--data', house.folder), /Tout concorde/);
});

test('a name in a text goes with the history of its document', async () => {
  const { page } = staff;
  const text = (one) => one.page.getByRole('textbox', { name: /Objectifs/ });
  await staff.go(`#/dossier/${dossier}`);
  const before = await text(staff).inputValue();
  for (const value of [`Vu avec ${GIVEN}. ${before}`, before]) {
    await text(staff).fill(value);
    await text(staff).blur();
    await exchanged(staff);
    await staff.go(`#/dossier/${dossier}`);
    await text(staff).waitFor();
  }
  await staff.go(`#/record/${dossier}`);
  await page.getByRole('button', { name: 'Effacer aussi l’historique de ce document' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Effacer l’historique' }).click();
  await page.getByText('L’historique est effacé').waitFor();
  await page.getByText('A réécrit ce document sans son historique').first().waitFor();
  await exchanged(staff);
  for (const one of [other, phone]) await forgotten(one, [GIVEN]);
  assert.ok(!files().includes(GIVEN), 'in the server’s file');
  await phone.go(`#/dossier/${dossier}`);
  await text(phone).waitFor();
  assert.equal(await text(phone).inputValue(), before);
  assert.match(tiwizi('verify', '--data', house.folder), /Tout concorde/);
});

test('what has had its time is shown, in both directions of writing', async () => {
  await staff.go('#/retention');
  await staff.page.getByRole('heading', { name: 'Conservation', exact: true }).waitFor();
  await staff.page.getByText(/^Durée/).first().waitFor();
  await staff.accessible();
  await staff.picture('desktop-retention-fr');
  await staff.page.setViewportSize({ width: 390, height: 844 });
  await staff.go('#/sync');
  await staff.page.getByRole('radio', { name: 'العربية' }).evaluate((radio) => radio.click());
  await staff.go('#/retention');
  await staff.page.getByRole('heading', { name: 'مدة الحفظ', exact: true }).waitFor();
  await staff.page.getByText(/المدة:/).first().waitFor();
  await staff.accessible();
  await staff.picture('phone-retention-ar');
  const [someone] = exported('person', '"family"');
  await staff.go(`#/record/${someone}`);
  await staff.page.getByRole('button', { name: 'محو هذا الشخص' }).click();
  await staff.page.getByRole('dialog').getByText('ما سيُمحى', { exact: false }).waitFor();
  await staff.accessible();
  await staff.picture('phone-erase-person-ar');
  assert.deepEqual([...staff.faults, ...phone.faults, ...other.faults], []);
});
