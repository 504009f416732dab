import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig, type Plugin } from 'vite';
import { VitePWA } from 'vite-plugin-pwa';
import { packCommunes } from './tools/communes.js';
import { drawIcons } from './tools/icons.js';
import { compileMessages } from './tools/messages.js';
import { phonePlans } from './tools/phone-plans.js';

/** Where `make run` and `make dev` leave the server. */
const SERVER = 'http://localhost:8080';

/** The engine is the largest file that is kept on the phone; the real limits are those of `tools/budgets.js`. */
const PRECACHED_FILE_BYTES_MAX = 8 * 1024 * 1024;

/** What a phone may show first (see tools/budgets.js), and what it shows at the door. */
const PRELOADED = /\b(WelcomeScreen|EventsScreen|LockScreen|RosterScreen)\b/;

/** What every screen builds on, in one file: each file costs an old phone its time, however small it is. */
const START = oneOf(
  'node_modules/(svelte|idb|esm-env|clsx)/',
  'vite/preload-helper|rolldown/runtime',
  'src/paraglide/(runtime|registry)\\.js',
  'src/paraglide/messages/(field_optional|action_(dismiss|clear)|event_(title|new|undated))\\.js',
  'src/generated/PERMISSIONS',
  'src/store/(api|signed)\\.ts',
  'src/i18n/(format|language)',
  'src/ui/events/Places',
  'src/search',
  'src/ui/failure\\.ts',
  'src/ui/door/arrival',
  // Not what few screens need.
  'src/ui/components/(?!VirtualList|WholeScreen|LongText|PickerField|SaveState|StatusChip|ScrolledTable|SortButton|ShareBar|FileField|WordsField|heights|pool)',
);

/** What the roster shares with what opens from it. */
const DOOR = oneOf(
  'src/ui/door/(SlotChooser|marking|door\\.svelte|known|slots)',
  'src/ui/components/(VirtualList|SaveState|pool|heights)',
  'src/ui/events/headcount',
  'src/paraglide/messages/((door|twins)_reason_|door_(found|marked|name_pending|no_slots|signed|present|scan|slot)|gone_|sync_persist_ask|saved_|event_(morning|afternoon|evening))',
);

/** What stands wherever a code is typed. */
const LOCK = oneOf('src/ui/lock/PinField', 'src/store/pin\\.ts', 'src/paraglide/messages/(lock_(wait|pin)|welcome_keeps_safe)\\.js');

/**
 * What only those open who plan, let in or report: the parts that open with these screens are called after it, and are kept on their
 * devices alone (service-worker.ts). What they share with others is kept on every phone.
 */
const DESK = oneOf(
  'src/ui/directory/(?!DirectoryScreen)',
  'src/ui/(arrivals|inbox/aside|journal|programs|settings|sums|twins)/',
  'src/ui/access/(Access|Account|Device|Document|Fleet|Given|Invite|Territory|given|states|territor)',
  'src/ui/privacy/Retention',
  'src/ui/sheet/SheetScreen',
  'src/ui/events/(Copy|New)',
);

/** The first part of a file's name. */
function partOf({ name, isDynamicEntry, moduleIds }: { name: string; isDynamicEntry: boolean; moduleIds: string[] }): string {
  if (PRELOADED.test(name)) return '[name]-';
  if (!isDynamicEntry) return '';
  const screens = moduleIds.filter((id) => /\/src\/ui\/[^?]*$/.test(id));
  return screens.length > 0 && screens.every((id) => DESK.test(id)) ? 'desk-' : '';
}

function oneOf(...paths: string[]): RegExp {
  return new RegExp(paths.map((path) => `(^|/|\\0)(${path})`).join('|'));
}

/** Compiles the messages, and again whenever a translator saves one. */
function messages(): Plugin {
  return {
    name: 'tiwizi:messages',
    async buildStart() {
      await compileMessages();
    },
    async hotUpdate({ file }) {
      if (/\/messages\/\w+\.json$/.test(file)) await compileMessages();
    },
  };
}

/** Draws the icons, and again whenever the list of them is saved. */
function icons(): Plugin {
  return {
    name: 'tiwizi:icons',
    buildStart: drawIcons,
    async hotUpdate({ file }) {
      if (file.endsWith('/components/icons.json')) await drawIcons();
    },
  };
}

/** Packs the lists of communes. */
function communes(): Plugin {
  return { name: 'tiwizi:communes', buildStart: packCommunes };
}

export default defineConfig({
  plugins: [
    messages(),
    icons(),
    communes(),
    phonePlans(),
    svelte(),
    VitePWA({
      strategies: 'injectManifest',
      srcDir: 'src',
      filename: 'service-worker.ts',
      // The app registers it itself, when the page has painted.
      injectRegister: false,
      // The phone's launcher keeps its own copy of the icons.
      includeManifestIcons: false,
      injectManifest: {
        rollupFormat: 'iife',
        // Only some phones need it: the service worker keeps it when it is asked for.
        globIgnores: ['assets/zxing_reader-*.wasm', 'assets/worker-qr-*.js'],
        globPatterns: ['**/*.{html,js,css,wasm,svg,woff2,webmanifest}'],
        maximumFileSizeToCacheInBytes: PRECACHED_FILE_BYTES_MAX,
        // Hashed names are their own revision: an update fetches only what changed.
        dontCacheBustURLsMatching: /^assets\//,
      },
      manifest: {
        id: '/',
        name: 'Tiwizi',
        short_name: 'Tiwizi',
        description: 'Pointage et dossiers, avec ou sans réseau',
        lang: 'fr',
        dir: 'ltr',
        start_url: '/',
        scope: '/',
        display: 'standalone',
        background_color: '#f7f4ee',
        theme_color: '#17595c',
        icons: [
          { src: '/icon-192.png', sizes: '192x192', type: 'image/png' },
          { src: '/icon-512.png', sizes: '512x512', type: 'image/png' },
          { src: '/icon-maskable-512.png', sizes: '512x512', type: 'image/png', purpose: 'maskable' },
          { src: '/icon.svg', sizes: 'any', type: 'image/svg+xml' },
        ],
      },
    }),
  ],
  logLevel: 'warn',
  build: {
    // The floor of the field: Chrome 109, iOS 16.4.
    target: ['chrome109', 'safari16.4', 'firefox115'],
    // A `data:` address would need a hole in the Content-Security-Policy.
    assetsInlineLimit: 0,
    // Every browser of the floor preloads modules by itself.
    // What the first screens need is fetched at once. Of all others only the styles are named: the first page would carry the list of
    // every part of every screen, which by then the service worker keeps on the phone.
    modulePreload: {
      polyfill: false,
      resolveDependencies: (file, needed, { hostType }) =>
        hostType === 'html' || PRELOADED.test(file) ? needed : needed.filter((one) => one.endsWith('.css')),
    },
    // Read by tools/finish.js, then moved out of what is served.
    manifest: true,
    reportCompressedSize: false,
    rolldownOptions: {
      // The first page carries the name of every part: a few signs tell parts and their versions apart.
      output: {
        codeSplitting: {
          // What they depend on includes all that the app can say.
          includeDependenciesRecursively: false,
          groups: [
            { name: 'start', test: START, minShareCount: 2 },
            { name: 'door', test: DOOR, minShareCount: 2 },
            { name: 'lock', test: LOCK, minShareCount: 2 },
          ],
        },
        entryFileNames: 'assets/[name]-[hash:7].js',
        chunkFileNames: (part) => `assets/${partOf(part)}[hash:7].js`,
        // Styles are known by their content alone.
        assetFileNames: ({ names }) => (names.some((name) => name.endsWith('.css')) ? 'assets/[hash:7][extname]' : 'assets/[name]-[hash:7][extname]'),
      },
      // What goes wrong is told in many words, in three languages, and some components are large: they go where they are used, not
      // wherever `i18n` and `components` are.
      treeshake: {
        moduleSideEffects: [
          { test: /\/src\/i18n\/(choices|edits|errors|fields)\.ts$/, sideEffects: false },
          { test: /\/src\/ui\/components\/(VirtualList|WholeScreen|LongText|PickerField|SaveState|StatusChip|FileField|ScrolledTable|ShareBar|SortButton|WordsField)\.svelte$/, sideEffects: false },
        ],
      },
    },
  },
  worker: {
    format: 'es',
    rolldownOptions: { output: { entryFileNames: 'assets/worker-[name]-[hash].js', chunkFileNames: 'assets/worker-[name]-[hash].js' } },
  },
  server: { port: 5173, strictPort: true, proxy: { '/api': SERVER } },
});
