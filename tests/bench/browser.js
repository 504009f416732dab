// What a phone shows, and when: the real binary and the real app in Chromium, on a slowed processor. Prints JSON: the rows of
// the table, and how slow the processor was.
//
//   node browser.js FOLDER EVENT CODE FOLDER EVENT CODE FOLDER EVENT CODE
//
// Three data folders, each with an event and an invite's code: the first event expects 500 people, the second 1,000, the third 5,000.
//
// DevTools slow the page's thread and no worker, so the start is also measured with the whole browser (every process, every
// thread) in a control group that grants it a sixth of one core.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';

import { PIN } from '../browser/harness.js';
import { answer, enrolled, KEPT_MS, median, ms, progress, throttle } from './common.js';
import { keepEmpty, openEmpty } from './empty.js';

const STARTS = 7;
const TAPS = 9;
/** At each speed; all of them are on rows that are drawn first. */
const EARLY_TAPS = 3;
const UNLOCKS = 5;
/** From the first row to the last and back to the top. */
const SCROLLS = 3;
/** Typed one after the other, each in an empty field: short and long, frequent and rare, with accents and without. */
const QUERIES = ['fatima', 'aït ouf', 'idrissi h', '4321'];
/** A period of a few milliseconds: with the usual 100 a short task would run at full speed, and then the browser stand still. */
const QUOTA = { part: 6, period_us: 12_000 };

/** In each page before anything else: notes when something was painted, ready, saved. Times are the page's, from its navigation. */
function watch({ tapsEarly }) {
  const bench = { taps: [], keys: [] };
  window.bench = bench;
  // Whoever measures asks for this once, and waits: looking again and again would take the page's time.
  let started;
  bench.started = new Promise((resolve) => (started = resolve));
  const seen = () => bench.painted !== undefined && bench.ready !== undefined && started({ painted: bench.painted, ready: bench.ready });
  // The task after a frame's callbacks comes when that frame was drawn.
  const afterPaint = (then) =>
    requestAnimationFrame(() => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => then(performance.now());
      port2.postMessage(null);
    });
  bench.channel = new BroadcastChannel('tiwizi');
  bench.channel.onmessage = ({ data }) => {
    if (data.say !== 'leading' || !data.ready) return;
    bench.ready ??= performance.now();
    seen();
  };
  new MutationObserver((_, observer) => {
    if (!document.querySelector('li[data-key] .tap')) return;
    observer.disconnect();
    afterPaint((at) => {
      bench.painted = at;
      seen();
      if (tapsEarly) document.querySelector('li[data-key] .unmarked .tap').click();
    });
  }).observe(document, { childList: true, subtree: true });

  addEventListener(
    'click',
    (event) => {
      const row = event.target.closest('li[data-key]');
      if (!row) return;
      const tap = { at: event.timeStamp, early: bench.ready === undefined };
      bench.taps.push(tap);
      new MutationObserver((_, observer) => {
        if (!row.querySelector('.present')) return;
        observer.disconnect();
        afterPaint((at) => (tap.painted = at - tap.at));
      }).observe(row, { childList: true, subtree: true, attributes: true });
      // What a screen reader says once the tap is on the disk.
      const said = document.querySelector('p[role=status].visually-hidden');
      new MutationObserver((_, observer) => {
        observer.disconnect();
        tap.saved = performance.now() - tap.at;
      }).observe(said, { childList: true, subtree: true, characterData: true });
    },
    true,
  );
  addEventListener(
    'input',
    (event) => {
      const began = event.timeStamp;
      afterPaint((at) => bench.keys.push(at - began));
    },
    true,
  );
}

/** How long the same loop takes: tells how slow a processor is. In ms. */
function spin() {
  const began = performance.now();
  let sum = 0;
  for (let n = 0; n < 3e7; n++) sum = (sum + n * n) | 0;
  return performance.now() - began + (sum === 1 ? 1 : 0);
}

/** A control group with a sixth of a core. Version 1 and 2 of the kernel's interface; null where there is neither, or no right. */
class Quota {
  static open() {
    const quota_us = QUOTA.period_us / QUOTA.part;
    const name = `tiwizi-bench-${process.pid}`;
    try {
      if (existsSync('/sys/fs/cgroup/cpu/cpu.cfs_quota_us')) {
        const folder = `/sys/fs/cgroup/cpu/${name}`;
        mkdirSync(folder);
        writeFileSync(`${folder}/cpu.cfs_period_us`, String(QUOTA.period_us));
        writeFileSync(`${folder}/cpu.cfs_quota_us`, String(quota_us));
        // The quota alone is to hold the group back, not what else runs on the machine.
        writeFileSync(`${folder}/cpu.shares`, '262144');
        return new Quota(folder, '/sys/fs/cgroup/cpu');
      }
      writeFileSync('/sys/fs/cgroup/cgroup.subtree_control', '+cpu');
      const folder = `/sys/fs/cgroup/${name}`;
      mkdirSync(folder);
      writeFileSync(`${folder}/cpu.max`, `${quota_us} ${QUOTA.period_us}`);
      writeFileSync(`${folder}/cpu.weight`, '10000');
      return new Quota(folder, '/sys/fs/cgroup');
    } catch (error) {
      progress(`no control group (${error.message})`);
      return null;
    }
  }

  constructor(folder, root) {
    this.folder = folder;
    this.root = root;
  }

  hold(pids) {
    for (const pid of pids) move(pid, this.folder);
  }

  /** Lets go of all, and removes the group. */
  close() {
    for (const pid of readFileSync(`${this.folder}/cgroup.procs`, 'utf8').split('\n').filter(Boolean)) move(pid, this.root);
    rmdirSync(this.folder);
  }
}

function move(pid, folder) {
  try {
    writeFileSync(`${folder}/cgroup.procs`, String(pid));
  } catch (error) {
    // It has ended meanwhile.
    if (error.code !== 'ESRCH') throw error;
  }
}

/** Every process of the browser that this one has started. */
function browserPids() {
  const parents = new Map();
  const names = new Map();
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const [, name, rest] = /\((.*)\) (.*)/s.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'));
      parents.set(pid, rest.split(' ')[1]);
      names.set(pid, name);
    } catch {
      // It has ended meanwhile.
    }
  }
  const within = (pid) => pid !== undefined && (parents.get(pid) === String(process.pid) || within(parents.get(pid)));
  return [...parents.keys()].filter((pid) => within(pid) && /chrom/i.test(names.get(pid)));
}

/** Opens the roster anew, as after the app was closed. */
async function start(phone, { rate = 1, tapsEarly = false } = {}) {
  await phone.page.close();
  const page = await phone.context.newPage();
  phone.watch(page);
  await page.addInitScript(watch, { tapsEarly });
  const devtools = await throttle(phone, rate);
  await page.goto(`${phone.house.url}/${phone.hash}`, { waitUntil: 'commit' });
  return answer(devtools, 'window.bench?.started');
}

async function starts(phone, rate) {
  const all = [];
  for (let n = 0; n < STARTS; n++) {
    all.push(await start(phone, { rate }));
    await phone.page.waitForTimeout(KEPT_MS);
  }
  return { painted: median(all.map(({ painted }) => painted)), ready: median(all.map(({ ready }) => ready)) };
}

/** What a page costs that holds one sentence: what of a start is the browser's own. */
async function emptyStarts(phone, url, rate) {
  const all = [];
  for (let n = 0; n < STARTS; n++) {
    all.push(await openEmpty(phone.context, url, (page) => throttle({ context: phone.context, page }, rate)));
    await phone.page.waitForTimeout(KEPT_MS);
  }
  return median(all);
}

/** Taps on people who have not come yet, one after the other, with a mouse as playwright has it. */
async function taps(phone, rate) {
  await start(phone, { rate });
  const { page } = phone;
  // The first rows are for the early taps.
  await page.evaluate(() => scrollTo(0, 3 * innerHeight));
  for (let n = 0; n < TAPS; n++) {
    let spot = null;
    while (!spot) {
      await page.waitForTimeout(500);
      spot = await page.evaluate(() => {
        const unmarked = [...document.querySelectorAll('li[data-key] .unmarked .tap')].map((tap) => tap.getBoundingClientRect());
        const box = unmarked.find((box) => box.top > innerHeight * 0.3 && box.bottom < innerHeight * 0.85);
        if (!box) scrollBy(0, innerHeight / 2);
        return box ? { x: box.x + box.width / 2, y: box.y + box.height / 2 } : null;
      });
    }
    await page.mouse.click(spot.x, spot.y);
    await page.waitForFunction((n) => bench.taps[n]?.painted && bench.taps[n].saved, n, { polling: 100 });
  }
  return tapped(await page.evaluate(() => bench.taps));
}

/** A tap as soon as the roster is there, while the engine is still starting. Starts whose engine was quicker do not count. */
async function earlyTaps(phone, rate) {
  const all = [];
  for (let n = 0; n < EARLY_TAPS; n++) {
    await start(phone, { rate, tapsEarly: true });
    await phone.page.waitForFunction(() => bench.taps[0]?.painted && bench.taps[0].saved, null, { polling: 100 });
    all.push(await phone.page.evaluate(() => bench.taps[0]));
    await phone.page.waitForTimeout(KEPT_MS);
  }
  return tapped(all.filter(({ early }) => early));
}

const tapped = (all) => ({
  count: all.length,
  painted: median(all.map(({ painted }) => painted)),
  saved: median(all.map(({ saved }) => saved)),
});

/** From the tap on 'Ouvrir' until the locked screen is gone and the screen behind it stands. */
async function unlocks(phone, rate) {
  await phone.go('#/lock');
  await phone.setPin();
  const all = [];
  for (let n = 0; n < UNLOCKS; n++) {
    await phone.page.goto('about:blank');
    await phone.page.goto(`${phone.house.url}/${phone.hash}`, { waitUntil: 'commit' });
    await phone.page.getByLabel('Votre code').fill(PIN);
    await throttle(phone, rate);
    const button = phone.page.getByRole('button', { name: 'Ouvrir' });
    await button.evaluate((button) => {
      new MutationObserver((_, observer) => {
        if (!document.querySelector('li[data-key] .tap')) return;
        observer.disconnect();
        requestAnimationFrame(() => setTimeout(() => (window.unlocked = performance.now() - window.asked)));
      }).observe(document, { childList: true, subtree: true });
      button.addEventListener('click', (event) => (window.asked = event.timeStamp), true);
    });
    await button.click();
    await phone.page.waitForFunction(() => window.unlocked !== undefined, null, { polling: 100 });
    all.push(await phone.page.evaluate(() => window.unlocked));
    await throttle(phone, 1);
    await phone.page.waitForTimeout(KEPT_MS);
  }
  return median(all);
}

async function search(phone, rate) {
  await start(phone);
  const { page } = phone;
  const field = page.getByRole('searchbox').first();
  await field.click();
  await throttle(phone, rate);
  for (const query of QUERIES) {
    await field.fill('');
    await page.waitForTimeout(1_000);
    for (const key of query) {
      await page.keyboard.insertText(key);
      // The directory answers when the fingers rest; that, too, must be over before the next key.
      await page.waitForTimeout(400);
    }
  }
  const keys = await page.evaluate(() => bench.keys);
  return { count: keys.length, median: median(keys), worst: Math.max(...keys) };
}

/** Scrolls by a whole screen with each frame until nothing moves any more. Runs in the page. */
async function flick() {
  const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
  scrollTo(0, 0);
  let last = await frame();
  const took = [];
  for (let before = -1; before !== scrollY; ) {
    before = scrollY;
    scrollBy(0, innerHeight);
    const at = await frame();
    took.push(at - last);
    last = at;
  }
  return took;
}

async function scrolls(phone, rate) {
  await start(phone);
  await throttle(phone, rate);
  const took = [];
  for (let n = 0; n < SCROLLS; n++) took.push(...(await phone.page.evaluate(flick)));
  return { count: took.length, median: median(took), longest: Math.max(...took) };
}

const roster = ([folder, event, code]) =>
  enrolled({ folder, code, hash: `#/event/${event}`, listed: 'Atelier', drawn: 'li[data-key]' });

const [few, some, many] = [2, 5, 8].map((from) => process.argv.slice(from, from + 3));
const rows = [];
const row = (what, target, measured, met) => rows.push({ what, target, measured, met });

const { house, phone } = await roster(few);
let slowness = '';
try {
  const full_ms = await phone.page.evaluate(spin);
  await house.stop();
  progress('the roster of 500 is kept, the server is stopped');

  const url = await keepEmpty(phone.context);
  const at6 = await starts(phone, 6);
  const emptyAt6_ms = await emptyStarts(phone, url, 6);
  const devtools_ms = await phone.page.evaluate(spin);
  row(
    'Start offline, server stopped, roster of 500, DevTools 6×: painted / engine ready',
    '≤ 600 ms / ≤ 1 s',
    `${ms(at6.painted)} / ${ms(at6.ready)}; a page of one sentence ${ms(emptyAt6_ms)}`,
    at6.painted <= 600 && at6.ready <= 1_000,
  );
  progress(`start at 6×: ${ms(at6.painted)} / ${ms(at6.ready)}; empty ${ms(emptyAt6_ms)}`);

  await throttle(phone, 1);
  const quota = Quota.open();
  if (quota) {
    let sixth;
    let sixth_ms;
    let emptySixth_ms;
    try {
      quota.hold(browserPids());
      sixth = await starts(phone, 1);
      emptySixth_ms = await emptyStarts(phone, url, 1);
      sixth_ms = await phone.page.evaluate(spin);
    } finally {
      quota.close();
    }
    row(
      'The same, the whole browser on a sixth of a core',
      '≤ 1.3 s / ≤ 3 s',
      `${ms(sixth.painted)} / ${ms(sixth.ready)}; a page of one sentence ${ms(emptySixth_ms)}`,
      sixth.painted <= 1_300 && sixth.ready <= 3_000,
    );
    progress(`start on a sixth of a core: ${ms(sixth.painted)} / ${ms(sixth.ready)}; empty ${ms(emptySixth_ms)}`);
    slowness = `a loop of ${ms(full_ms)} took ${ms(devtools_ms)} with DevTools' 6× and ${ms(sixth_ms)} on a sixth of a core (a control group, quota ${QUOTA.period_us / QUOTA.part} of ${QUOTA.period_us} µs)`;
  } else {
    row('The same, the whole browser on a sixth of a core', '≤ 1.3 s / ≤ 3 s', 'not measured: no control group can be made here', false);
    slowness = `a loop of ${ms(full_ms)} took ${ms(devtools_ms)} with DevTools' 6×`;
  }

  for (const [rate, painted_max, saved_max] of [[6, 60, 100], [15, 100, 200]]) {
    const target = `≤ ${painted_max} / ${saved_max} ms`;
    for (const [what, { count, painted, saved }] of [
      [`Tap to paint / to ‘saved on this phone’, roster of 500, ${rate}×`, await taps(phone, rate)],
      [`The same while the engine is still starting, ${rate}×`, await earlyTaps(phone, rate)],
    ]) {
      const met = count > 0 && painted <= painted_max && saved <= saved_max;
      row(what, target, count > 0 ? `${ms(painted)} / ${ms(saved)} (${count} taps)` : 'the engine was ready before each tap', met);
      progress(`${what}: ${rows.at(-1).measured}`);
    }
  }

  await throttle(phone, 1);
  const unlocked = await unlocks(phone, 6);
  row('Unlock by code: from the tap until the roster of 500 is drawn, 6×', '≤ 1 s', ms(unlocked), unlocked <= 1_000);
  progress(`unlock at 6×: ${ms(unlocked)}`);
} finally {
  await house.close();
}

const large = await roster(some);
try {
  const { count, median, longest } = await scrolls(large.phone, 6);
  row('Roster of 1 000, 6×: scroll, longest frame', '< 1 s', `${ms(longest)}, in the middle ${ms(median)} (${count} frames)`, longest < 1_000);
  progress(`scrolling: ${rows.at(-1).measured}`);
  const keys = await search(large.phone, 6);
  row(
    'Search in a roster of 1 000, 6×: a keystroke',
    '≤ 50 ms',
    `${ms(keys.median)}, at worst ${ms(keys.worst)} (${keys.count} keys)`,
    keys.median <= 50,
  );
  progress(`keystrokes: ${rows.at(-1).measured}`);
} finally {
  await large.house.close();
}

const other = await roster(many);
try {
  const found = await search(other.phone, 6);
  row(
    'Search in 5 000 people, 6×: a keystroke',
    '≤ 50 ms',
    `${ms(found.median)}, at worst ${ms(found.worst)} (${found.count} keys)`,
    found.median <= 50,
  );
} finally {
  await other.house.close();
}

console.log(JSON.stringify({ rows, slowness }));
