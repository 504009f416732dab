/**
 * Draws the icons that the app uses, and no other, into one file: `src/ui/components/icons.svg`. Which they are, and what the app calls
 * them, stands in `icons.json` beside it.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

const components = fileURLToPath(new URL('../src/ui/components/', import.meta.url));
const lucide = fileURLToPath(new URL('../node_modules/lucide-static/', import.meta.url));

/** The icons' licence asks that its notice goes with every copy. */
const NOTICE = 'Icons of Lucide (https://lucide.dev), ISC licence, some from Feather, MIT licence.';

/** @param {string} file one icon of the set */
async function shapesOf(file) {
  const drawing = await readFile(`${lucide}icons/${file}.svg`, 'utf8');
  const shapes = /<svg[^>]*>([\s\S]*)<\/svg>/.exec(drawing)?.[1];
  if (!shapes) throw new Error(`icons: ${file}.svg has no shapes`);
  return shapes.replaceAll(/\s+/g, ' ').replaceAll('> <', '><').trim();
}

/** Writes the file, unless it says the same already. */
export async function drawIcons() {
  /** @type {Record<string, string>} */
  const names = JSON.parse(await readFile(`${components}icons.json`, 'utf8'));
  const symbols = await Promise.all(
    Object.entries(names).map(async ([name, file]) => `<symbol id="${name}" viewBox="0 0 24 24">${await shapesOf(file)}</symbol>`),
  );
  const copyright = /Copyright \(c\).*/.exec(await readFile(`${lucide}LICENSE`, 'utf8'))?.[0];
  const sprite = `<svg xmlns="http://www.w3.org/2000/svg"><!-- ${NOTICE} ${copyright} -->\n${symbols.join('\n')}\n</svg>\n`;
  const file = `${components}icons.svg`;
  const before = await readFile(file, 'utf8').catch(() => '');
  if (before !== sprite) await writeFile(file, sprite);
}
