/**
 * Finishes what Vite built: has browsers compile what a start takes as a whole, writes a brotli and a gzip copy beside each file that
 * gains by it, for the server to embed and send as they are, and moves Vite's manifest out of what is served, to where `budgets.js`
 * reads it.
 */
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';

const DIST = fileURLToPath(new URL('../dist/', import.meta.url));
const MANIFEST = fileURLToPath(new URL('../../target/app/manifest.json', import.meta.url));

/** Images and fonts are compressed already. */
const COMPRESSIBLE = new Set(['.html', '.js', '.css', '.wasm', '.svg', '.json', '.webmanifest', '.txt', '.ttf']);

/** Below this a response fits in one packet anyway. */
const COMPRESSED_BYTES_MIN = 512;

/** The parts that a start takes, but for what is too small to count. */
const STARTING = ['index', 'start', 'door', 'WelcomeScreen', 'EventsScreen', 'LockScreen', 'RosterScreen'];

/**
 * Chromium keeps of a module what was compiled when it had been read, and that is little: what is called later is compiled anew at each start. Asked
 * for at the very top of a file, all of it is compiled at once, and kept (from version 136 on; others see a comment).
 */
const COMPILED_WHOLE = '//# allFunctionsCalledOnLoad\n';

await mkdir(join(MANIFEST, '..'), { recursive: true });
await rename(join(DIST, '.vite/manifest.json'), MANIFEST);
await rm(join(DIST, '.vite'), { recursive: true });

/** @type {Array<{ file: string, name: string }>} */
const parts = Object.values(JSON.parse(await readFile(MANIFEST, 'utf8')));
for (const name of STARTING) {
  const part = parts.find((part) => part.name === name);
  if (!part) throw new Error(`no part is called ${name}`);
  const file = join(DIST, part.file);
  await writeFile(file, COMPILED_WHOLE + (await readFile(file, 'utf8')));
}

for (const entry of await readdir(DIST, { recursive: true, withFileTypes: true })) {
  if (entry.isFile() && COMPRESSIBLE.has(extname(entry.name))) await compress(join(entry.parentPath, entry.name));
}

/** @param {string} file */
async function compress(file) {
  const bytes = await readFile(file);
  if (bytes.length < COMPRESSED_BYTES_MIN) return;
  const [brotli, gzipped] = await Promise.all([
    promisify(brotliCompress)(bytes, {
      params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length },
    }),
    promisify(gzip)(bytes, { level: 9 }),
  ]);
  await Promise.all([writeFile(`${file}.br`, brotli), writeFile(`${file}.gz`, gzipped)]);
}
