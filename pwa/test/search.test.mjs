import './typescript.mjs';
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

const { foldSearch, matches, matcher } = await import('../src/search.ts');

// The engine reads the same file.
const vectors = JSON.parse(readFileSync(new URL('../../shared/vectors/search.json', import.meta.url), 'utf8'));

test('text folds as in the engine', () => {
  const folded = vectors.fold.map(([text]) => [text, foldSearch(text)]);
  assert.deepEqual(folded, vectors.fold);
  for (const [, text] of vectors.fold) assert.equal(foldSearch(text), text, 'folding twice changes nothing');
});

test('queries match as in the engine', () => {
  const matched = vectors.matches.map(([query, text]) => [query, text, matches(foldSearch(query), foldSearch(text))]);
  assert.deepEqual(matched, vectors.matches);
});

test('one query is matched with many texts', () => {
  const found = matcher(foldSearch('ait nai'));
  const people = ['Naïma AÏT OUFKIR', 'Ait-Oufkir Naima', 'Ali Ait Oufkir', ''].map(foldSearch);
  assert.deepEqual(people.map(found), [true, true, false, false]);
});
