import '../styles/tokens.css';
import '../styles/base.css';
import { mount } from 'svelte';
import { applyLanguage } from '../i18n/language.svelte';
import RegisterPage from './RegisterPage.svelte';

applyLanguage();

const target = document.querySelector('#register');
if (!target) throw new Error('register.html has no #register');
mount(RegisterPage, { target });
