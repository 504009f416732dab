import './typescript.mjs';
import assert from 'node:assert/strict';
import { test } from 'node:test';

const { overlaid } = await import('../src/store/overlay.ts');
await import('../src/store/overlay_documents.ts');
const { settledBy } = await import('../src/store/settled.ts');

const [EVENT, DOSSIER, ZAHRA, BADR] = ['event', 'dossier', 'zahra', 'badr'];
const [MORNING, AFTERNOON] = ['slot-morning', 'slot-afternoon'];
const UNMARKED = { status: null, contradicted: false, on_server: true, at_ms: 0 };
const PRESENT = { status: 'present', contradicted: false, on_server: true, at_ms: 50 };

const NAMES = {
  person: (person) => (person === BADR ? { name: 'Badr AÏT', name_ar: 'بدر', association: 'Amal' } : null),
  title: (document) => ({ amal: 'Amal', pra: 'PRA 2026' })[document] ?? '',
};

/** Zahra is expected in the morning and in the afternoon. */
function event({ morning = UNMARKED, afternoon = UNMARKED } = {}) {
  const attended = (status) => Number(status.status === 'present');
  return {
    view: 'event',
    head: {
      card: {
        event: EVENT,
        title: 'Atelier',
        event_kind: 'other',
        place: '',
        commune: '',
        first_day: '2026-03-01',
        last_day: '2026-03-01',
        starts: '09:00',
        expected: 1,
        attended: Math.max(attended(morning), attended(afternoon)),
        questions: 0,
      },
      slots: [
        { slot: MORNING, day: '2026-03-01', starts: '09:00', ends: '12:00', attended: attended(morning) },
        { slot: AFTERNOON, day: '2026-03-01', starts: '14:00', ends: '17:00', attended: attended(afternoon) },
      ],
      fields: [{ field: 'title', value: 'Atelier', named: '', apart: [] }],
      may_change: true,
    },
    rows: [
      { person: ZAHRA, name: 'Zahra MOUTTAKI', name_ar: '', association: '', joined: 'expected', search: 'zahra', slots: [morning, afternoon] },
    ],
  };
}

const checkIn = (status, at_ms = 100, person = ZAHRA) => ({
  at_ms,
  edit: { do: 'check_in', event: EVENT, slot: MORNING, person, mark: `mark-${status}`, status, minutes: null },
});
const undo = { at_ms: 200, edit: { do: 'undo', event: EVENT, slot: MORNING, person: ZAHRA, withdrawal: 'w', reason: 'erreur' } };
const walkIn = {
  at_ms: 300,
  edit: {
    do: 'register_walk_in',
    event: EVENT,
    slot: AFTERNOON,
    person: BADR,
    mark: 'mark-walk-in',
    new: { given: 'Badr ', family: 'AÏT', name_ar: '', sex: '', age_band: '', commune: '', association: 'amal' },
    new_association: null,
    phone: null,
    notice_read: true,
  },
};

/** What the door sees: each person with both half-days, then the counts. */
function door(view) {
  const short = ({ status, contradicted, on_server }) =>
    `${status ?? '-'}${contradicted ? '?' : ''}${on_server ? '' : '*'}`;
  const rows = view.rows.map((row) => `${row.name}: ${row.slots.map(short).join(' ')}`);
  const { card, slots } = view.head;
  return [...rows, `${slots.map(({ attended }) => attended).join(' ')}, ${card.attended} of ${card.expected}`];
}

function atTheDoor(view, entries, expected) {
  const once = overlaid(view, entries, NAMES);
  assert.deepEqual(door(once), expected);
  // The log may still hold what the engine's view shows already.
  assert.deepEqual(door(overlaid(once, entries, NAMES)), expected, 'laid over itself');
}

test('a tap shows at once, and counts', () => {
  atTheDoor(event(), [checkIn('present')], ['Zahra MOUTTAKI: present* -', '1 0, 1 of 1']);
  atTheDoor(event({ afternoon: PRESENT }), [checkIn('present')], ['Zahra MOUTTAKI: present* present', '1 1, 1 of 1']);
  atTheDoor(event(), [checkIn('absent')], ['Zahra MOUTTAKI: absent* -', '0 0, 0 of 1']);
});

test('M2: a presence prevails over an absence, and both are asked about', () => {
  atTheDoor(event({ morning: PRESENT }), [checkIn('absent')], ['Zahra MOUTTAKI: present?* -', '1 0, 1 of 1']);
  atTheDoor(event(), [checkIn('absent'), checkIn('remote', 110)], ['Zahra MOUTTAKI: remote?* -', '1 0, 1 of 1']);
});

test('M1: an undo takes back every mark', () => {
  atTheDoor(event({ morning: PRESENT }), [undo], ['Zahra MOUTTAKI: - -', '0 0, 0 of 1']);
  atTheDoor(event({ morning: PRESENT, afternoon: PRESENT }), [undo], ['Zahra MOUTTAKI: - present', '0 1, 1 of 1']);
  const view = overlaid(event(), [checkIn('present'), undo, checkIn('excused', 300)], NAMES);
  assert.deepEqual(door(view), ['Zahra MOUTTAKI: excused* -', '0 0, 0 of 1']);
});

test('a walk-in stands on the roster, present, by family name', () => {
  atTheDoor(event(), [walkIn], ['Badr AÏT: - present*', 'Zahra MOUTTAKI: - -', '0 1, 1 of 2']);
  const row = overlaid(event(), [walkIn], NAMES).rows[0];
  assert.deepEqual([row.association, row.joined, row.search], ['Amal', 'walk_in', 'badr ait amal']);
});

test('a person who is expected from now on is named from the directory', () => {
  const expected = { at_ms: 1, edit: { do: 'add_to_roster', event: EVENT, person: BADR } };
  atTheDoor(event(), [expected], ['Badr AÏT: - -', 'Zahra MOUTTAKI: - -', '0 0, 0 of 2']);
  const unknown = { at_ms: 1, edit: { do: 'add_to_roster', event: EVENT, person: 'somebody' } };
  atTheDoor(event(), [unknown], ['Zahra MOUTTAKI: - -', '0 0, 0 of 1']);
});

test('contradictory marks that were settled contradict no more', () => {
  const settle = { at_ms: 1, edit: { do: 'settle_marks', event: EVENT, slot: MORNING, person: ZAHRA, status: 'absent', withdrawal: 'w', reason: 'r' } };
  const contradicted = { ...PRESENT, contradicted: true };
  atTheDoor(event({ morning: contradicted }), [settle], ['Zahra MOUTTAKI: absent -', '0 0, 0 of 1']);
});

test('rows that nobody touched stay the same objects', () => {
  const view = event();
  view.rows.push({ ...view.rows[0], person: BADR });
  const over = overlaid(view, [checkIn('present')], NAMES);
  assert.equal(over.rows[1], view.rows[1]);
  assert.equal(overlaid(view, [{ ...checkIn('present'), edit: { ...checkIn('present').edit, event: 'another' } }], NAMES), view);
});

test('a field of an event shows where it is shown', () => {
  const rename = { at_ms: 1, edit: { do: 'set_field', document: EVENT, row: null, field: 'title', value: ' Formation ' } };
  const later = { at_ms: 2, edit: { do: 'set_field', document: EVENT, row: MORNING, field: 'ends', value: '13:00' } };
  const { head } = overlaid(event(), [rename, later], NAMES);
  assert.deepEqual([head.card.title, head.fields[0].value, head.slots[0].ends], ['Formation', 'Formation', '13:00']);
});

const line = (id, side, quantity, unit_cents) => ({
  line: id,
  side,
  fields: [
    { field: 'label', value: id, named: '', apart: [] },
    { field: 'quantity', value: quantity, named: '', apart: [] },
    { field: 'unit_cents', value: unit_cents, named: '', apart: [{ value: 1 }, { value: 2 }] },
  ],
  amount_cents: (quantity ?? 1) * unit_cents,
  state: 'kept',
});

function dossier() {
  return {
    view: 'dossier',
    card: { dossier: DOSSIER, title: 'Puits', association: '', stage: 'idea', territory: '', call: '', expenses_cents: 600, questions: 0 },
    version: 'v1',
    fields: [
      { field: 'title', value: 'Puits', named: '', apart: [{ value: 'Puits' }, { value: 'Le puits' }] },
      { field: 'association', value: null, named: '', apart: [] },
    ],
    sections: [
      { about: { key: 'context', title: '', guidance: '', chars_max: 100 }, text: 'Un', read_again: [{ anchor: 'a' }, { anchor: 'b' }], begun_apart: ['Deux'] },
    ],
    lines: [line('pump', 'expense', 3, 200), line('grant', 'resource', null, 500)],
    resources_cents: 500,
    time: [],
    rows: [],
  };
}

const over = (...edits) => overlaid(dossier(), edits.map((edit, n) => ({ at_ms: n, edit })), NAMES);
const setCell = (row, field, value) => ({ do: 'set_field', document: DOSSIER, row, field, value });

test('M4: a field of a dossier is settled by what is written', () => {
  const view = over(setCell(null, 'title', 'Le puits'), setCell(null, 'association', 'amal'));
  assert.deepEqual(view.fields[0], { field: 'title', value: 'Le puits', named: '', apart: [] });
  assert.deepEqual([view.fields[1].named, view.card.title, view.card.association], ['Amal', 'Le puits', 'Amal']);
});

test('M6: budget lines and totals', () => {
  const money = (view) => [view.lines.map(({ line, amount_cents }) => `${line} ${amount_cents}`), view.card.expenses_cents, view.resources_cents];
  assert.deepEqual(money(over(setCell('pump', 'quantity', 4), setCell('grant', 'unit_cents', 700))), [['pump 800', 'grant 700'], 800, 700]);
  assert.deepEqual(money(over(setCell('pump', 'quantity', null))), [['pump 200', 'grant 500'], 200, 500]);
  const add = { do: 'add_line', dossier: DOSSIER, line: 'pipe', side: 'expense', label: ' Tuyaux ' };
  assert.deepEqual(money(over(add, add, setCell('pipe', 'unit_cents', 50))), [['pump 600', 'pipe 50', 'grant 500'], 650, 500]);
  assert.deepEqual(over(add).lines[1].fields[0].value, 'Tuyaux');
  const state = (keep) => ({ do: 'set_line_state', dossier: DOSSIER, line: 'pump', keep });
  assert.deepEqual(money(over(state(false))), [['grant 500'], 0, 500]);
  assert.deepEqual(money(over(state(true))), [['pump 600', 'grant 500'], 600, 500]);
});

test('M6: dirhams follow their rate, and volunteers’ time counts on both sides', () => {
  const amounts = (view) => [view.lines[0].own_cents, view.lines[0].amount_cents, view.card.expenses_cents];
  const inDirhams = [...['quantity', 'unit_cents'].map((field) => setCell('cement', field, field === 'quantity' ? 3 : 333_333)), setCell('cement', 'currency', 'mad')];
  const add = { do: 'add_line', dossier: DOSSIER, line: 'cement', side: 'expense', label: 'Ciment' };
  const cement = (...edits) => {
    const view = over(add, ...inDirhams, ...edits);
    return amounts({ ...view, lines: view.lines.filter(({ line }) => line === 'cement') });
  };
  assert.deepEqual(cement(), [999_999, 0, 600], 'without its rate it counts for nothing');
  assert.deepEqual(cement(setCell('cement', 'rate_e4', 108_500)), [999_999, 92_166, 92_766]);
  const log = [{ do: 'add_time', dossier: DOSSIER, time: 'dig', label: 'Creuser' }, setCell('dig', 'hours_e2', 250), setCell('dig', 'hour_cents', 1_301)];
  const view = over(...log, log[0]);
  // 32.525 euros: half a cent goes up.
  assert.deepEqual([view.time[0].amount_cents, view.card.expenses_cents, view.resources_cents], [3_253, 3_853, 3_753]);
  assert.deepEqual(over(...log, { do: 'set_line_state', dossier: DOSSIER, line: 'dig', keep: false }).time, []);
});

test('M6: a row of a table shows at once, changes and goes', () => {
  const row = '4f00000000000001';
  const add = { do: 'add_row', document: DOSSIER, table: 'activity', row, fields: { label: ' Forer ', month_to: null } };
  const set = { do: 'set_field', document: DOSSIER, row, field: 'month_to', value: 6 };
  const rows = (...edits) => over(dossier(), ...edits).rows;
  const cells = ({ fields }) => fields.map(({ field, value }) => [field, value]);
  assert.deepEqual(rows(add, add).map(cells), [[['label', 'Forer'], ['month_to', null]]]);
  assert.deepEqual(rows(add, set).map(cells), [[['label', 'Forer'], ['month_to', 6]]]);
  assert.deepEqual(rows(add, { do: 'keep_row', document: DOSSIER, row, keep: false }), []);
});

test('M5, M10: sections', () => {
  const edit = (before, after) => ({ do: 'edit_section', dossier: DOSSIER, section: 'context', version: 'v1', before, after });
  const text = (...edits) => over(...edits).sections[0].text;
  assert.equal(text(edit('Un', 'Un deux'), edit('Un deux', 'Un deux trois')), 'Un deux trois');
  assert.equal(text(edit('Autre', 'Autre chose')), 'Un', 'what others changed meanwhile is placed by the engine');
  const settled = over({ do: 'settle_section', dossier: DOSSIER, section: 'context', text: 'Un et deux' }).sections[0];
  assert.deepEqual([settled.text, settled.begun_apart], ['Un et deux', []]);
  const read = over({ do: 'read_again', dossier: DOSSIER, section: 'context', anchor: 'a' }).sections[0];
  assert.deepEqual(read.read_again, [{ anchor: 'b' }]);
});

test('a Question that was settled is gone', () => {
  const settle = [
    { do: 'set_field', document: DOSSIER, row: null, field: 'title', value: 'x' },
    { do: 'set_field', document: DOSSIER, row: 'pump', field: 'quantity', value: 2 },
    { do: 'settle_marks', event: EVENT, slot: MORNING, person: ZAHRA, status: 'absent', withdrawal: 'w', reason: 'r' },
    { do: 'read_again', dossier: DOSSIER, section: 'context', anchor: 'a' },
    { do: 'settle_section', dossier: DOSSIER, section: 'context', text: '' },
    { do: 'set_line_state', dossier: DOSSIER, line: 'pump', keep: true },
    { do: 'not_same', person: ZAHRA, other: BADR },
    { do: 'link_same', person: ZAHRA, same_as: BADR },
  ];
  const ids = [
    'field/dossier/title',
    'field/dossier/pump/quantity',
    'marks/event/slot-morning/zahra',
    'read/dossier/context/a',
    'begun/dossier/context',
    'line/dossier/pump',
    'same/badr/zahra',
  ];
  const asked = [...ids, 'field/other/title'].map((id) => ({ id, question: {} }));
  const view = { view: 'questions', questions: asked, names: {}, slots: {}, authors: [] };
  const left = overlaid(view, settle.map((edit) => ({ at_ms: 1, edit })), NAMES);
  assert.deepEqual(left.questions.map(({ id }) => id), ['field/other/title']);
  assert.equal(overlaid(view, [{ at_ms: 1, edit: { do: 'add_phone', person: ZAHRA, row: 'r', phone: {} } }], NAMES), view);
  assert.deepEqual(settledBy(walkIn.edit), []);
});

test('a record shows the field, and not the Question that it settles', () => {
  const view = {
    view: 'record',
    document: DOSSIER,
    kind: 'dossier',
    title: 'Puits',
    fields: [{ field: 'title', value: 'Puits', named: '', apart: [{ value: 'Puits' }, { value: 'Le puits' }] }],
    phones: [],
    questions: [
      { ask: 'field_set_apart', document: DOSSIER, row: null, field: 'title', values: [] },
      { ask: 'possible_duplicate', person: ZAHRA, other: BADR, reasons: [] },
    ],
    history: [],
    older: 0,
    names: {},
    authors: [],
  };
  const left = overlaid(view, [{ at_ms: 1, edit: { do: 'set_field', document: DOSSIER, row: null, field: 'title', value: 'Le puits' } }], NAMES);
  assert.deepEqual([left.fields[0].value, left.questions.map(({ ask }) => ask)], ['Le puits', ['possible_duplicate']]);
});

test('what was begun here stands in its list, in its place', () => {
  const card = (event, first_day) => ({ event, title: event, first_day, starts: '' });
  const list = { view: 'events', events: [card('a', '2026-03-01'), card('c', '2026-05-01'), card('d', '')] };
  const create = { do: 'create_event', event: 'b', fields: { title: ' Atelier ' }, slots: [{ day: '2026-04-02', starts: '09:00' }, { day: '2026-04-01', starts: '14:00' }] };
  const { events } = overlaid(list, [create, create].map((edit) => ({ at_ms: 1, edit })), NAMES);
  assert.deepEqual(events.map(({ event }) => event), ['a', 'b', 'c', 'd']);
  assert.deepEqual([events[1].title, events[1].first_day, events[1].last_day, events[1].starts], ['Atelier', '2026-04-01', '2026-04-02', '14:00']);

  const dossiers = { view: 'dossiers', dossiers: [{ dossier: 'a', title: 'École' }, { dossier: 'c', title: 'Puits' }] };
  const begun = { do: 'create_dossier', dossier: 'b', fields: { title: 'Four', call: 'pra', association: 'amal' }, sections: [] };
  const cards = overlaid(dossiers, [{ at_ms: 1, edit: begun }], NAMES).dossiers;
  assert.deepEqual(cards.map(({ title }) => title), ['École', 'Four', 'Puits']);
  assert.deepEqual([cards[1].association, cards[1].call], ['Amal', 'PRA 2026']);
});

test('a consent shows at once, at the door and on the record, and the other one stands', () => {
  const said = (consent, agreed) => ({ at_ms: 70, edit: { do: 'set_consent', person: ZAHRA, consent, agreed } });
  const photo = (entries) => overlaid(event(), entries, NAMES).rows.map((row) => row.photo ?? null);
  assert.deepEqual(photo([said('photo', 'given')]), ['given']);
  assert.deepEqual(photo([said('photo', 'given'), said('photo', 'withdrawn')]), ['withdrawn']);
  assert.deepEqual(photo([said('messages', 'given')]), [null]);
  const consents = ['photo', 'messages'].map((consent) => ({ consent, agreed: null, by: null, at_ms: 0, may_give: true }));
  const record = { view: 'record', document: ZAHRA, fields: [], questions: [], consents };
  const after = overlaid(record, [said('messages', 'withdrawn')], NAMES);
  assert.deepEqual(after.consents.map(({ agreed, at_ms }) => [agreed, at_ms]), [[null, 0], ['withdrawn', 70]]);
});

test('a rule of the house holds as soon as it is set, and its default again when that is taken out', () => {
  const setting = { field: 'event_keep_days', value: 30, default: 30, least: 1, most: 3650, is_set: false, apart: [] };
  const house = { view: 'settings', settings: [setting], texts: [{ field: 'house_name', value: null, named: '', apart: [] }] };
  const set = (field, value) => ({ at_ms: 1, edit: { do: 'set_field', document: 'settings', row: null, field, value } });
  const shown = (...entries) => {
    const { settings, texts } = overlaid(house, entries, NAMES);
    return [settings[0].value, settings[0].is_set, texts[0].value];
  };
  assert.deepEqual(shown(set('event_keep_days', 45)), [45, true, null]);
  assert.deepEqual(shown(set('event_keep_days', 45), set('event_keep_days', null)), [30, false, null]);
  assert.deepEqual(shown(set('house_name', ' M&D ')), [30, false, 'M&D']);
});
