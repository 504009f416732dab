import './typescript.mjs';
import assert from 'node:assert/strict';
import { mock, test } from 'node:test';

const { Exchanger } = await import('../src/engine/exchanger.ts');
const { Alarm, retryMs } = await import('../src/engine/rhythm.ts');

const FRAME = { kind: 'frame', bytes: new Uint8Array([1]) };
const OFFLINE = { kind: 'unreachable', code: null, retryMs: 0 };
const LEVEL = { again: false, code: null };
const MORE = { again: true, code: null };

/** Lets everything that has been asked for happen, without letting time pass. */
const settle = async () => {
  for (let n = 0; n < 50; n += 1) await Promise.resolve();
};

/** An exchanger whose server answers by `replies` and whose engine then says `outcomes`; when they run out, offline. */
function exchanger(t, { replies = [], outcomes = [], failures = 0 } = {}) {
  mock.timers.enable({ apis: ['setTimeout', 'Date'], now: 1_000_000 });
  t.after(() => mock.timers.reset());
  const log = { posts: 0, failed: 0, told: [], admitted: [] };
  const server = { unsent: 0, replies, outcomes };
  const port = {
    request: async () => new Uint8Array([0]),
    post: async () => {
      log.posts += 1;
      return server.replies.shift() ?? OFFLINE;
    },
    response: async () => server.outcomes.shift() ?? LEVEL,
    requestFailed: async () => void (log.failed += 1),
    unsent: () => server.unsent,
    told: ({ state, code }) => log.told.push(code ? `${state} ${code}` : state),
    admitted: async (code) => void log.admitted.push(code),
  };
  const pass = async (ms) => {
    mock.timers.tick(ms);
    await settle();
  };
  return { exchanger: new Exchanger(port, failures), log, server, pass };
}

test('pages follow one another at once', async (t) => {
  const { exchanger: ours, log, pass } = exchanger(t, { replies: [FRAME, FRAME, FRAME], outcomes: [MORE, MORE, LEVEL] });
  ours.start(0);
  await pass(0);
  assert.deepEqual([log.posts, log.told, log.admitted], [3, ['level'], [null]]);
});

test('edits of one moment go together', async (t) => {
  const { exchanger: ours, log, server, pass } = exchanger(t, { replies: [FRAME, FRAME] });
  ours.start(0);
  await pass(0);
  server.unsent = 3;
  ours.edited();
  await pass(100);
  ours.edited();
  assert.deepEqual(log.told, ['level', 'unsent']);
  assert.equal(log.posts, 1);
  server.unsent = 0;
  await pass(100);
  assert.deepEqual([log.posts, log.told.at(-1)], [2, 'level']);
});

test('an edit that comes too late for an exchange gets another one', async (t) => {
  const { exchanger: ours, log, pass } = exchanger(t, { replies: [FRAME, FRAME] });
  ours.start(0);
  mock.timers.tick(0);
  ours.edited();
  await settle();
  assert.equal(log.posts, 1);
  await pass(200);
  assert.equal(log.posts, 2);
});

test('without news the server is asked once a minute', async (t) => {
  const { exchanger: ours, log, pass } = exchanger(t, { replies: [FRAME, FRAME] });
  ours.start(0);
  await pass(0);
  await pass(59_000);
  assert.equal(log.posts, 1);
  await pass(1_000);
  assert.equal(log.posts, 2);
});

test('failures make the pauses longer, and any event ends them', async (t) => {
  const { exchanger: ours, log, server, pass } = exchanger(t);
  ours.start(0);
  await pass(0);
  assert.deepEqual([log.posts, log.failed, log.told], [1, 1, ['unreachable']]);
  await pass(2_400);
  assert.equal(log.posts, 1);
  await pass(2_600);
  assert.equal(log.posts, 2);
  await pass(4_900);
  assert.equal(log.posts, 2);
  server.replies.push(FRAME);
  ours.hope();
  await pass(0);
  assert.deepEqual([log.posts, log.told.at(-1)], [3, 'level']);
});

test('a server that asks for time gets it', async (t) => {
  const busy = { kind: 'unreachable', code: 'server.busy', retryMs: 30_000 };
  const { exchanger: ours, log, pass } = exchanger(t, { replies: [busy, FRAME] });
  ours.start(0);
  await pass(0);
  assert.equal(log.told.at(-1), 'unreachable server.busy');
  await pass(29_000);
  assert.equal(log.posts, 1);
  await pass(1_000);
  assert.equal(log.posts, 2);
});

test('a reply that lost something on its way is a failed exchange, and one that is refused says why', async (t) => {
  const outcomes = [{ again: false, code: 'frame.malformed' }, { again: false, code: 'frame.protocol_too_new' }];
  const { exchanger: ours, log, pass } = exchanger(t, { replies: [FRAME, FRAME, { kind: 'refused', code: 'request.too_large' }], outcomes });
  for (let n = 0; n < 3; n += 1) {
    ours.hope();
    await pass(0);
  }
  assert.deepEqual(log.told, ['unreachable frame.malformed', 'refused frame.protocol_too_new', 'refused request.too_large']);
});

test('a device that is shut out asks no more until something happens', async (t) => {
  const { exchanger: ours, log, server, pass } = exchanger(t, { replies: [{ kind: 'shut_out', code: 'device.revoked' }] });
  ours.start(0);
  await pass(0);
  ours.edited();
  await pass(600_000);
  assert.deepEqual([log.posts, log.admitted, log.told], [1, ['device.revoked'], ['refused device.revoked']]);
  server.replies.push(FRAME);
  ours.hope();
  await pass(0);
  assert.deepEqual([log.posts, log.admitted.at(-1)], [2, null]);
});

test('after workers that died, the first exchange waits', async (t) => {
  const { exchanger: ours, log, pass } = exchanger(t, { failures: 3 });
  ours.start(0);
  await pass(9_000);
  assert.equal(log.posts, 0);
  await pass(11_000);
  assert.equal(log.posts, 1);
});

test('pauses double up to five minutes, and no two phones come back in the same second', () => {
  assert.deepEqual([1, 2, 3, 6, 7, 50].map((failures) => retryMs(failures, 1)), [5_000, 10_000, 20_000, 160_000, 300_000, 300_000]);
  assert.equal(retryMs(1, 0), 2_500);
});

test('an alarm only comes closer', (t) => {
  mock.timers.enable({ apis: ['setTimeout', 'Date'], now: 0 });
  t.after(() => mock.timers.reset());
  let rung = 0;
  const alarm = new Alarm(() => (rung += 1));
  alarm.within(1_000);
  alarm.within(100);
  alarm.within(500);
  mock.timers.tick(100);
  assert.equal(rung, 1);
  mock.timers.tick(1_000);
  assert.equal(rung, 1);
  alarm.within(100);
  alarm.off();
  mock.timers.tick(1_000);
  assert.equal(rung, 1);
});
