// What a phone shows of a large dossier, and when, on a slowed processor. Prints a line of JSON where others are to write, and
// one with the rows of the table.
//
//   node dossier.js FOLDER DOSSIER CODE LAST
//
// A data folder, a dossier in it, an invite's code, and the word with which the last change of others begins.
import { enrolled, KEPT_MS, median, ms, progress, throttle } from './common.js';

const RATE = 6;
const OPENINGS = 7;
const KEYS = 40;

/** From the tap on 'compare' until the difference is drawn, in the page. */
function comparing(hash) {
  const began = performance.now();
  location.hash = hash;
  return new Promise((resolve) => {
    const look = () => {
      if (document.querySelector('ins')) requestAnimationFrame(() => setTimeout(() => resolve(performance.now() - began)));
      else requestAnimationFrame(look);
    };
    look();
  });
}

const [folder, dossier, code, last] = process.argv.slice(2);
const rows = [];
const row = (what, target, measured, met) => rows.push({ what, target, measured, met });
const say = (line) => console.log(JSON.stringify(line));

/** From the tap on a dossier until its first text is drawn, in the page. */
function opening(hash) {
  const began = performance.now();
  location.hash = hash;
  return new Promise((resolve) => {
    const look = () => {
      const shows = [...document.querySelectorAll('textarea')].some(({ value }) => value.length > 1_000);
      if (shows) requestAnimationFrame(() => setTimeout(() => resolve(performance.now() - began)));
      else requestAnimationFrame(look);
    };
    look();
  });
}

/** Notes of each keystroke when the frame with it was drawn. */
function watchKeys() {
  window.keys = [];
  addEventListener(
    'input',
    (event) => {
      const began = event.timeStamp;
      requestAnimationFrame(() => setTimeout(() => window.keys.push(performance.now() - began)));
    },
    true,
  );
}

/** The longest time from one frame to the next, until the text of others stands in the first section. */
function waiting(last) {
  return new Promise((resolve) => {
    let longest = 0;
    let before = performance.now();
    const frame = () => {
      const now = performance.now();
      longest = Math.max(longest, now - before);
      before = now;
      const came = [...document.querySelectorAll('textarea')].some(({ value }) => value.startsWith(last));
      if (came) resolve(longest);
      else requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  });
}

const { house, phone } = await enrolled({ folder, code, hash: `#/dossier/${dossier}`, drawn: 'textarea' });
try {
  const { page } = phone;
  await throttle(phone, RATE);
  const opened = [];
  for (let n = 0; n < OPENINGS; n++) {
    // A dossier that was left some time ago: the app forgets a view that is not looked at.
    for (const hash of ['#/events', '#/questions', '#/people', '#/sync']) {
      await page.evaluate((hash) => (location.hash = hash), hash);
      await page.waitForTimeout(300);
    }
    await page.waitForTimeout(KEPT_MS);
    opened.push(await page.evaluate(opening, `#/dossier/${dossier}`));
  }
  row(
    'A dossier of 60 000 characters with 5 000 changes, 6×: from the tap until its text is drawn',
    '≤ 1 s',
    `${ms(median(opened))}, at worst ${ms(Math.max(...opened))} (${OPENINGS} times)`,
    median(opened) <= 1_000,
  );
  progress(rows.at(-1).measured);

  await page.evaluate(watchKeys);
  await page.locator('textarea').nth(1).click();
  for (let n = 0; n < KEYS; n++) {
    await page.keyboard.insertText(n % 6 === 5 ? ' ' : 'eau'[n % 3]);
    await page.waitForTimeout(200);
  }
  const keys = await page.evaluate(() => window.keys);
  row(
    'In that dossier, 6×: a keystroke until it is drawn',
    '≤ 50 ms',
    `${ms(median(keys))}, at worst ${ms(Math.max(...keys))} (${keys.length} keys)`,
    median(keys) <= 50,
  );
  progress(rows.at(-1).measured);

  // The oldest version that the history shows at first, beside the dossier as it is.
  await page.evaluate((hash) => (location.hash = hash), `#/dossier/${dossier}/history`);
  const oldest = page.locator('a[href*="/version/"]').last();
  await oldest.waitFor();
  const version = (await oldest.getAttribute('href')).split('/').pop();
  const compared = [];
  for (let n = 0; n < OPENINGS; n++) {
    await page.evaluate((hash) => (location.hash = hash), `#/dossier/${dossier}/history`);
    await oldest.waitFor();
    await page.waitForTimeout(KEPT_MS);
    compared.push(await page.evaluate(comparing, `#/dossier/${dossier}/compare/${version}/`));
  }
  row(
    'Two versions of that dossier, 6×: from the tap until the difference is drawn word by word',
    '≤ 300 ms on a phone as it is',
    `${ms(median(compared))}, at worst ${ms(Math.max(...compared))} (${OPENINGS} times)`,
    median(compared) <= 300 * RATE,
  );
  progress(rows.at(-1).measured);
  await page.evaluate((hash) => (location.hash = hash), `#/dossier/${dossier}`);
  await page.locator('textarea').first().waitFor();

  const longest = page.evaluate(waiting, last);
  say({ host: new URL(house.url).host });
  row('1 000 changes of others come into it while it is open, 6×: the longest frame', '< 1 s', ms(await longest), (await longest) < 1_000);
  progress(rows.at(-1).measured);
} finally {
  await house.close();
}
say({ rows });
