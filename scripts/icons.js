// Draws the PNG icons from pwa/public/icon.svg, for phones that do not take an SVG. Run by `make icons`; the result is committed.
import { readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';

const require = createRequire(new URL('../tests/browser/package.json', import.meta.url));
const { chromium } = require('playwright-core');

const folder = new URL('../pwa/public/', import.meta.url);
const rounded = await readFile(new URL('icon.svg', folder), 'utf8');
// Systems that cut the corners themselves need a full square. All that matters stays in the inner 80 %.
const square = rounded.replace('rx="112"', 'rx="0"');

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: ['--no-sandbox'] });
for (const { file, svg, side_px } of [
  { file: 'icon-192.png', svg: rounded, side_px: 192 },
  { file: 'icon-512.png', svg: rounded, side_px: 512 },
  { file: 'icon-maskable-512.png', svg: square, side_px: 512 },
  { file: 'icon-180.png', svg: square, side_px: 180 },
]) {
  const page = await browser.newPage({ viewport: { width: side_px, height: side_px } });
  await page.setContent(`<style>body{margin:0}svg{display:block;width:100vw;height:100vh}</style>${svg}`);
  await writeFile(new URL(file, folder), await page.screenshot({ omitBackground: true }));
}
await browser.close();
