// Signatures, QR codes, photos, and a phone that is handed round: each part alone on a page, under the app's own
// Content-Security-Policy. The camera is a film of codes; the reader is ours, since this browser has none.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { after, before } from 'node:test';

import { svelte } from '../../pwa/node_modules/@sveltejs/vite-plugin-svelte/src/index.js';
import { build } from '../../pwa/node_modules/vite/dist/node/index.js';
import { cameraArguments, writeFilm } from './camera.js';
import { closeContext, House, test } from './harness.js';

const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml', '.wasm': 'application/wasm' };
const BADGE = 'TIWIZI-7KQ4-M2X9';
const OTHER_BADGE = 'TIWIZI-1ABC-D3E4';
const CODE = '4938';

let house, folder, film, policy;

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tiwizi-capture-'));
  await build({
    configFile: false,
    root: new URL('../../pwa/test/capture/', import.meta.url).pathname,
    base: '/capture/',
    plugins: [svelte({ configFile: false })],
    logLevel: 'warn',
    build: { outDir: join(folder, 'page'), emptyOutDir: true, target: 'chrome109', assetsInlineLimit: 0 },
    worker: { format: 'es' },
  });
  film = join(folder, 'codes.y4m');
  writeFilm(film, [BADGE, null, OTHER_BADGE, null]);
  house = await House.open({ demo: false, browserArguments: cameraArguments(film) });
  policy = (await fetch(house.url)).headers.get('content-security-policy');
  assert.match(policy, /script-src 'self' 'wasm-unsafe-eval'/);
});

after(async () => {
  await house?.close();
  if (folder) rmSync(folder, { recursive: true, force: true });
});

async function show(part) {
  const phone = await house.phone({ serviceWorkers: 'block' });
  await phone.context.route(/\/capture\//, (route) => {
    const { pathname } = new URL(route.request().url());
    const name = pathname.slice('/capture/'.length) || 'index.html';
    const headers = { 'content-type': TYPES[extname(name)], 'content-security-policy': policy };
    return route.fulfill({ headers, body: readFileSync(join(folder, 'page', name)) });
  });
  await phone.page.goto(`${house.url}/capture/#${part}`);
  return phone;
}

const button = (phone, name) => phone.page.getByRole('button', { name });
const got = (phone) => phone.page.evaluate(() => window.got);
const gotInk = async (phone) => JSON.parse((await got(phone)).at(-1));

/** Draws along the box with the mouse; places are parts of its width and height. */
async function draw({ page }, places) {
  const box = await page.locator('canvas').boundingBox();
  const at = ([x, y]) => [box.x + x * box.width, box.y + y * box.height];
  await page.mouse.move(...at(places[0]));
  await page.mouse.down();
  for (const place of places.slice(1)) await page.mouse.move(...at(place), { steps: 10 });
  await page.mouse.up();
}

async function close(phone) {
  assert.deepEqual(phone.faults, []);
  await closeContext(phone.context);
}

test('a dot is no signature, a line is one, and it stays the same when the phone is turned', async () => {
  const phone = await show('pad');
  await phone.page.locator('canvas').click({ position: { x: 30, y: 30 } });
  await phone.page.getByText('Trop court').waitFor();
  assert.deepEqual(await got(phone), [null]);
  await draw(phone, [[0.2, 0.5], [0.5, 0.2], [0.8, 0.6]]);
  await phone.page.getByText('Signature prête').waitFor();
  const { strokes, ...box } = await gotInk(phone);
  assert.deepEqual(box, { ink: 1, width: 600, height: 200 });
  assert.equal(strokes.length, 2);
  assert.ok(strokes[1].length <= 10, 'the points of a straight line are two');
  await phone.accessible();

  await phone.page.setViewportSize({ width: 844, height: 390 });
  await draw(phone, [[0.1, 0.8], [0.9, 0.8]]);
  const turned = await gotInk(phone);
  assert.deepEqual(turned.strokes.slice(0, 2), strokes);
  const [x, y] = turned.strokes[2];
  assert.ok(Math.abs(x - 60) <= 3 && Math.abs(y - 160) <= 3, `${x}, ${y}`);
  // The picture of what is kept lies where it was drawn.
  const path = await phone.page.getByRole('img', { name: 'La signature gardée' }).locator('path').getAttribute('d');
  assert.ok(path.includes(`M${x} ${y}`));
  await button(phone, 'Effacer').click();
  assert.equal((await got(phone)).at(-1), null);
  await close(phone);
});

test('a finger draws too', async () => {
  const phone = await show('pad');
  const box = await phone.page.locator('canvas').boundingBox();
  const devtools = await phone.context.newCDPSession(phone.page);
  const touch = (type, ...touchPoints) => devtools.send('Input.dispatchTouchEvent', { type, touchPoints });
  await touch('touchStart', { x: box.x + 40, y: box.y + 60 });
  for (let n = 1; n <= 40; n += 1) await touch('touchMove', { x: box.x + 40 + 6 * n, y: box.y + 60 + 30 * Math.sin(n / 3) });
  await touch('touchEnd');
  await phone.page.getByText('Signature prête').waitFor();
  assert.ok((await gotInk(phone)).strokes[0].length > 20);
  await close(phone);
});

test('who cannot write makes a cross, by a button or by a key, and a signature takes its place', async () => {
  const phone = await show('pad');
  await button(phone, 'faire une croix').click();
  await phone.page.getByText('Une croix tient lieu').waitFor();
  const { strokes } = await gotInk(phone);
  assert.equal(strokes.length, 2);
  await draw(phone, [[0.2, 0.2], [0.6, 0.7]]);
  assert.equal((await gotInk(phone)).strokes.length, 1);
  await button(phone, 'Effacer').focus();
  await phone.page.keyboard.press('x');
  assert.deepEqual((await gotInk(phone)).strokes, strokes);
  await close(phone);
});

test('codes are read one after the other, each once, by a reader that comes from nowhere else', async () => {
  const phone = await show('qr');
  await phone.page.getByText(`Lu : ${BADGE}`).first().waitFor();
  await phone.page.getByText(`Lu : ${OTHER_BADGE}`).first().waitFor();
  assert.deepEqual((await got(phone)).slice(0, 2).sort(), [`camera ${OTHER_BADGE}`, `camera ${BADGE}`]);
  await phone.accessible();
  // The camera is given back when it is not needed.
  await phone.page.evaluate(() => (window.track = document.querySelector('video').srcObject.getTracks()[0]));
  await button(phone, 'Pause').click();
  await phone.page.getByText('L’appareil photo est arrêté').waitFor();
  assert.equal(await phone.page.evaluate(() => window.track.readyState), 'ended');
  await button(phone, 'Taper le code').click();
  await phone.page.getByLabel('Le code, en lettres').fill(' TYPED-1 ');
  await button(phone, 'Valider').click();
  await phone.page.getByText('Lu : TYPED-1').first().waitFor();
  assert.equal((await got(phone)).at(-1), 'typed TYPED-1');
  await close(phone);
});

test('a camera that is refused, missing or busy is explained, and the code can be typed', async () => {
  const words = { NotAllowedError: 'n’a pas le droit', NotFoundError: 'Pas d’appareil photo', NotReadableError: 'déjà utilisé' };
  const phone = await show('photo');
  for (const [name, text] of Object.entries(words)) {
    await phone.page.addInitScript((name) => {
      navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('', name));
    }, name);
    await phone.page.goto(`${house.url}/capture/?${name}#qr`);
    await phone.page.getByRole('alert').getByText(text).waitFor();
    await phone.page.getByLabel('Le code, en lettres').waitFor();
    await phone.accessible();
  }
  await close(phone);
});

test('a photo is shown, and can be taken away again', async () => {
  const phone = await show('photo');
  const icon = new URL('../../pwa/public/icon-192.png', import.meta.url).pathname;
  await phone.page.locator('input[capture]').setInputFiles(icon);
  await phone.page.getByRole('img', { name: 'La photo' }).waitFor();
  await phone.accessible();
  await button(phone, 'Retirer la photo').click();
  assert.deepEqual(await got(phone), ['icon-192.png', null]);
  await close(phone);
});

test('a phone that is handed round goes from one to the next, and leads nowhere else without the code', async () => {
  const phone = await show('kiosk');
  const { page } = phone;
  const step = (heading) => page.getByRole('heading', { level: 1, name: heading });
  await page.clock.install();
  await page.getByLabel('Un code pour reprendre').fill('1234');
  await button(phone, 'Faire passer').click();
  await page.getByText('se devine trop vite').waitFor();
  await page.getByLabel('Un code pour reprendre').fill(CODE);
  await page.getByLabel('Le même code').fill(CODE);
  await button(phone, 'Faire passer').click();
  await step('Signez votre présence').waitFor();
  const kept = await page.evaluate(() => sessionStorage.getItem('tiwizi-kiosk'));
  assert.ok(!kept.includes(CODE));

  await page.evaluate(() => (location.hash = '#photo'));
  await page.goBack();
  assert.equal(await page.evaluate(() => location.hash), '#kiosk');
  await page.reload();
  await button(phone, 'Signer ma présence').click();
  await step('Touchez votre nom').waitFor();
  assert.equal(await page.evaluate(() => document.activeElement.textContent), 'Touchez votre nom');
  await button(phone, 'Zahra').click();
  await draw(phone, [[0.2, 0.5], [0.5, 0.2], [0.8, 0.6]]);
  await phone.accessible();
  await button(phone, 'C’est signé').click();
  await step('Merci').waitFor();
  await page.clock.runFor(3_100);
  await step('Touchez votre nom').waitFor();

  // In Arabic, and then put down: a minute later neither name nor signature is on it, and it speaks French again.
  await page.getByRole('radio', { name: 'العربية' }).check();
  assert.equal(await page.evaluate(() => document.dir), 'rtl');
  await button(phone, 'Brahim').click();
  await draw(phone, [[0.2, 0.5], [0.5, 0.2], [0.8, 0.6]]);
  await phone.accessible();
  await page.clock.runFor(61_000);
  await step('Signez votre présence').waitFor();
  assert.equal(await page.locator('canvas').count(), 0);
  assert.ok(!(await page.locator('body').innerText()).includes('brahim'));

  await button(phone, 'Pour les bénévoles').click();
  for (const wrong of ['1111', '2222', '3333']) {
    await page.getByLabel('Le code').fill(wrong);
    await button(phone, 'Reprendre le téléphone').click();
    await page.getByText('Ce n’est pas le bon code').waitFor();
    await page.waitForFunction(() => document.querySelector('dialog input').value === '' && !document.querySelector('dialog input').disabled);
  }
  await page.getByText('Trop de codes faux').waitFor();
  assert.ok(await button(phone, 'Reprendre le téléphone').isDisabled());
  await page.clock.runFor(6_000);
  await page.getByLabel('Le code').fill(CODE);
  await button(phone, 'Reprendre le téléphone').click();
  await step('Kiosk').waitFor();
  assert.deepEqual(await got(phone), ['zahra', 'left']);
  assert.equal(await page.evaluate(() => sessionStorage.getItem('tiwizi-kiosk')), null);
  await close(phone);
});
