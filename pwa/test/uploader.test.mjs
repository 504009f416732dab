import './typescript.mjs';
import assert from 'node:assert/strict';
import { mock, test } from 'node:test';

const { Uploader } = await import('../src/engine/uploader.ts');
const { replyOf } = await import('../src/engine/blob_http.ts');

const OFFLINE = { kind: 'later', code: null, retryMs: 0 };
const KB = 1024;

/** Lets everything that has been asked for happen, without letting time pass. */
const settle = async () => {
  for (let n = 0; n < 2_000; n += 1) await Promise.resolve();
};

/** A phone with these blobs (name and size), and a server that takes them. `accidents` are its next answers. */
function phone(t, blobs) {
  mock.timers.enable({ apis: ['setTimeout', 'Date'], now: 1_000_000 });
  t.after(() => mock.timers.reset());
  const world = { blobs: new Map(Object.entries(blobs)), accidents: [], pieces: [], states: 0, told: [], server: new Map(), calm: null };
  const take = (hash, at, length) => {
    const { size = 0 } = world.server.get(hash) ?? {};
    const whole = size === (world.whole?.[hash] ?? world.blobs.get(hash));
    if (!whole && at === size && length > 0) world.server.set(hash, { size: size + length });
    const now = world.server.get(hash)?.size ?? 0;
    return { kind: 'state', size: now, whole: now === world.blobs.get(hash) };
  };
  const port = {
    waiting: async () => [...world.blobs.keys()],
    read: async (hash) => (hash.startsWith('lost') ? null : { media: 'jpeg', bytes: new Uint8Array(world.blobs.get(hash)) }),
    brought: async (hash) => void world.blobs.delete(hash),
    drop: async (hash) => void world.blobs.delete(hash),
    calm: () => world.calm ?? Promise.resolve(),
    told: (waiting, refused, code) => world.told.push([waiting, refused, code].filter((part) => part !== null).join(' ')),
    server: {
      state: async (hash) => {
        world.states += 1;
        return world.accidents.shift() ?? take(hash, -1, 0);
      },
      bring: async (hash, _media, at, total, { length }) => {
        const accident = world.accidents.shift();
        world.pieces.push(`${hash} ${at}+${length}`);
        if (accident === 'lost answer') take(hash, at, length);
        if (accident) return accident === 'lost answer' ? OFFLINE : accident;
        return take(hash, at, length);
      },
    },
  };
  const pass = async (ms) => {
    mock.timers.tick(ms);
    await settle();
  };
  return { uploader: new Uploader(port), world, pass };
}

test('nothing is brought before an exchange has gone well', async (t) => {
  const { uploader, world, pass } = phone(t, { a: 10 });
  uploader.kept();
  uploader.hope(true);
  await pass(60_000);
  assert.equal(world.states, 0);
  uploader.go();
  await pass(0);
  assert.deepEqual([world.pieces, world.told], [['a 0+10'], ['1 0', '0 0']]);
});

test('one after the other, the oldest first, piece by piece', async (t) => {
  const { uploader, world, pass } = phone(t, { a: 130 * KB, b: 1 });
  uploader.go();
  await pass(0);
  assert.deepEqual(world.pieces, [`a 0+${64 * KB}`, `a ${64 * KB}+${64 * KB}`, `a ${128 * KB}+${2 * KB}`, 'b 0+1']);
});

test('a broken network makes pieces smaller, and it goes on where it stopped', async (t) => {
  const { uploader, world, pass } = phone(t, { a: 200 * KB });
  world.accidents.push({ kind: 'state', size: 0, whole: false }, OFFLINE);
  uploader.go();
  await pass(0);
  // The piece arrived, and its answer did not.
  world.accidents.push(OFFLINE);
  await pass(5_000);
  world.accidents.push({ kind: 'state', size: 0, whole: false }, 'lost answer');
  await pass(10_000);
  await pass(20_000);
  assert.deepEqual(world.pieces.slice(0, 4), [`a 0+${64 * KB}`, `a 0+${16 * KB}`, `a ${16 * KB}+${8 * KB}`, `a ${24 * KB}+${16 * KB}`]);
  assert.equal(world.blobs.size, 0);
  assert.deepEqual(world.told.at(-1), '0 0');
});

test('failures in a row wait longer, and hope shortens that', async (t) => {
  const { uploader, world, pass } = phone(t, { a: 10 });
  const offline = () => world.accidents.push(OFFLINE);
  offline();
  uploader.go();
  await pass(0);
  offline();
  await pass(5_000);
  offline();
  await pass(10_000);
  assert.equal(world.states, 3);
  await pass(9_000);
  assert.equal(world.states, 3, 'at least ten seconds now');
  uploader.hope(false);
  await pass(5_000);
  assert.deepEqual([world.states, world.blobs.size], [4, 0]);
});

test('a server that wants to be left alone is, unless a person asks', async (t) => {
  const { uploader, world, pass } = phone(t, { a: 10 });
  world.accidents.push({ kind: 'later', code: 'blob.quota', retryMs: 3_600_000 });
  uploader.go();
  await pass(0);
  assert.deepEqual(world.told.at(-1), '1 0 blob.quota');
  uploader.go();
  await pass(60_000);
  assert.equal(world.states, 1);
  uploader.hope(true);
  await pass(5_000);
  assert.equal(world.blobs.size, 0);
});

test('what the server will not have stays, and keeps nothing else from going', async (t) => {
  const { uploader, world, pass } = phone(t, { bad: 10, good: 10 });
  world.accidents.push({ kind: 'refused', code: 'blob.damaged' });
  uploader.go();
  await pass(0);
  assert.deepEqual([[...world.blobs.keys()], world.told.at(-1)], [['bad'], '1 1 blob.damaged']);
  uploader.go();
  await pass(0);
  assert.equal(world.states, 2, 'not asked again');
  uploader.hope(true);
  await pass(5_000);
  assert.equal(world.blobs.size, 0);
});

test('what was erased, and what can no longer be read, leaves', async (t) => {
  const { uploader, world, pass } = phone(t, { gone: 10, lost: 10 });
  world.accidents.push({ kind: 'erased' });
  uploader.go();
  await pass(0);
  assert.deepEqual([world.blobs.size, world.pieces], [0, []]);
});

test('a damaged upload begins anew, once', async (t) => {
  const { uploader, world, pass } = phone(t, { a: 10 });
  const mismatch = { kind: 'refused', code: 'blob.hash_mismatch' };
  world.accidents.push({ kind: 'state', size: 5, whole: false }, mismatch);
  uploader.go();
  await pass(0);
  assert.deepEqual([world.pieces, world.blobs.size], [['a 5+5', 'a 0+10'], 0]);
  world.blobs.set('b', 10);
  world.accidents.push({ kind: 'state', size: 5, whole: false }, mismatch, mismatch);
  uploader.kept();
  await pass(0);
  assert.deepEqual(world.told.at(-1), '1 1 blob.hash_mismatch');
});

test('a server that never gets further is not asked in a tight loop', async (t) => {
  const { uploader, world, pass } = phone(t, { a: 10 });
  for (let n = 0; n < 100; n += 1) world.accidents.push({ kind: 'state', size: 3, whole: false });
  uploader.go();
  await pass(0);
  assert.ok(world.pieces.length < 10, `${world.pieces.length}`);
});

test('a device that is not let in asks no more before the next exchange', async (t) => {
  const { uploader, world, pass } = phone(t, { a: 10 });
  world.accidents.push({ kind: 'shut_out', code: 'device.revoked' });
  uploader.go();
  await pass(0);
  uploader.kept();
  uploader.hope(true);
  await pass(600_000);
  assert.equal(world.states, 1);
  uploader.go();
  await pass(0);
  assert.equal(world.blobs.size, 0);
});

test('documents go first', async (t) => {
  const { uploader, world, pass } = phone(t, { a: 10 });
  let end;
  world.calm = new Promise((resolve) => (end = resolve));
  uploader.go();
  await pass(0);
  assert.equal(world.states, 0);
  world.calm = null;
  end();
  await settle();
  assert.equal(world.blobs.size, 0);
});

test('one that is kept meanwhile goes too', async (t) => {
  const { uploader, world, pass } = phone(t, { a: 10 });
  uploader.go();
  await pass(0);
  world.blobs.set('b', 10);
  uploader.kept();
  await pass(0);
  assert.equal(world.blobs.size, 0);
});

test('answers are told apart', () => {
  const check = (status, said, expected) => assert.deepEqual(replyOf(status, said), expected, `${status} ${JSON.stringify(said)}`);
  check(200, { size: 5, whole: false }, { kind: 'state', size: 5, whole: false });
  check(409, { code: 'blob.offset', size: 5, whole: false }, { kind: 'state', size: 5, whole: false });
  check(200, {}, OFFLINE);
  check(404, {}, OFFLINE);
  check(410, { code: 'blob.erased' }, { kind: 'erased' });
  check(401, { code: 'session.none' }, { kind: 'shut_out', code: 'session.none' });
  check(403, { code: 'role.forbidden' }, { kind: 'refused', code: 'role.forbidden' });
  check(403, { code: 'session.expired' }, { kind: 'later', code: 'session.expired', retryMs: 0 });
  check(429, { code: 'blob.quota', retry_after_s: 3600 }, { kind: 'later', code: 'blob.quota', retryMs: 3_600_000 });
  check(503, { code: 'server.busy', retry_after_s: 1 }, { kind: 'later', code: 'server.busy', retryMs: 1_000 });
  check(422, { code: 'blob.damaged' }, { kind: 'refused', code: 'blob.damaged' });
});
