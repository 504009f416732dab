import './typescript.mjs';
import assert from 'node:assert/strict';
import { test } from 'node:test';

const { newDocumentId, newRowId } = await import('../src/store/ids.ts');
const { keyText } = await import('../src/store/channel.ts');
const { Shelf } = await import('../src/store/shelf.ts');
const { Outbox } = await import('../src/store/outbox.ts');
const { kept, updated } = await import('../src/store/views.ts');

test('ids have the shapes that the engine reads', () => {
  const id = newDocumentId(0x0123_4567_89ab);
  assert.match(id, /^01234567-89ab-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.match(newRowId(), /^[0-9a-f]{16}$/);
  assert.notEqual(newDocumentId(), newDocumentId());
  assert.ok(newDocumentId(1000) < newDocumentId(2000), 'in the order of time');
});

test('a key has one text', () => {
  assert.equal(keyText({ event: 'e', view: 'event' }), keyText({ view: 'event', event: 'e' }));
  assert.deepEqual(JSON.parse(keyText({ view: 'events' })), { view: 'events' });
});

// --- Views

const slot = (status = null) => ({ status, contradicted: false, on_server: true, at_ms: 0 });
const row = (person, name, status) => ({ person, name, name_ar: '', association: '', joined: 'expected', search: '', slots: [slot(status)] });
const head = (attended = 0) => ({ card: { event: 'e', title: 'Atelier', expected: 2, attended }, slots: [{ slot: 's', attended }], fields: [], may_change: true });
const roster = () => ({ view: 'event', head: head(), rows: [row('a', 'Ali BOUZID'), row('z', 'Zahra MOUTTAKI')] });
const KEY = { view: 'event', event: 'e' };
const whole = (view, key = KEY) => ({ update: 'whole', key, view });
const rows = (changed, attended) => ({ update: 'rows', key: KEY, head: head(attended), rows: changed });

test('rows take the place of those of the same person, or stand in the order of names', () => {
  const before = roster();
  const now = updated(before, rows([row('z', 'Zahra MOUTTAKI', 'present'), row('b', 'Badr DAOUD')], 1));
  assert.deepEqual(now.rows.map(({ person }) => person), ['a', 'b', 'z']);
  assert.equal(now.rows[0], before.rows[0]);
  assert.deepEqual([now.rows[2].slots[0].status, now.head.card.attended], ['present', 1]);
  assert.equal(updated(null, rows([])), null, 'rows of a roster that is not held');
});

test('what did not change stays the same object', () => {
  const before = roster();
  assert.equal(kept(before, roster()), before);
  const longer = { ...roster(), rows: [row('n', 'Nadia'), ...roster().rows] };
  assert.equal(updated(before, whole(longer)).rows[2], before.rows[1], 'though it moved');
  assert.equal(kept(before, { view: 'gone' }).view, 'gone');
  assert.deepEqual(kept([1, 2], [1]), [1]);
  assert.deepEqual(kept({ a: 1, b: 2 }, { a: 1 }), { a: 1 });
});

// --- The shelf

const checkIn = (id, person, status = 'present') => ({
  id,
  entry: { at_ms: 1, edit: { do: 'check_in', event: 'e', slot: 's', person, mark: id, status, minutes: null } },
});

function shelf(stored = {}) {
  const told = { changed: [], wanted: 0 };
  const held = new Shelf({
    changed: (key) => told.changed.push(key),
    wanted: () => (told.wanted += 1),
    load: async (key) => stored[key] ?? null,
  });
  const statuses = () => held.shown(KEY)?.rows.map(({ person, slots }) => `${person} ${slots[0].status ?? '-'}`);
  return { held, told, statuses };
}

test('the snapshot is painted first, under the edits that it may lack', async () => {
  const { held, told, statuses } = shelf({ [keyText(KEY)]: JSON.stringify(roster()) });
  held.lay([{ ...checkIn('1', 'a'), worked: true }, checkIn('2', 'z')]);
  held.use(KEY);
  assert.equal(held.shown(KEY), null);
  await held.loaded();
  assert.deepEqual(statuses(), ['a present', 'z present']);
  assert.deepEqual([held.waits().length, told.changed.length], [1, 1]);
});

test("the engine's word takes the place of what was foreseen", async () => {
  const { held, statuses } = shelf();
  held.use(KEY);
  await held.loaded();
  held.take([whole(roster())], []);
  held.lay([checkIn('1', 'a')]);
  assert.deepEqual([statuses(), held.waits().length], [['a present', 'z -'], 1]);
  // M2, which the page does not know of: the engine has an absence that prevails here.
  held.take([rows([row('a', 'Ali BOUZID', 'remote')], 1)], ['1']);
  assert.deepEqual([statuses(), held.waits().length], [['a remote', 'z -'], 0]);
});

test('an edit that was not saved is not shown any longer', () => {
  const { held, statuses } = shelf();
  held.use(KEY);
  held.take([whole(roster())], []);
  held.lay([checkIn('1', 'a'), checkIn('2', 'z')]);
  held.lift(['1']);
  assert.deepEqual(statuses(), ['a -', 'z present']);
});

test('a snapshot that comes late does not hide what the engine said', async () => {
  const { held, statuses } = shelf({ [keyText(KEY)]: JSON.stringify(roster()) });
  held.use(KEY);
  held.take([whole({ ...roster(), rows: [row('a', 'Ali BOUZID', 'present')] })], []);
  await held.loaded();
  assert.deepEqual(statuses(), ['a present']);
});

test('an edit that was done before this page knew of it is not laid over anything', () => {
  const { held, statuses } = shelf();
  held.use(KEY);
  held.take([whole(roster())], ['1']);
  held.lay([checkIn('1', 'a')]);
  assert.deepEqual([statuses(), held.waits().length], [['a -', 'z -'], 0]);
});

test('a view that shows an edit needs it no longer', async () => {
  const { held, statuses } = shelf({ [keyText(KEY)]: JSON.stringify(roster()) });
  held.lay([{ ...checkIn('1', 'a'), worked: true }]);
  held.painted(['1']);
  held.use(KEY);
  await held.loaded();
  assert.deepEqual(statuses(), ['a -', 'z -']);
});

test('views are followed while they are used, and the latest few for a while longer', () => {
  const { held, told } = shelf();
  const stops = ['a', 'b', 'c', 'd', 'e'].map((event) => held.use({ view: 'event', event }));
  const again = held.use({ view: 'event', event: 'a' });
  for (const stop of stops) stop();
  assert.deepEqual(held.keys().map((key) => JSON.parse(key).event), ['c', 'd', 'e', 'a']);
  again();
  assert.deepEqual(held.keys().map((key) => JSON.parse(key).event), ['d', 'e', 'a']);
  assert.ok(told.wanted >= 7);
});

// --- The outbox

test('edits are written in the order of the taps, those that wait together', async () => {
  const writes = [];
  const outbox = new Outbox(async (entries) => void writes.push(entries.map(({ id }) => id).join()));
  const saved = await Promise.all(['1', '2', '3'].map((id) => outbox.append(checkIn(id, 'a'))));
  assert.deepEqual(saved, [{ saved: true }, { saved: true }, { saved: true }]);
  assert.deepEqual(writes, ['1', '2,3']);
});

test('one edit for which there is no room does not take the others with it', async () => {
  const written = [];
  const outbox = new Outbox(async (entries) => {
    if (entries.some(({ id }) => id === '2')) throw new DOMException('', 'QuotaExceededError');
    written.push(...entries.map(({ id }) => id));
  });
  const saved = await Promise.all(['1', '2', '3'].map((id) => outbox.append(checkIn(id, 'a'))));
  assert.deepEqual(saved, [{ saved: true }, { saved: false, code: 'storage.full' }, { saved: true }]);
  assert.deepEqual(written, ['1', '3']);
  await outbox.idle();
  assert.deepEqual(await outbox.append(checkIn('4', 'a')), { saved: true }, 'and the next one goes on');
});

test('a disk that fails says so', async () => {
  const outbox = new Outbox(async () => {
    throw new DOMException('', 'UnknownError');
  });
  assert.deepEqual(await outbox.append(checkIn('1', 'a')), { saved: false, code: 'storage.failed' });
});
