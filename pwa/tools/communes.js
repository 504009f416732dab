/**
 * Packs the official lists of communes of `reference/` into one text for phones: `src/ui/commune/communes.txt`, which
 * `src/ui/commune/communes.ts` reads. It is fetched when a phone has nothing else to do, and kept by the service worker.
 *
 * A line that begins with `=` opens a province (HCP code, French and Arabic name) or a département (INSEE code, name). Of a commune in it
 * there is the rest of its code and its names; in France, where most codes follow each other, nothing where it is the one after the
 * last, else how many further: a fifth less to carry.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

const reference = fileURLToPath(new URL('../../reference/', import.meta.url));
const packed = fileURLToPath(new URL('../src/ui/commune/communes.txt', import.meta.url));

/** @param {string} file a list without quotation marks or commas in its cells */
async function rows(file) {
  const [head, ...lines] = (await readFile(`${reference}${file}`, 'utf8')).trim().split(/\r?\n/);
  const columns = head?.split(',').length;
  return lines.map((line) => {
    const cells = line.split(',');
    if (cells.length !== columns || line.includes('"')) throw new Error(`communes: ${file} has another shape: ${line}`);
    return cells;
  });
}

/** Writes the file, unless it says the same already. */
export async function packCommunes() {
  const [provinces, moroccan, departements, french] = await Promise.all(
    ['morocco/provinces.csv', 'morocco/communes.csv', 'france/departements.csv', 'france/communes.csv'].map(rows),
  );
  const lines = [];
  for (const [code = '', name, nameAr] of provinces ?? []) {
    lines.push(`=${code}\t${name}\t${nameAr}`);
    for (const [commune = '', communeName, communeAr, , , province] of moroccan ?? []) {
      if (province === code) lines.push(`${commune.slice(code.length + 1)}\t${communeName}\t${communeAr}`);
    }
  }
  for (const [code = '', name] of departements ?? []) {
    lines.push(`=${code}\t${name}`);
    let last = 0;
    for (const [commune = '', communeName] of french ?? []) {
      if (!commune.startsWith(code)) continue;
      const number = Number(commune.slice(code.length));
      lines.push(`${number - last === 1 ? '' : number - last}\t${communeName}`);
      last = number;
    }
  }
  const text = `${lines.join('\n')}\n`;
  const before = await readFile(packed, 'utf8').catch(() => '');
  if (before !== text) await writeFile(packed, text);
}
