import './early';
import './styles/tokens.css';
import './styles/base.css';
import { mount } from 'svelte';
import App from './App.svelte';
import { applyLanguage } from './i18n';

applyLanguage();

const target = document.querySelector('#app');
if (!target) throw new Error('index.html has no #app');
mount(App, { target });
