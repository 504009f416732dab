import './typescript.mjs';
import assert from 'node:assert/strict';
import { test } from 'node:test';

const { isWholeCode, tidyCode } = await import('../src/ui/door/invite.ts');
const { phoneOf, readPhone } = await import('../src/ui/door/phone.ts');

test('a code is read however it was typed', () => {
  for (const typed of ['01AB-23CD-EFGH', 'oiab23cdefgh', ' OLab 23cd\u00a0efgh\n', 'https://tiwizi.example/#/join/01ab-23cd-efgh']) {
    assert.equal(tidyCode(typed), '01AB-23CD-EFGH', typed);
  }
  assert.equal(tidyCode('01ab2'), '01AB-2');
  assert.equal(tidyCode('01ab'), '01AB', 'the dash comes with the next sign, so that it can be deleted');
  assert.equal(tidyCode('01AB-23CD-EFGHJKM'), '01AB-23CD-EFGH');
  assert.ok(isWholeCode('01AB-23CD-EFGH'));
  assert.ok(!isWholeCode('01AB-23CD-EFG'));
});

test('a number that two countries share is asked about, never guessed', () => {
  for (const raw of ['06 12 34 56 78', '07.61.23.45.67', '٠٦١٢٣٤٥٦٧٨', '05 28 82 12 34', '612345678']) {
    assert.equal(readPhone(raw, null).kind, 'ask', raw);
  }
  assert.deepEqual(phoneOf('06 12 34 56 78', null), { raw: '06 12 34 56 78', country: null, e164: null });
  assert.deepEqual(phoneOf('06 12 34 56 78', 'MA'), { raw: '06 12 34 56 78', country: 'MA', e164: '+212612345678' });
  assert.deepEqual(phoneOf('06 12 34 56 78', 'FR'), { raw: '06 12 34 56 78', country: 'FR', e164: '+33612345678' });
});

test('a number that says its country is understood', () => {
  const cases = [
    ['+33 (0)6 12 34 56 78', 'FR', '+33612345678'],
    ['00212 6 61 23 45 67', 'MA', '+212661234567'],
    ['+٢١٢٦٦١٢٣٤٥٦٧', 'MA', '+212661234567'],
    ['01 42 68 53 00', 'FR', '+33142685300'],
    ['+32 470 12 34 56', 'BE', '+32470123456'],
  ];
  for (const [raw, country, e164] of cases) assert.deepEqual(phoneOf(raw, null), { raw, country, e164 });
});

test('a number that is none is kept as it was typed', () => {
  assert.equal(readPhone('0612', null).kind, 'short');
  assert.equal(readPhone('99 99 99 99 99 99', null).kind, 'unknown');
  assert.deepEqual(phoneOf(' voisin de Fatima ', null), { raw: 'voisin de Fatima', country: null, e164: null });
  assert.equal(phoneOf('  ', null), null);
});
