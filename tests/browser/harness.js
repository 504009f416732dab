// A real server on a free port of this machine, and phones that use it. Everything ends with `close`.
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test as bare } from 'node:test';

import axe from 'axe-core';
import { chromium } from 'playwright-core';

const program = process.env.TIWIZI;
export const artefacts = new URL('../../artefacts/', import.meta.url).pathname;

export const PHONE = { width: 390, height: 844 };
export const DESK = { width: 1440, height: 900 };
/** What opens the phones of these tests that have a lock. */
export const PIN = '493817';

/** A test that hangs is a test that fails, by its own name. The longest takes half a minute. */
export const test = (name, run) => bare(name, { timeout: 150_000 }, run);

/** Runs the binary to its end and returns what it printed. */
export function tiwizi(...words) {
  const run = spawnSync(program, words, { encoding: 'utf8' });
  if (run.status !== 0) throw new Error(`tiwizi ${words.join(' ')}: ${run.stderr}`);
  return run.stdout;
}

/** A server with the demonstration data, or with those of a folder. */
export class House {
  /**
   * @param {{ demo?: boolean, folder?: string, browserArguments?: string[], words?: string[] }} options `browserArguments`: see
   * camera.js; `words`: how the server is started beside the usual.
   */
  static async open({ demo = true, folder, browserArguments = [], words = [] } = {}) {
    const house = new House();
    house.words = words;
    house.folder = folder ?? mkdtempSync(join(tmpdir(), 'tiwizi-'));
    const printed = demo && !folder ? tiwizi('demo', '--data', house.folder) : '';
    const codes = [...printed.matchAll(/#\/join\/(\S+)/g)].map((match) => match[1]);
    [house.staffCode, house.coordinatorCode, house.volunteerCode] = codes;
    house.port = 0;
    await house.start();
    house.browser = await House.launch(browserArguments);
    return house;
  }

  /** Another browser. Whoever asks for it closes it. */
  static launch(browserArguments = []) {
    const args = [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      ...browserArguments,
    ];
    const launch = () => chromium.launch({ executablePath: process.env.CHROMIUM, args });
    // Chromium 148 was seen to die of its own start (SIGSEGV), before there is any page of ours: that says nothing of the app.
    return launch().catch(launch);
  }

  /** Starts the server, at the same port as before. `ahead_hours`: its clock, against that of the phones. */
  async start({ ahead_hours = 0 } = {}) {
    this.server = spawn(
      program,
      ['serve', '--data', this.folder, '--listen', `127.0.0.1:${this.port}`, '--log', 'warn', '--clock-ahead-hours', `${ahead_hours}`, ...this.words],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    let printed = '';
    const port = await new Promise((resolve, reject) => {
      this.server.once('exit', (code) => reject(new Error(`the server ended with ${code}: ${printed}`)));
      this.server.stdout.on('data', (bytes) => {
        printed += bytes;
        const match = printed.match(/est ouvert sur http:\/\/[^:]+:(\d+)/);
        if (match) resolve(Number(match[1]));
      });
    });
    this.server.removeAllListeners('exit');
    this.port = port;
    this.url = `http://localhost:${port}`;
  }

  /** Ends the server and waits for its end. */
  async stop(signal = 'SIGTERM') {
    const ended = new Promise((resolve) => this.server.once('exit', resolve));
    this.server.kill(signal);
    await ended;
  }

  /** A browser of its own: its own storage, its own network. */
  async phone({ viewport = PHONE, locale = 'fr-FR', serviceWorkers = 'allow', browser = this.browser } = {}) {
    const context = await browser.newContext({ viewport, locale, serviceWorkers });
    const page = await context.newPage();
    return new Phone(this, context, page, serviceWorkers === 'allow');
  }

  async close() {
    for (const context of this.browser?.contexts() ?? []) await closeContext(context);
    await this.browser?.close();
    if (this.server.exitCode === null) await this.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** A request that a test answers may be under way at the end, as that of a worker that has just started: its answer is then no one's. */
export async function closeContext(context) {
  // What has been closed before answers nothing any more.
  for (const routed of [...context.pages(), context]) await routed.unrouteAll({ behavior: 'ignoreErrors' }).catch(() => {});
  await context.close();
}

/** Playwright bounds no `evaluate`: without this a page that hangs would hang the test. */
async function within(ms, answer) {
  let timer;
  const late = new Promise((_, reject) => (timer = setTimeout(() => reject(new Error(`the page gave no answer in ${ms} ms`)), ms)));
  return Promise.race([answer, late]).finally(() => clearTimeout(timer));
}

/** Runs in the page. */
async function deskKept() {
  const until = performance.now() + 60_000;
  while (!(await caches.has('tiwizi-desk')) || (await (await caches.open('tiwizi-desk')).keys()).length === 0) {
    if (performance.now() > until) throw new Error('the screens of a desk are not kept');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

export class Phone {
  constructor(house, context, page, keepsShell) {
    this.house = house;
    this.context = context;
    /** Whether the app opens without a network. */
    this.keepsShell = keepsShell;
    this.faults = [];
    /** The code that opens it; null without a lock. */
    this.pin = null;
    this.watch(page);
  }

  watch(page) {
    this.page = page;
    page.setDefaultTimeout(30_000);
    page.on('request', (request) => {
      const { protocol, origin } = new URL(request.url());
      if (!/^(data|blob):$/.test(protocol) && origin !== this.house.url) this.faults.push(`asked ${origin}`);
    });
    page.on('pageerror', (error) => this.faults.push(error.message));
    page.on('console', (message) => {
      // A refused connection is what a phone without a network is about.
      const expected = /Failed to load resource|net::ERR|status of 40[13]/.test(message.text());
      if (message.type() === 'error' && !expected) this.faults.push(message.text());
    });
  }

  /** Another phone, of a volunteer whom this one invites and gives these documents to. */
  async invites(name, documents) {
    const invite = { role: 'volunteer', name, language: 'fr', documents, hours: 24 };
    const { status, body } = await api(this, 'POST', '/api/invites', invite);
    if (status !== 200) throw new Error(`no invite: ${status}`);
    const phone = await this.house.phone();
    await phone.enroll(body.code);
    return phone;
  }

  async enroll(code, name) {
    await this.page.goto(`${this.house.url}/#/join/${code}`);
    if (name) await this.page.getByLabel('Votre nom').fill(name);
    await this.page.getByRole('button', { name: 'Entrer' }).click();
    const owed = this.page.getByRole('heading', { name: 'Protégez ce téléphone' });
    const events = this.page.getByText('Aujourd’hui').or(this.page.getByText('Aucun événement pour l’instant'));
    await events.or(owed).first().waitFor();
    if (await owed.isVisible()) await this.setPin();
    await events.first().waitFor();
    if (!this.keepsShell) return this;
    // The app's shell is kept for the time without a network.
    await this.page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
    await this.page.evaluate(async () => {
      // A promise is no answer to Playwright's own waiting.
      while ((await caches.keys()).length === 0) await new Promise((resolve) => setTimeout(resolve, 50));
    });
    // And, for whoever is more than a volunteer, the screens of a desk.
    const { body } = await api(this, 'GET', '/api/session');
    if (body.account.role !== 'volunteer') await this.page.evaluate(deskKept);
    return this;
  }

  /** Where the page asks for a new code. */
  async setPin(pin = PIN) {
    await this.page.getByLabel(/Votre code|Nouveau code/).fill(pin);
    await this.page.getByLabel('Le même code').fill(pin);
    await this.page.getByRole('button', { name: 'Verrouiller ce téléphone' }).click();
    await this.page.getByText('C’est fait').waitFor();
    this.pin = pin;
  }

  /** An authenticator in the browser, whose owner is there and says yes. */
  async withAuthenticator() {
    const devtools = await this.context.newCDPSession(this.page);
    await devtools.send('WebAuthn.enable');
    const options = {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    };
    await devtools.send('WebAuthn.addVirtualAuthenticator', { options });
  }

  /** Adds a passkey to the account, without which nobody above coordinators does what is grave. */
  async addPasskey() {
    await this.go('#/me');
    await this.page.getByRole('button', { name: 'Ajouter une clé' }).click();
    await this.page.getByRole('button', { name: 'Continuer' }).click();
    await this.page.getByText(/^Ajoutée/).waitFor();
  }

  async unlock() {
    await this.page.getByLabel('Votre code').fill(this.pin);
    await this.page.getByRole('button', { name: 'Ouvrir' }).click();
    await this.page.getByRole('heading', { name: 'Tiwizi est verrouillé' }).waitFor({ state: 'detached' });
  }

  async go(hash) {
    await this.page.evaluate((to) => (location.hash = to), hash);
  }

  /** Closes the page and opens a new one in the same browser: storage and service worker stay. */
  async reopen(hash) {
    await this.page.close();
    this.watch(await this.context.newPage());
    await this.page.goto(`${this.house.url}/${hash}`);
    if (this.pin) await this.unlock();
  }

  async network(on) {
    await this.context.setOffline(!on);
  }

  /** Waits until everything of this phone is on the server. */
  async level() {
    await this.go('#/sync');
    await this.page.getByRole('button', { name: 'Échanger maintenant' }).click();
    await this.page.getByText('Tout est sur le serveur').waitFor();
  }

  async picture(name) {
    mkdirSync(artefacts, { recursive: true });
    await this.page.screenshot({ path: join(artefacts, `${name}.png`) });
  }

  /** Fails if axe finds anything serious. */
  async accessible() {
    // A colour that is still on its way from one to the other is neither: it is sent to where it goes. Waiting for it would wait
    // for ever for one that the browser does not draw.
    await this.page.evaluate(() => {
      const ends = ({ effect }) => Number.isFinite(effect?.getComputedTiming().endTime);
      for (const animation of document.getAnimations().filter(ends)) animation.finish();
    });
    const violations = await this.audit(null, { type: 'tag', values: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] });
    const serious = [];
    for (const found of violations.filter((found) => ['serious', 'critical'].includes(found.impact))) {
      if (found.id !== 'target-size' || (await this.isTooSmall(found))) serious.push(found);
    }
    if (serious.length > 0) {
      const words = serious.map((found) => `${found.id}: ${found.nodes.map((node) => node.target.join(' ')).join(', ')}`);
      throw new Error(`not accessible at ${this.page.url()}:\n${words.join('\n')}`);
    }
  }

  /** What axe finds in the page, or in one element of it. */
  async audit(selector, runOnly) {
    // Half a megabyte of script: once for each page that is loaded, and not twice for each look at it.
    if (!(await within(30_000, this.page.evaluate(() => 'axe' in window)))) await within(60_000, this.page.evaluate(axe.source));
    const run = this.page.evaluate(
      async ({ selector, runOnly }) => {
        const context = selector ? { include: [[selector]] } : document;
        return (await window.axe.run(context, { runOnly, resultTypes: ['violations'] })).violations;
      },
      { selector, runOnly },
    );
    return within(60_000, run);
  }

  /** A row that the bottom bar half covers is as large as the others: looked at again in the middle of the screen. */
  async isTooSmall(found) {
    for (const { target } of found.nodes) {
      await this.page.locator(target[0]).evaluate((node) => node.scrollIntoView({ block: 'center' }));
      const again = await this.audit(target[0], { type: 'rule', values: ['target-size'] });
      if (again.length > 0) return true;
    }
    return false;
  }
}

/** Asks the JSON API as the page's account, signed with the key that the page keeps (`store/signed.ts`). */
export async function api(phone, method, address, body) {
  return phone.page.evaluate(
    async ({ method, address, body }) => {
      const pair = await new Promise((resolve) => {
        const opening = indexedDB.open('tiwizi-key');
        opening.onsuccess = () => {
          const asking = opening.result.transaction('key').objectStore('key').get('pair');
          asking.onsuccess = () => resolve(asking.result);
        };
      });
      const hex = (bytes) => Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, '0')).join('');
      const bytes = (text) => new TextEncoder().encode(text);
      const text = body ? JSON.stringify(body) : '';
      const hash = hex(await crypto.subtle.digest('SHA-256', bytes(text)));
      const at = Date.now();
      const message = bytes(`tiwizi\n${method}\n${address}\n${hash}\n${at}`);
      const signature = await crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, pair.privateKey, message);
      const headers = {
        'x-tiwizi': '1',
        'content-type': 'application/json',
        'x-tiwizi-proof': `${at}.${hash}.${hex(signature)}`,
      };
      const reply = await fetch(address, { method, headers, ...(body && { body: text }) });
      return { status: reply.status, body: reply.status === 204 ? null : await reply.json() };
    },
    { method, address, body },
  );
}
