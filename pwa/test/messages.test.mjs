// What people read is set as a printer would set it: French spaces and apostrophes, Arabic punctuation, and a form for each
// number that reads differently.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

const read = (locale) => Object.entries(JSON.parse(readFileSync(new URL(`../messages/${locale}.json`, import.meta.url), 'utf8')));
/** Each text with its key and, where it depends on a number, which form it is. */
const texts = (locale) =>
  read(locale).flatMap(([key, value]) =>
    typeof value === 'string'
      ? [{ key, text: value }]
      : value.flatMap(({ match }) => Object.entries(match).map(([form, text]) => ({ key: `${key} (${form})`, text }))),
  );
const faults = (locale, ...rules) => texts(locale).filter(({ text }) => rules.some((rule) => rule.test(text)));
/** A parameter in braces is no text; neither is what is typed or read by a machine. */
const bare = (locale) => texts(locale).map(({ key, text }) => ({ key, text: text.replace(/\{\w+\}/g, '') }));

test('French: a space before a double sign does not break, apostrophes are curved', () => {
  assert.deepEqual(faults('fr', / [:;?!»%]/, /[^\u202f][;?!]/, /«[^\u00a0]/, /[^\u00a0][»%]/, /['"]|\.\.\./), []);
});

test('French: capitals keep their accents', () => {
  assert.deepEqual(faults('fr', /(^|[.!?] )(A (venir|distance|propos|risque|vérifier|effacer|décider)|Etape|Ecr|Echan|Evé|Equip|Etat|Edu)/), []);
});

test('Arabic: its own comma, semicolon and question mark, its own percent sign, its own marks of doubling', () => {
  const latin = bare('ar').filter(({ text }) => /[;?%]|,(?!\d)|\.\.\.|"|اً/.test(text));
  assert.deepEqual(latin, []);
});

test('Arabic: a text with a number has all six forms, or one that reads well with every number', () => {
  const forms = ['zero', 'one', 'two', 'few', 'many', '*'];
  const odd = read('ar').filter(([, value]) => Array.isArray(value)).filter(([, value]) => {
    const has = value.flatMap(({ match }) => Object.keys(match).map((form) => form.split('=').at(-1)));
    return has.join() !== '*' && has.toSorted().join() !== forms.toSorted().join();
  });
  assert.deepEqual(odd.map(([key]) => key), []);
});

test('Arabic: one and two are words, and no text says them with a digit', () => {
  const digits = texts('ar').filter(({ key, text }) => /=(one|two)\)$/.test(key) && text.includes('{count}'));
  assert.deepEqual(digits, []);
});
