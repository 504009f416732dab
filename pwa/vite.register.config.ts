import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';

/**
 * The page by which people register for an event. It is built beside the app and shares no part with it: whoever registers fetches a few
 * kilobytes and is left with nothing on their phone, and the app's own parts are cut as if this page did not exist.
 */
export default defineConfig({
  plugins: [svelte()],
  // The app's build has copied what is public.
  publicDir: false,
  logLevel: 'warn',
  build: {
    target: ['chrome109', 'safari16.4', 'firefox115'],
    assetsInlineLimit: 0,
    // The app stands there already.
    emptyOutDir: false,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    rolldownOptions: {
      input: 'register.html',
      // As in the app: what is not said here is not fetched.
      treeshake: { moduleSideEffects: [{ test: /\/src\/i18n\/(choices|edits|errors|fields)\.ts$/, sideEffects: false }] },
      output: {
        entryFileNames: 'assets/register-[hash:7].js',
        chunkFileNames: 'assets/register-[name]-[hash:7].js',
        assetFileNames: 'assets/register-[hash:7][extname]',
      },
    },
  },
});
