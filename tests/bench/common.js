// What the measurements in a browser share.
import { House } from '../browser/harness.js';

export const median = (numbers) => numbers.toSorted((a, b) => a - b)[numbers.length >> 1];
export const ms = (number) => `${Math.round(number)} ms`;
export const progress = (words) => console.error(`browser: ${words}`);

/** After a view has changed, the app keeps it for the next start: twice its pause. */
export const KEPT_MS = 1_500;

/**
 * Chromium of a desk starts a page of its own for its search box beside each new page, which no phone has: it would take its share of a sixth
 * of a core. Said so, it takes the place of what Playwright switches off; of that only this may speak to the world or hold back what is drawn.
 */
const WITHOUT_SEARCH_BOX =
  '--disable-features=WebUIOmniboxPopup,WebUIOmniboxAimPopup,AimEnabled,OptimizationHints,PaintHolding,HttpsUpgrades,MediaRouter,LensOverlay,NetworkTimeServiceQuerying,PreconnectToSearch';

/** A phone that has come in by that code and has taken everything in; it shows `hash` once `drawn` stands on it. */
export async function enrolled({ folder, code, hash, listed, drawn }) {
  const house = await House.open({ folder, browserArguments: [WITHOUT_SEARCH_BOX] });
  const phone = await house.phone();
  phone.hash = hash;
  await phone.page.goto(`${house.url}/#/join/${code}`);
  await phone.page.getByLabel('Votre nom').fill('Banc');
  await phone.page.getByRole('button', { name: 'Entrer' }).click();
  if (listed) await phone.page.getByRole('link', { name: listed }).first().waitFor({ timeout: 120_000 });
  await phone.page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
  await phone.page.evaluate(async () => {
    // A promise is no answer to Playwright's own waiting.
    while ((await caches.keys()).length === 0) await new Promise((resolve) => setTimeout(resolve, 50));
  });
  await phone.go(hash);
  await phone.page.locator(drawn).first().waitFor({ timeout: 120_000 });
  await phone.level();
  await phone.go(hash);
  await phone.page.locator(drawn).first().waitFor();
  await phone.page.waitForTimeout(KEPT_MS);
  return { house, phone };
}

export async function throttle({ context, page }, rate) {
  const devtools = await context.newCDPSession(page);
  await devtools.send('Emulation.setCPUThrottlingRate', { rate });
  return devtools;
}

/** What a page's promise comes to. Playwright's own waiting would bring a script of its own into the page, and look again and again. */
export async function answer(devtools, expression) {
  for (;;) {
    const { result } = await devtools.send('Runtime.evaluate', { expression, awaitPromise: true, returnByValue: true });
    if (result.value !== undefined) return result.value;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
