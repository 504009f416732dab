import './typescript.mjs';
import assert from 'node:assert/strict';
import { test } from 'node:test';

const { crossInk, inkOf, INK_BYTES_MAX, isCross, parseInk, pathOf, pointsOf } = await import('../src/ui/capture/ink.ts');

const bytes = (value) => new TextEncoder().encode(typeof value === 'string' ? value : JSON.stringify(value));
const json = (ink) => JSON.parse(new TextDecoder().decode(ink));
const line = (...numbers) => numbers.flatMap((x, n) => (n % 2 ? [] : [{ x, y: numbers[n + 1] }]));

/** Loops from side to side, as a pen at 240 points a second gives them. */
function flourish(points = 900, loops = 9) {
  return Array.from({ length: points }, (_, n) => {
    const turn = (n / points) * loops * 2 * Math.PI;
    return { x: 40 + (n / points) * 520 + 25 * Math.cos(turn), y: 100 + 70 * Math.sin(turn) + 5 * Math.sin(turn * 7) };
  });
}

// A generator that gives the same numbers each time.
function randomly(seed) {
  let state = seed;
  return () => (state = (state * 1_103_515_245 + 12_345) % 2 ** 31) / 2 ** 31;
}

test('whole units in the box are kept, and nothing of when, how fast or how hard', () => {
  const drawn = line(10.4, 20.6, 80, 90, 200, 30).map((point, n) => ({ ...point, time: 1_000 + n, pressure: 0.5, velocity: 2 }));
  const ink = json(inkOf([drawn]));
  assert.deepEqual(ink, { ink: 1, width: 600, height: 200, strokes: [[10, 21, 80, 90, 200, 30]] });
});

test('a pen that leaves the box writes on its edge', () => {
  assert.deepEqual(json(inkOf([line(-50, 100, 300, 260, 900, -3)])).strokes, [[0, 100, 300, 200, 600, 0]]);
});

test('a dot, a few dots or a short slip is no signature', () => {
  assert.equal(inkOf([]), null);
  assert.equal(inkOf([[]]), null);
  assert.equal(inkOf([line(300, 100)]), null);
  assert.equal(inkOf(Array.from({ length: 80 }, () => line(300, 100))), null, 'eighty taps');
  assert.equal(inkOf([line(300, 100, 330, 120)]), null);
  assert.equal(inkOf([line(-900, 100, -20, 100)]), null, 'beside the box');
  assert.ok(inkOf([line(280, 80, 310, 110), line(310, 80, 280, 110)]), 'a cross made by hand');
});

test('the dot of an i is kept beside what is written', () => {
  const ink = parseInk(inkOf([line(100, 50, 100, 150), line(100, 20)]));
  assert.deepEqual(ink.strokes, [[100, 50, 100, 150], [100, 20]]);
  assert.match(pathOf(ink), /M100 20h0$/);
});

test('what lies on a line is left out, and the line stays within one unit', () => {
  const straight = Array.from({ length: 500 }, (_, n) => ({ x: 50 + n, y: 40 + n / 5 }));
  assert.deepEqual(json(inkOf([straight])).strokes, [[50, 40, 549, 140]]);
  const drawn = flourish();
  const kept = pointsOf(parseInk(inkOf([drawn])))[0];
  assert.ok(kept.length < drawn.length / 3, `${kept.length} points`);
  const away = (point) =>
    Math.min(
      ...kept.slice(1).map((to, n) => {
        const from = kept[n];
        const [x, y] = [to.x - from.x, to.y - from.y];
        const part = Math.min(1, Math.max(0, ((point.x - from.x) * x + (point.y - from.y) * y) / (x * x + y * y)));
        return Math.hypot(point.x - from.x - part * x, point.y - from.y - part * y);
      }),
    );
  // One for the simpler line, and less than one for the rounding.
  assert.ok(Math.max(...drawn.map(away)) < 1.8);
});

test('a signature takes less than four thousand bytes, and a scribble never more than is taken in', () => {
  assert.ok(inkOf([flourish()]).length < 2_000);
  assert.ok(inkOf([flourish(3_000, 20), flourish(3_000, 14)]).length <= 4_096);
  const random = randomly(7);
  const anywhere = () => ({ x: random() * 600, y: random() * 200 });
  const scribble = Array.from({ length: 300 }, (_, n) => Array.from({ length: n === 7 ? 9_000 : 40 }, anywhere));
  const ink = inkOf(scribble);
  assert.ok(ink.length <= INK_BYTES_MAX, `${ink.length} bytes`);
  const { strokes } = parseInk(ink);
  assert.ok(strokes.length <= 64 && strokes.flat().length <= 4_000);
});

test('what is kept is read again as it is', () => {
  const ink = inkOf([flourish(), line(20, 180, 580, 180)]);
  assert.deepEqual(bytes(parseInk(ink)), ink);
});

test('what is no ink is not drawn', () => {
  const good = { ink: 1, width: 600, height: 200, strokes: [[0, 0, 600, 200]] };
  assert.ok(parseInk(bytes(good)));
  const bad = {
    'not JSON': 'M0 0',
    'not UTF-8': new Uint8Array([0xff, 0xfe]),
    'nothing': 'null',
    'another version': { ...good, ink: 2 },
    'another box': { ...good, width: 6000 },
    'no strokes': { ...good, strokes: [] },
    'a stroke without points': { ...good, strokes: [[]] },
    'half a point': { ...good, strokes: [[1, 2, 3]] },
    'broken units': { ...good, strokes: [[1.5, 2]] },
    'outside': { ...good, strokes: [[10, 201]] },
    'before the box': { ...good, strokes: [[-1, 0]] },
    'words': { ...good, strokes: [['1', '2']] },
    'too many strokes': { ...good, strokes: Array.from({ length: 65 }, () => [1, 1]) },
    'too many points': { ...good, strokes: [Array.from({ length: 4_002 }, () => 1)] },
    'too long': JSON.stringify(good) + ' '.repeat(INK_BYTES_MAX),
  };
  for (const [what, value] of Object.entries(bad)) {
    assert.equal(parseInk(value instanceof Uint8Array ? value : bytes(value)), null, what);
  }
});

test('curves are smooth, long lines straight, and corners stay corners', () => {
  const path = (...stroke) => pathOf({ ink: 1, width: 600, height: 200, strokes: [stroke] });
  assert.equal(path(0, 0, 100, 0), 'M0 0L100 0');
  assert.equal(path(0, 0, 10, 0, 20, 10), 'M0 0L5 0Q10 0 15 5L20 10', 'close points: through the middles');
  assert.equal(path(0, 0, 100, 0, 100, 100), 'M0 0L88 0Q100 0 100 12L100 100', 'a bend');
  assert.equal(path(0, 0, 50, 100, 60, 0), 'M0 0L50 100L60 0', 'a V');
  assert.ok(!/NaN|Infinity/.test(path(5, 5, 5, 5, 5, 5, 9, 9)));
});

test('who does not write makes a cross, which is known again', () => {
  const ink = parseInk(crossInk());
  assert.ok(ink && isCross(ink));
  assert.ok(!isCross(parseInk(inkOf([line(240, 40, 360, 160), line(360, 41, 240, 160)]))));
  assert.match(pathOf(ink), /^M240 40L360 160M360 40L240 160$/);
});
