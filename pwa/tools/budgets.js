/**
 * Prints what the app weighs on the wire, brotli, and fails above a budget. A village's network carries every byte
 * of it, and an old phone parses it.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const DIST = fileURLToPath(new URL('../dist/', import.meta.url));
const MANIFEST = fileURLToPath(new URL('../../target/app/manifest.json', import.meta.url));

/** What a phone may show first: the way in, or once enrolled the events or the lock. Nothing is painted without one of them. */
const FIRST_SCREENS = [
  'src/ui/door/WelcomeScreen.svelte',
  'src/ui/events/EventsScreen.svelte',
  'src/ui/lock/LockScreen.svelte',
];

/**
 * In thousands of bytes. The aims are 360 for the engine, 900 for all that every phone keeps and 25 for a screen that is opened later: all three are missed.
 * What stands here keeps them from growing unseen.
 */
const BUDGETS_KB = {
  firstPaint: 59.2,
  engine: 540.5,
  worker: 20,
  lazyRoute: 39.3,
  register: 40,
  reader: 340,
  communes: 190,
  desk: 130,
  precache: 1149,
};

/** @typedef {{ file: string, isEntry?: boolean, src?: string, imports?: string[], dynamicImports?: string[], css?: string[] }} Chunk */

/** @type {Record<string, Chunk>} */
const chunks = JSON.parse(readFileSync(MANIFEST, 'utf8'));
const files = new Set(readdirSync(DIST, { recursive: true, encoding: 'utf8' }));

/** @param {string} file what the server sends for it: the brotli copy, if there is one */
const bytesOf = (file) => readFileSync(join(DIST, files.has(`${file}.br`) ? `${file}.br` : file)).length;

/** @param {Iterable<string>} list */
const sum = (list) => [...list].reduce((total, file) => total + bytesOf(file), 0);

/**
 * The files that must be there before a chunk runs: itself, its styles, and whatever it imports statically.
 *
 * @param {string} key
 * @param {Set<string>} found
 */
function needs(key, found = new Set()) {
  const chunk = chunks[key];
  if (!chunk) throw new Error(`the manifest lacks ${key}`);
  if (found.has(chunk.file)) return found;
  found.add(chunk.file);
  for (const css of chunk.css ?? []) found.add(css);
  for (const imported of chunk.imports ?? []) needs(imported, found);
  return found;
}

const entry = Object.keys(chunks).find((key) => chunks[key]?.isEntry);
if (!entry) throw new Error('the manifest has no entry');
const firsts = FIRST_SCREENS.map((screen) => new Set([...needs(entry), ...needs(screen), 'index.html']));
// Whatever was shown first, these are there when a further screen opens.
const everywhere = [...(firsts[0] ?? [])].filter((file) => firsts.every((files) => files.has(file)));
const assets = [...files].filter((file) => file.startsWith('assets/'));
const reader = assets.filter((file) => /^assets\/(worker-qr-.*\.js|zxing_reader-.*\.wasm)$/.test(file));
// Its build stands beside the app's: whoever registers fetches all of it and nothing else.
const register = ['register.html', ...assets.filter((file) => /^assets\/register-.*\.(js|css|svg)$/.test(file))];
const communes = assets.filter((file) => /^assets\/communes-.*\.txt$/.test(file));
const worker = assets.filter((file) => /^assets\/worker-.*\.js$/.test(file) && !reader.includes(file));
const engine = assets.filter((file) => /^assets\/engine_bg-.*\.wasm$/.test(file));
if (engine.length !== 1) throw new Error(`one engine expected in dist/assets, not ${engine.length}`);
const kept = Array.from(
  readFileSync(join(DIST, 'service-worker.js'), 'utf8').matchAll(/["`]?url["`]?:\s*["`]([^"`]+)["`]/g),
  ([, url]) => url ?? '',
);
// Kept on the devices of those alone who plan, let in or report: see service-worker.ts.
const desk = kept.filter((file) => file.startsWith('assets/desk-'));
const precached = kept.filter((file) => !desk.includes(file));
for (const [key, { file }] of Object.entries(chunks)) {
  const lost = desk.includes(file) ? [] : [...needs(key)].filter((needed) => desk.includes(needed));
  if (lost.length > 0) throw new Error(`${file} (${key}) is kept on every phone and needs ${lost}, which is not: see DESK in vite.config.ts`);
}
for (const file of [...firsts.flatMap((needed) => [...needed]), ...worker, ...engine]) {
  if (!precached.includes(file)) throw new Error(`the service worker does not keep ${file}: the app would not start offline`);
}
const routes = Object.keys(chunks).filter(
  (key) => !FIRST_SCREENS.includes(key) && Object.values(chunks).some((chunk) => chunk.dynamicImports?.includes(key)),
);

/**
 * What is there already when a part opens: what every first screen has, and where the part opens from one place only, that place.
 *
 * @param {string} key
 */
function before(key) {
  const openers = Object.keys(chunks).filter((other) => chunks[other]?.dynamicImports?.includes(key));
  const opener = openers.length === 1 && openers[0] !== entry ? openers[0] : null;
  return new Set([...everywhere, ...(opener ? needs(opener) : [])]);
}

const rows = [
  { what: 'to first paint', bytes: Math.max(...firsts.map(sum)), kb_max: BUDGETS_KB.firstPaint },
  { what: 'engine', bytes: sum(engine), kb_max: BUDGETS_KB.engine },
  { what: "engine's worker", bytes: sum(worker), kb_max: BUDGETS_KB.worker },
  ...routes.map((key) => ({
    what: `then ${chunks[key]?.src ?? key}`,
    bytes: sum([...needs(key)].filter((file) => !before(key).has(file))),
    kb_max: BUDGETS_KB.lazyRoute,
  })),
  { what: 'page of a registration link', bytes: sum(register), kb_max: BUDGETS_KB.register },
  { what: 'reader of QR codes, on phones that have none', bytes: sum(reader), kb_max: BUDGETS_KB.reader },
  { what: 'communes of two countries, for those who plan events', bytes: sum(communes), kb_max: BUDGETS_KB.communes },
  { what: 'screens of a desk, for those who plan, let in or report', bytes: sum(desk), kb_max: BUDGETS_KB.desk },
  { what: 'all that is kept for offline', bytes: sum(precached) + bytesOf('service-worker.js'), kb_max: BUDGETS_KB.precache },
];

// For `make bench`, which prints them beside its targets.
if (process.argv.includes('--json')) {
  console.log(JSON.stringify(rows));
  process.exit();
}
for (const { what, bytes, kb_max } of rows) {
  const verdict = bytes > kb_max * 1000 ? 'TOO LARGE' : '';
  console.log(`${(bytes / 1000).toFixed(1).padStart(7)} of ${String(kb_max).padStart(3)} kB  ${what}  ${verdict}`.trimEnd());
  if (verdict) process.exitCode = 1;
}
