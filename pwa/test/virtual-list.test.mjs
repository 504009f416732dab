import './typescript.mjs';
import assert from 'node:assert/strict';
import { test } from 'node:test';

const { Heights } = await import('../src/ui/components/heights.ts');
const { Pool } = await import('../src/ui/components/pool.ts');

const keys = (from, to) => Array.from({ length: to - from }, (_, n) => `k${from + n}`);

test('rows not seen yet are taken to be as high as those that were', () => {
  const heights = new Heights();
  assert.ok(heights.measure('k0', 60));
  assert.ok(heights.measure('k1', 100));
  assert.ok(!heights.measure('k1', 100), 'that is no news');
  assert.ok(!heights.measure('k2', 0), 'a row that goes away measures nothing');
  assert.deepEqual([...heights.tops(keys(0, 4))], [0, 60, 160, 240, 320]);
});

test('the rows in sight are those that a stretch of the list touches', () => {
  const heights = new Heights();
  for (const key of keys(0, 10)) heights.measure(key, 50);
  const tops = heights.tops(keys(0, 10));
  assert.deepEqual(heights.span(tops, -200, 120), { start: 0, end: 3 });
  assert.deepEqual(heights.span(tops, 125, 260), { start: 2, end: 6 });
  assert.deepEqual(heights.span(tops, 450, 9000), { start: 9, end: 10 });
  assert.deepEqual(heights.span(heights.tops([]), 0, 900), { start: 0, end: 0 });
});

test('a search writes over the rows that are there', () => {
  const pool = new Pool();
  const first = pool.take(keys(0, 10), null);
  assert.deepEqual(pool.take(keys(20, 30), null), first);
  assert.deepEqual(pool.take(keys(20, 24), null), first.slice(0, 4));
});

test('a row that stays in sight keeps its element', () => {
  const pool = new Pool();
  const first = pool.take(keys(0, 10), null);
  const next = pool.take(keys(3, 13), null);
  assert.deepEqual(next.slice(0, 7), first.slice(3));
  assert.equal(new Set(next).size, 10);
});

test('the row with the focus is neither written over nor moved', () => {
  const pool = new Pool();
  const first = pool.take(keys(0, 10), 'k5');
  const held = first[5];
  const away = pool.take([...keys(100, 120), 'k5'], 'k5');
  assert.equal(away.at(-1), held);
  assert.ok(away.slice(0, -1).every((row) => !first.slice(5).includes(row)), 'nothing from after it comes before it');
  const gone = pool.take(keys(100, 120), 'k5');
  assert.ok(!gone.includes(held));
});
