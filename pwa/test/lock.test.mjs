import './typescript.mjs';
import assert from 'node:assert/strict';
import { test } from 'node:test';

const { unwrap } = await import('../src/store/keys.ts');
const { newDataKey, newDeviceKey, newSalt, secretKey, wrap } = await import('../src/store/new_keys.ts');
const { seal, unseal } = await import('../src/store/cipher.ts');
const { NO_TRIES, renoted, tried, waitMs } = await import('../src/store/patience.ts');
const { digitsOf, pinProblem } = await import('../src/store/pin.ts');
const { lockDemanded } = await import('../src/store/policy.ts');

const bytes = (first) => new Uint8Array(32).fill(first);
const pinWay = () => ({ lock: 'pin', salt: newSalt(), memoryKib: 8, passes: 1 });
const plain = new TextEncoder().encode('Zahra MOUTTAKI');

// --- Keys

test('what was sealed before a lock opens after it was set, changed and taken away', async () => {
  const device = await newDeviceKey();
  const first = await wrap({ lock: 'none' }, await newDataKey(), device, null);
  const sealed = await seal(await unwrap(first, device, null), 'log/1', plain);
  const [pin, other] = [await secretKey(bytes(1)), await secretKey(bytes(2))];

  const set = await wrap(pinWay(), await unwrap(first, device, null, 'exportable'), device, pin);
  const changed = await wrap(pinWay(), await unwrap(set, device, pin, 'exportable'), device, other);
  const off = await wrap({ lock: 'none' }, await unwrap(changed, device, other, 'exportable'), device, null);
  for (const [wrapping, secret] of [[first, null], [set, pin], [changed, other], [off, null]]) {
    const key = await unwrap(wrapping, device, secret);
    assert.equal(key.extractable, false);
    assert.deepEqual(await unseal(key, 'log/1', sealed), plain);
  }
  assert.equal(await unwrap(changed, device, pin), null, 'the code before');
});

test('neither the secret nor the device opens it alone, and no kind of wrapping passes for another', async () => {
  const [device, elsewhere, pin] = [await newDeviceKey(), await newDeviceKey(), await secretKey(bytes(1))];
  const set = await wrap(pinWay(), await newDataKey(), device, pin);
  assert.equal(await unwrap(set, device, null), null);
  assert.equal(await unwrap(set, elsewhere, pin), null);
  assert.equal(await unwrap(set, device, await secretKey(bytes(2))), null);
  assert.equal(await unwrap({ ...set, way: { lock: 'passkey', credential: bytes(0), salt: newSalt() } }, device, pin), null);
  const damaged = { ...set, sealed: set.sealed.with(20, set.sealed[20] ^ 1) };
  assert.equal(await unwrap(damaged, device, pin), null);
  await assert.rejects(crypto.subtle.exportKey('raw', device));
});

// --- Patience

test('each wrong code costs more, and neither a clock that is set back nor one that stands still makes it cheaper', () => {
  let tries = NO_TRIES;
  const waits = [];
  for (let wrong = 1; wrong <= 12; wrong += 1) {
    tries = tried(tries, 1_000_000);
    waits.push(waitMs(tries, 1_000_000) / 1000);
  }
  assert.deepEqual(waits, [0, 0, 5, 15, 30, 60, 300, 900, 3600, 3600, 3600, 3600]);
  assert.equal(waitMs(tries, 1_000_000 + 3_599_000), 1000);
  assert.equal(waitMs(tries, 1_000_000 + 3_600_000), 0);
  // Set back a year: the wait begins again, and then it passes.
  const back = renoted(tries, 500_000);
  assert.equal(waitMs(tries, 500_000), 3_600_000);
  assert.equal(waitMs(back, 500_000 + 3_600_000), 0);
  assert.equal(renoted(tries, 2_000_000), tries);
  assert.equal(waitMs(NO_TRIES, 0), 0);
});

// --- Codes

test('codes that everybody thinks of are not taken', () => {
  for (const easy of ['000000', '777777', '123456', '654321', '890123', '987654', '121212', '123123', '1231231', '112233', '147258']) {
    assert.equal(pinProblem(easy), 'pin.easy', easy);
  }
  for (const short of ['', '1', '49381']) assert.equal(pinProblem(short), 'pin.short', short);
  for (const good of ['493817', '739104', '20111985', '135790']) assert.equal(pinProblem(good), null, good);
});

test('digits are digits on every keypad', () => {
  assert.equal(digitsOf('٤٩٣٨١٧'), '493817');
  assert.equal(digitsOf('۴۹۳۸۱۷'), '493817');
  assert.equal(digitsOf(' 49-38 17x'), '493817');
  assert.equal(digitsOf('1'.repeat(40)).length, 12);
});

test('who sees many people’s data must lock their phone', () => {
  const demanded = ['volunteer', 'coordinator', 'staff', 'admin', 'auditor'].filter(lockDemanded);
  assert.deepEqual(demanded, ['staff', 'admin', 'auditor']);
});
