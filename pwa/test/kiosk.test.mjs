import './typescript.mjs';
import assert from 'node:assert/strict';
import { test } from 'node:test';

const { after, atRest, changesInMs, IDLE_MS, THANKS_MS } = await import('../src/ui/kiosk/steps.ts');
const { codeProblem, isCode, keptCode } = await import('../src/ui/kiosk/code.ts');
const { Repeats } = await import('../src/ui/capture/repeats.ts');

/** Each line is a second, and what was done in it. Returns the steps, one after the other. */
function play(...lines) {
  let kiosk = atRest(0);
  return lines.map(([second, did, person]) => {
    kiosk = after(kiosk, person ? { did, person } : { did }, second * 1000);
    return kiosk.step.person ? `${kiosk.step.at} ${kiosk.step.person}` : kiosk.step.at;
  });
}

test('one after the other they find their name, sign and are thanked', () => {
  const steps = play([1, 'begin'], [5, 'choose', 'zahra'], [12, 'sign'], [14, 'nothing'], [15, 'nothing'], [20, 'choose', 'ali'], [25, 'sign'], [26, 'begin']);
  assert.deepEqual(steps, ['list', 'sign zahra', 'thanks zahra', 'thanks zahra', 'list', 'sign ali', 'thanks ali', 'list']);
});

test('the wrong name leads back to the list, and the list back to the beginning', () => {
  assert.deepEqual(play([1, 'begin'], [2, 'choose', 'zahra'], [3, 'return'], [4, 'return'], [5, 'return']), ['list', 'sign zahra', 'list', 'rest', 'rest']);
});

test('what makes no sense in a step changes nothing: a second tap harms nobody', () => {
  const steps = play([1, 'choose', 'ali'], [2, 'sign'], [3, 'begin'], [3, 'begin'], [4, 'sign'], [5, 'choose', 'zahra'], [5, 'choose', 'ali'], [6, 'begin'], [7, 'sign'], [7, 'sign'], [8, 'return'], [8, 'choose', 'ali']);
  assert.deepEqual(steps, ['rest', 'rest', 'list', 'list', 'list', 'sign zahra', 'sign zahra', 'sign zahra', 'thanks zahra', 'thanks zahra', 'thanks zahra', 'thanks zahra']);
});

test('a minute untouched, and nobody’s name is on it', () => {
  assert.deepEqual(play([1, 'begin'], [2, 'choose', 'zahra'], [61.9, 'nothing'], [62, 'nothing']), ['list', 'sign zahra', 'sign zahra', 'rest']);
  assert.deepEqual(play([1, 'begin'], [2, 'choose', 'zahra'], [50, 'touch'], [109, 'nothing'], [110, 'nothing']), ['list', 'sign zahra', 'sign zahra', 'sign zahra', 'rest']);
  assert.deepEqual(play([1, 'begin'], [61, 'nothing']), ['list', 'rest'], 'in the list too');
});

test('the touch that wakes a phone which slept does not go on where somebody else stopped', () => {
  for (const did of ['touch', 'sign', 'return', 'begin']) {
    assert.deepEqual(play([1, 'begin'], [2, 'choose', 'zahra'], [3600, did]).at(-1), 'rest', did);
  }
  assert.equal(play([1, 'begin'], [3600, 'choose', 'ali']).at(-1), 'rest');
});

test('a clock that is set back does not keep a name on the screen', () => {
  const steps = play([1000, 'begin'], [1001, 'choose', 'zahra'], [500, 'nothing'], [559, 'nothing'], [560, 'nothing']);
  assert.deepEqual(steps, ['list', 'sign zahra', 'sign zahra', 'sign zahra', 'rest']);
});

test('it is known when time alone changes something', () => {
  let kiosk = atRest(0);
  assert.equal(changesInMs(kiosk, 5_000), null);
  kiosk = after(kiosk, { did: 'begin' }, 1_000);
  assert.equal(changesInMs(kiosk, 11_000), IDLE_MS - 10_000);
  kiosk = after(kiosk, { did: 'choose', person: 'zahra' }, 12_000);
  kiosk = after(kiosk, { did: 'sign' }, 20_000);
  assert.equal(changesInMs(kiosk, 20_000), THANKS_MS);
  assert.equal(changesInMs(kiosk, 99_000), 0);
});

test('the code has four to six digits that are not the first one tries', async () => {
  for (const short of ['', '493', '4938171']) assert.equal(codeProblem(short), 'short', short);
  for (const easy of ['0000', '1234', '4321', '1212', '123456', '112233']) assert.equal(codeProblem(easy), 'easy', easy);
  for (const good of ['4938', '73910', '493817']) assert.equal(codeProblem(good), null, good);
});

test('of the code a salted hash is kept, and only the code fits it', async () => {
  const [one, other] = [await keptCode('4938'), await keptCode('4938')];
  assert.notEqual(one.hash, other.hash);
  assert.ok(!JSON.stringify(one).includes('4938'));
  assert.ok(await isCode('4938', one));
  assert.ok(!(await isCode('4937', one)) && !(await isCode('', one)));
  assert.ok(!(await isCode('4938', { ...one, salt: other.salt })));
});

test('a badge that stays before the camera counts once, and again when it comes back', () => {
  const repeats = new Repeats(3_000);
  const seen = [['A', 0], ['A', 120], ['A', 2_900], ['A', 5_800], ['B', 5_900], ['A', 6_000], ['A', 9_000], ['A', 9_100]];
  assert.deepEqual(seen.map(([text, ms]) => repeats.isNew(text, ms)), [true, false, false, false, true, true, true, false]);
});
