import './typescript.mjs';
import assert from 'node:assert/strict';
import { test } from 'node:test';

const { decimalText, eurosText, parseCount, parseDecimal, parseEuros, CENTS_MAX, QUANTITY_MAX } = await import('../src/ui/dossier/money.ts');

const said = (typed) => (typed.is === 'number' ? typed.number : typed.is);

/** What people type, and the cents that it means. */
const EUROS = {
  '': 'empty',
  '   ': 'empty',
  '0': 0,
  '12': 1200,
  '1250,50': 125050,
  '1 250,50': 125050,
  '1\u202f250,50\u00a0€': 125050,
  '1250.5': 125050,
  '1250.05': 125005,
  '1.250,50': 125050,
  '1,250.50': 125050,
  "1'250.50": 125050,
  '1.250': 125000,
  '1,250': 125000,
  '1.250.000': 125000000,
  ',5': 50,
  '0,05': 5,
  '12€': 1200,
  '12 euros': 1200,
  '12 EUR': 1200,
  '€12.50': 1250,
  '007': 700,
  // 0.1 + 0.2 and its like: no fraction is computed on the way.
  '1,10': 110,
  '4,35': 435,
  '1019,99': 101999,
  '١٢٥٠٫٥٠': 125050,
  '١٬٢٥٠٫٥٠': 125050,
  '۱۲۵۰': 125000,
  '١٢٥٠،٥': 125050,
  '\u200f١٢٥٠': 125000,
  '10000000': CENTS_MAX,
  '10 000 000,01': 'too_large',
  '99999999999999999999': 'too_large',
  '12 50': 'unclear',
  '1,2500': 'unclear',
  '0,250': 'unclear',
  '1.25.50': 'unclear',
  '1,250,50': 'unclear',
  '12.50.000': 'unclear',
  '1.250 000': 'unclear',
  '-12': 'unclear',
  '1e3': 'unclear',
  '€': 'unclear',
  'douze': 'unclear',
  '12,': 'unclear',
};

test('euros are read as people type them', () => {
  const read = Object.fromEntries(Object.keys(EUROS).map((text) => [text, said(parseEuros(text))]));
  assert.deepEqual(read, EUROS);
});

test('a quantity is a whole number', () => {
  const counts = { '': 'empty', '3': 3, '1 000': 1000, '1.000': 1000, '٣': 3, '1,5': 'unclear', '12 50': 'unclear', '1000001': 'too_large' };
  const read = Object.fromEntries(Object.keys(counts).map((text) => [text, said(parseCount(text, QUANTITY_MAX))]));
  assert.deepEqual(read, counts);
});

test('every amount that is shown in a field is read back as itself', () => {
  for (const cents of [0, 5, 50, 99, 100, 105, 125050, 101999, CENTS_MAX]) {
    for (const comma of ['.', ',']) assert.deepEqual(parseEuros(eurosText(cents, comma)), { is: 'number', number: cents });
  }
});

test('numbers with decimals are read to their smallest part, and written back', () => {
  const read = (text, places = 4) => parseDecimal(text, places, 10_000_000);
  for (const [text, parts] of [['10,85', 108_500], ['10.8512', 108_512], ['١٠٫٨٥', 108_500], ['11', 110_000]]) {
    assert.deepEqual(read(text), { is: 'number', number: parts }, text);
  }
  assert.deepEqual(read('2,5', 2), { is: 'number', number: 250 });
  for (const unclear of ['10,85123', '10,', ',5', '1.0,5', 'dix', '-1']) assert.deepEqual(read(unclear), { is: 'unclear' }, unclear);
  assert.deepEqual([read(''), read('10000')], [{ is: 'empty' }, { is: 'too_large' }]);
  assert.deepEqual([108_500, 250_000, 5, 0].map((parts) => decimalText(parts, 4, ',')), ['10,85', '25', '0,0005', '0']);
});
