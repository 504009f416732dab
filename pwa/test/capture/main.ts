/** A page for tests/browser/capture.test.js: each part alone, named in the address, and what it gave in `window.got`. */
import '../../src/styles/tokens.css';
import '../../src/styles/base.css';
import { mount } from 'svelte';
import { applyLanguage } from '../../src/i18n';
import Parts from './Parts.svelte';

applyLanguage();
const target = document.querySelector('#app');
if (target) mount(Parts, { target, props: { part: location.hash.slice(1) } });
