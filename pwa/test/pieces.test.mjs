import './typescript.mjs';
import assert from 'node:assert/strict';
import { test } from 'node:test';

const { attachments, checklist, counted, expiryOf, others } = await import('../src/ui/deposit/pieces.ts');

const cells = (said) => Object.entries(said).map(([field, value]) => ({ field, value, named: '', apart: [] }));
const row = (table, id, said, at_ms = 0) => ({ table, row: id, fields: cells(said), state: 'kept', by: null, at_ms });

const CALL = [
  row('piece', 'p3', { key: 'quotes', label: 'Devis', required: 'no', order: '3' }),
  row('piece', 'p1', { key: 'statutes', label: 'Statuts', required: 'yes', order: '1' }),
  row('piece', 'p2', { key: 'minutes', required: 'yes', valid_days: 365, order: '2' }),
  row('criterion', 'c1', { label: 'Pertinence', order: '1' }),
];
const TODAY = '2026-11-26';

test('the last day counts, and thirty days before it a word is worth it', () => {
  const state = (expires) => attachments([row('attachment', 'a', { label: 'PV', expires })], TODAY)[0].state;
  assert.deepEqual(
    ['2026-11-25', '2026-11-26', '2026-12-26', '2026-12-27', '', 'demain'].map(state),
    ['expired', 'expiring', 'expiring', 'there', 'there', 'there'],
  );
});

test('pages stand in their order, and only with the paper that they are of', () => {
  const rows = [
    row('page', 'g2', { of: 'a', blob: 'b2', order: '0002' }),
    row('page', 'g1', { of: 'a', blob: 'b1', order: '0001' }),
    row('page', 'g0', { of: 'other', blob: 'b0', order: '0001' }),
    row('attachment', 'a', { label: 'PV', given_by: 'Zahra' }),
  ];
  const [one] = attachments(rows, TODAY);
  assert.deepEqual(one.pages.map(({ blob }) => blob), ['b1', 'b2']);
  assert.equal(one.given_by, 'Zahra');
});

test('the checklist is the call’s, in its order, and of several papers the best one counts', () => {
  const there = attachments(
    [
      row('attachment', 'a', { label: 'PV 2024', piece: 'minutes', expires: '2025-01-01' }, 1),
      row('attachment', 'b', { label: 'PV 2026', piece: 'minutes', expires: '2027-06-01' }, 2),
      row('attachment', 'c', { label: 'Lettre', piece: 'gone' }, 3),
      row('attachment', 'd', { label: 'Accusé', piece: 'deposit_proof' }, 4),
    ],
    TODAY,
  );
  const asked = checklist(CALL, there);
  assert.deepEqual(asked.map(({ key, state }) => [key, state]), [['statutes', 'missing'], ['minutes', 'there'], ['quotes', 'missing']]);
  assert.deepEqual(asked.map(({ label }) => label), ['Statuts', 'minutes', 'Devis']);
  // What need not be there is not missing.
  assert.deepEqual(counted(asked), { missing: 1, expired: 0, expiring: 0, there: 1 });
  // What no call asks for any more is still there; the portal's receipt has a place of its own.
  assert.deepEqual(others(asked, there).map(({ label }) => label), ['Lettre']);
});

test('until when a paper counts follows from the call', () => {
  assert.equal(expiryOf('2026-02-28', 365), '2027-02-28');
  assert.equal(expiryOf('2026-02-28', null), '');
  assert.equal(expiryOf('', 365), '');
});
