import './typescript.mjs';
import assert from 'node:assert/strict';
import { test } from 'node:test';

const { applySplices, keepWords, moveCaret, openDraft, rebase, spliceBetween, splicesBetween, takeView, takeWords } = await import(
  '../src/ui/dossier/rebase.ts'
);

/** `|` is the caret: the text without it, and where it stood. */
const withCaret = (text) => [text.replace('|', ''), text.indexOf('|')];

function check(base, mineAndCaret, theirs, expected) {
  const [mine, caret] = withCaret(mineAndCaret);
  const splices = rebase(base, mine, theirs);
  const text = applySplices(mine, splices);
  const moved = moveCaret(caret, splices);
  assert.equal(`${text.slice(0, moved)}|${text.slice(moved)}`, expected);
}

test('words of others come in before, behind and beside what is typed', () => {
  check('un puits', 'un puits neuf|', 'au village, un puits', 'au village, un puits neuf|');
  check('un puits', 'Donc|un puits', 'un puits neuf', 'Donc|un puits neuf');
  check('un puits', 'un | puits', 'un puits', 'un | puits');
  check('un puits', '|un puits', 'un puits neuf', '|un puits neuf');
  // Both at the very end: what is typed stays under the fingers.
  check('un puits', 'un puits neuf|', 'un puits profond', 'un puits profond neuf|');
});

test('what either added stays, what either took out goes', () => {
  check('la salle est petite', 'la salle est grande|', 'la cour est petite', 'la cour est grande|');
  check('un deux trois', 'un 2| trois', 'un trois', 'un 2|trois');
  check('abcdef', 'abXY|ef', 'aZf', 'aZXY|f');
  check('abcdef', 'abX|f', 'abcZdef', 'abX|Zf');
});

test('changes in several paragraphs leave the one that is typed alone', () => {
  const base = 'Premier.\nMilieu.\nDernier.\n';
  check(base, 'Premier.\nMilieu, et suite|.\nDernier.\n', 'Le premier.\nMilieu.\nLe dernier.\n', 'Le premier.\nMilieu, et suite|.\nLe dernier.\n');
  check(base, 'Premier.\nMilieu, et suite|.\nDernier.\n', 'Neuf.\nPremier.\nMilieu.\n', 'Neuf.\nPremier.\nMilieu, et suite|.\n');
});

test('a character of two code units is never cut', () => {
  const [date, olive] = ['\u{1F334}', '\u{1FAD2}'];
  assert.equal(date.charCodeAt(0), 0xd83c);
  const twins = ['\u{1F600}', '\u{1F601}'];
  assert.deepEqual(spliceBetween(twins[0], twins[1]), { at: 0, removed: 2, inserted: twins[1] });
  // These end in the same half.
  assert.deepEqual(spliceBetween('\u{1F400}', '\u{1F800}'), { at: 0, removed: 2, inserted: '\u{1F800}' });
  check(`a${date}b`, `a${olive}|b`, `a${date}${date}b`, `a${olive}|${date}b`);
});

test('an Arabic text', () => {
  check('مشروع الماء', 'مشروع الماء الصالح|', 'ملخص: مشروع الماء', 'ملخص: مشروع الماء الصالح|');
});

test('words go out in groups, each after the one before', () => {
  let draft = { ...openDraft('v0', 'un'), local: 'un deux' };
  const first = takeWords(draft);
  assert.deepEqual(first.words, { version: 'v0', before: 'un', after: 'un deux' });
  draft = { ...first.draft, local: 'un deux trois' };
  const second = takeWords(draft);
  assert.deepEqual(second.words, { version: 'v0', before: 'un deux', after: 'un deux trois' });
  assert.equal(takeWords(second.draft), null);
});

test('a view that lacks the words that went out does not take them away', () => {
  let draft = takeWords({ ...openDraft('v0', 'un puits'), local: 'un puits neuf' }).draft;
  draft = takeView(draft, 'v1', 'Titre\nun puits').draft;
  assert.equal(draft.local, 'Titre\nun puits neuf');
  assert.equal(takeWords(draft), null, 'they are not sent twice');
  const { draft: level, splices } = takeView(draft, 'v2', 'Titre\nun puits neuf');
  assert.deepEqual(level, { version: 'v2', seen: 'Titre\nun puits neuf', sent: [], groups: 1, local: 'Titre\nun puits neuf' });
  assert.deepEqual(splices, []);
});

test('a view with some of the groups, and with words of others', () => {
  let draft = openDraft('v0', 'un');
  for (const local of ['un deux', 'un deux trois', 'un deux trois quatre']) draft = takeWords({ ...draft, local }).draft;
  draft = { ...draft, local: 'un deux trois quatre cinq' };
  draft = takeView(draft, 'v1', 'zéro un deux trois').draft;
  assert.equal(draft.local, 'zéro un deux trois quatre cinq');
  assert.deepEqual(draft.sent, [{ group: 3, text: 'zéro un deux trois quatre' }]);
  assert.deepEqual(takeWords(draft).words, { version: 'v1', before: 'zéro un deux trois quatre', after: 'zéro un deux trois quatre cinq' });
});

test('words that could not be saved go out again', () => {
  const { draft, group } = takeWords({ ...openDraft('v0', 'un'), local: 'un deux' });
  const again = takeWords({ ...keepWords(draft, group), local: 'un deux trois' });
  assert.deepEqual(again.words, { version: 'v0', before: 'un', after: 'un deux trois' });
});

test('words that could not be saved go out again, also where words of others came in meanwhile', () => {
  const { draft, group } = takeWords({ ...openDraft('v0', 'un'), local: 'un deux' });
  const moved = takeView(draft, 'v1', 'zéro un').draft;
  assert.equal(takeWords(moved), null);
  assert.deepEqual(takeWords(keepWords(moved, group)).words, { version: 'v1', before: 'zéro un', after: 'zéro un deux' });
});

test('a large text whose every line changed is compared in bounded time', () => {
  const lines = (word) => Array.from({ length: 2000 }, (_, n) => `${word} ${n}`).join('\n');
  assert.equal(splicesBetween(lines('a'), lines('b')).length, 1);
});

/** A small generator with a seed: a failing number is a failing test that can be run again. */
function random(seed) {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const LETTERS = ['a', 'b', ' ', '\n', 'é', 'م', '\u{1F600}', '\u{1F601}'];

function changed(text, pick) {
  const characters = [...text];
  const at = pick(characters.length + 1);
  const word = Array.from({ length: pick(4) }, () => LETTERS[pick(LETTERS.length)]);
  characters.splice(at, pick(3), ...word);
  return characters.join('');
}

test('whatever is typed, splices give the other text, lose no typed letter and stay well formed', () => {
  for (let seed = 1; seed <= 3000; seed += 1) {
    const pick = random(seed);
    let base = '';
    for (let n = 0; n < 12; n += 1) base = changed(base, pick);
    const mine = changed(base, pick);
    let theirs = base;
    for (let n = 0; n < 3; n += 1) theirs = changed(theirs, pick);
    const note = `seed ${seed}`;
    let shift = 0;
    const inTurn = splicesBetween(base, theirs).map((splice) => {
      const moved = { ...splice, at: splice.at + shift };
      shift += splice.inserted.length - splice.removed;
      return moved;
    });
    assert.equal(applySplices(base, inTurn), theirs, note);
    const merged = applySplices(mine, rebase(base, mine, theirs));
    assert.ok(merged.isWellFormed(), note);
    const typed = spliceBetween(base, mine);
    if (typed) assert.ok(merged.includes(typed.inserted), note);
    assert.equal(applySplices(mine, rebase(base, mine, base)), mine, note);
    assert.equal(applySplices(base, rebase(base, base, theirs)), theirs, note);
  }
});
