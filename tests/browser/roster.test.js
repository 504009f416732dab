// A thousand people are expected: on a slow phone the roster scrolls from the first to the last, draws few rows at a time, and finds
// one person among all.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before } from 'node:test';

import { House, tiwizi, test } from './harness.js';

const EXPECTED = 1_000;
/** Rows that the page may have at once: two screens and a half of the lowest, and some. */
const DRAWN_MAX = 60;
/** DevTools' figure for a cheap phone. */
const SLOWNESS = 6;
const ONE = { given: 'Tifaouine', family: 'Ouchaïb', arabic: 'تيفاوين أوشعيب' };

const GIVEN = ['Amina', 'Brahim', 'Fatima', 'Hassan', 'Jamila', 'Khalid', 'Malika', 'Noureddine', 'Rachid', 'Zineb'];
const MARRIED = ['Agourram', 'Berrada', 'Chraibi', 'Daoudi', 'Fassi', 'Ghazi', 'Hammoudi', 'Kabbaj', 'Lahlou', 'Slaoui'];
const FAMILIES = ['Amzil', 'Bouhaddou', 'Cherkaoui', 'Idrissi', 'Mansouri', 'Oufkir', 'Naciri', 'Tazi', 'Yacoubi', 'Zeroual'];

let folder, house, phone, event;

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tiwizi-roster-'));
  const [, code] = tiwizi('invite', '--role', 'coordination', '--name', 'Salma', '--data', folder).match(/#\/join\/(\S+)/);
  house = await House.open({ folder });
  phone = await house.phone();
  await phone.enroll(code);
});

after(async () => {
  await house?.close();
  if (folder) rmSync(folder, { recursive: true, force: true });
});

const search = () => phone.page.getByLabel('Chercher un nom');
const rows = () => phone.page.locator('li[data-key]');

async function slow(rate) {
  const devtools = await phone.context.newCDPSession(phone.page);
  await devtools.send('Emulation.setCPUThrottlingRate', { rate });
}

/**
 * Scrolls half a screen at a time, until nothing moves any more, and notes which rows stood on the screen and how many the page
 * had at once. Runs in the page.
 */
async function scrolled(by) {
  const FRAMES_MAX = 4_000;
  const STILL = 30;
  const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
  const list = document.querySelector('li[data-key]').parentElement;
  const seen = new Set();
  let drawn = 0;
  let frames = 0;
  /** Nothing but rows from the bars to the bars, as far as the list reaches. */
  const isWhole = () => {
    const { top, bottom } = list.getBoundingClientRect();
    const [from, to] = [Math.max(top, 200) + 4, Math.min(bottom, innerHeight - 80) - 4];
    if (to <= from) return true;
    return [from, (from + to) / 2, to].every((y) => document.elementsFromPoint(innerWidth / 2, y).some((node) => node.closest('li[data-key]')));
  };
  const note = () => {
    const now = [...document.querySelectorAll('li[data-key]')];
    drawn = Math.max(drawn, now.length);
    for (const row of now) {
      const { top, bottom } = row.getBoundingClientRect();
      if (bottom > 0 && top < innerHeight) seen.add(Number(row.ariaPosInSet));
    }
  };
  note();
  // Rows are measured a moment after they were drawn, and then the page may have become longer.
  for (let still = 0; still < STILL && frames < FRAMES_MAX; ) {
    const before = scrollY;
    scrollBy(0, by * innerHeight);
    do {
      await frame();
      frames += 1;
    } while (!isWhole() && frames < FRAMES_MAX);
    note();
    still = scrollY === before ? still + 1 : 0;
  }
  return { seen: [...seen].sort((a, b) => a - b), drawn, frames: frames < FRAMES_MAX };
}

test('a thousand people are taken in from a list', async () => {
  await phone.page.getByRole('link', { name: 'Nouvel événement' }).click();
  await phone.page.getByLabel('Titre de l’événement').fill('Assemblée des associations');
  await phone.page.getByRole('button', { name: 'Créer l’événement' }).click();
  await phone.page.waitForURL(/#\/event\/[^/]+$/);
  event = phone.page.url().match(/#\/event\/([^/]+)/)[1];
  await phone.level();
  const people = Array.from({ length: EXPECTED - 1 }, (_, n) => {
    const family = FAMILIES[Math.floor(n / GIVEN.length) % FAMILIES.length];
    return `${family}-${MARRIED[Math.floor(n / 100)]};${GIVEN[n % GIVEN.length]};`;
  });
  people.splice(640, 0, `${ONE.family};${ONE.given};${ONE.arabic}`);
  const list = join(folder, 'liste.csv');
  writeFileSync(list, ['Nom;Prénom;Nom en arabe', ...people, ''].join('\n'));
  tiwizi('import', 'participants', list, '--event', event, '--data', folder);
  await phone.go(`#/event/${event}`);
  await phone.page.getByText(/sur 1.000,/).waitFor();
  assert.equal(await rows().first().getAttribute('aria-setsize'), `${EXPECTED}`);
});

test('on a slow phone every row is reached, down and up again, and few are drawn at once', async () => {
  await slow(SLOWNESS);
  const all = Array.from({ length: EXPECTED }, (_, n) => n + 1);
  for (const by of [0.5, -0.5]) {
    const { seen, drawn, frames } = await phone.page.evaluate(scrolled, by);
    assert.ok(frames, 'there was always a row where one belongs');
    assert.deepEqual(all.filter((n) => !seen.includes(n)), []);
    assert.ok(drawn <= DRAWN_MAX, `${drawn} rows at once`);
  }
});

test('the last of a thousand is checked in where the thumb has come to', async () => {
  await phone.page.evaluate(scrolled, 0.5);
  const last = rows().last();
  assert.equal(await last.getAttribute('aria-posinset'), `${EXPECTED}`);
  const before = await phone.page.evaluate(() => scrollY);
  await last.getByRole('button', { name: /toucher pour pointer/ }).click();
  await last.getByRole('button', { name: /Présent/ }).waitFor();
  assert.ok(Math.abs((await phone.page.evaluate(() => scrollY)) - before) < 200, 'the list stays where it was');
});

test('one among a thousand is found by any part of the name, in either script, also without accents', async () => {
  const found = phone.page.getByText('1 personne trouvée');
  for (const query of ['tifaouine', 'OUCHAIB', 'ouch tifa', 'تيفاوين', 'اوشعيب']) {
    await search().fill(query);
    await phone.page.getByRole('button', { name: new RegExp(`^${ONE.given} ${ONE.family}`, 'i') }).first().waitFor();
    await found.waitFor({ state: 'attached' });
    assert.equal(await rows().count(), 1, query);
  }
  // Typed letter by letter, as at a door: each letter narrows.
  await search().fill('');
  await search().pressSequentially('fatima tazi-ham');
  await phone.page.getByRole('button', { name: /^Fatima Tazi-Hammoudi/i }).first().waitFor();
  await found.waitFor({ state: 'attached' });
  await phone.picture('roster-thousand-fr');
  await search().fill('');
  await phone.page.getByText(/sur 1.000,/).waitFor();
  await phone.accessible();
});

test('whoever is written down without a network, in another spelling, and is known is taken by one tap', async () => {
  const { page } = phone;
  await phone.network(false);
  await phone.go(`#/event/${event}/walk-in`);
  const arabic = page.getByLabel(/Nom en arabe/);
  await page.getByLabel('Prénom').fill('Tifawin');
  // How far below the first field: the page itself may scroll to where one types.
  const below = async () => (await arabic.boundingBox()).y - (await page.getByLabel('Prénom').boundingBox()).y;
  const place = await below();
  await page.getByLabel('Nom de famille').fill('OUCHAIB');
  await page.getByLabel('Téléphone (facultatif)').fill('+33 6 12 34 56 78');
  const known = page.getByRole('button', { name: new RegExp(`^${ONE.given} ${ONE.family}.*(pareil|proche)`, 'i') });
  await known.waitFor();
  // Its place was kept free: nothing moved under a thumb that was on its way.
  assert.equal(await below(), place);
  // In Arabic letters alone it is the same person.
  await page.getByLabel('Prénom').fill('');
  await page.getByLabel('Nom de famille').fill('');
  await arabic.fill('تيفاوين اوشعيب');
  const same = page.getByRole('button', { name: new RegExp(`^${ONE.given} ${ONE.family}.*même nom`, 'i') });
  await same.waitFor();
  await phone.picture('walk-in-known-fr');
  await phone.accessible();
  await same.click();
  await page.getByText(/Tifaouine.*Présent/).first().waitFor();
  // Nobody was added; what was typed is at hand should it have been somebody else.
  await page.getByText(/sur 1.000,/).waitFor();
  await phone.go(`#/event/${event}/walk-in`);
  await page.getByRole('button', { name: /Reprendre la saisie de/ }).click();
  assert.equal(await arabic.inputValue(), 'تيفاوين اوشعيب');
  await phone.network(true);
});

test('no page reported a fault', () => {
  assert.deepEqual(phone.faults, []);
});
