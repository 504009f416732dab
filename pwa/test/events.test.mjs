import './typescript.mjs';
import assert from 'node:assert/strict';
import { test } from 'node:test';

const { addDays, addMonths, daysBetween, isDay, seriesDays } = await import('../src/ui/events/calendar.ts');
const { copyEdits } = await import('../src/ui/events/copying.ts');
const { cellOf, countedIn, readPeople } = await import('../src/ui/events/headcount.ts');
const { readLanguages, writeLanguages } = await import('../src/ui/events/languages.ts');
const { matched, readLines, readName } = await import('../src/ui/door/pasted.ts');

test('days are counted on the calendar, whatever the clocks do', () => {
  // The nights on which Europe changes its clocks, and the year.
  assert.equal(addDays('2026-03-28', 1), '2026-03-29');
  assert.equal(addDays('2026-03-29', 1), '2026-03-30');
  assert.equal(addDays('2026-10-24', 2), '2026-10-26');
  assert.equal(addDays('2026-12-31', 1), '2027-01-01');
  assert.equal(addDays('2028-02-28', 1), '2028-02-29');
  assert.equal(addDays('2026-03-01', -1), '2026-02-28');
  assert.equal(daysBetween('2026-10-24', '2026-10-26'), 2);
  assert.equal(daysBetween('2026-11-23', '2026-11-20'), -3);
  assert.equal(addDays('', 1), '', 'what is no day stays as it is');
  for (const day of ['', '2026-02-30', '2026-13-01', '26-01-01', '2026-1-1']) assert.ok(!isDay(day), day);
});

test('a series of a month’s last days comes back to them', () => {
  assert.deepEqual(seriesDays('2026-01-31', 'monthly', 5), ['2026-01-31', '2026-02-28', '2026-03-31', '2026-04-30', '2026-05-31']);
  assert.deepEqual(seriesDays('2027-12-30', 'monthly', 3), ['2027-12-30', '2028-01-30', '2028-02-29']);
  assert.equal(addMonths('2026-11-30', 3), '2027-02-28');
  assert.deepEqual(seriesDays('2026-03-21', 'weekly', 3), ['2026-03-21', '2026-03-28', '2026-04-04']);
  assert.deepEqual(seriesDays('2026-10-17', 'fortnightly', 3), ['2026-10-17', '2026-10-31', '2026-11-14']);
  assert.deepEqual(seriesDays('2026-10-17', 'weekly', 0), []);
});

test('a copy has its own ids, its days stand to each other as before, and nothing that was marked comes along', () => {
  let made = 0;
  const ids = { document: () => `document-${++made}`, row: () => `row-${++made}` };
  const field = (field, value) => ({ field, value, named: '', apart: [] });
  const slot = (slot, day, starts, ends) => ({ slot, day, starts, ends, attended: 7, signed: 3 });
  const head = {
    fields: [field('title', 'Atelier'), field('place', 'Salle 2'), field('capacity', 20), field('remarks', null), field('series', 's1'), field('badge_key', 'k')],
    slots: [slot('a', '2026-03-27', '09:00', '12:30'), slot('b', '2026-03-30', '14:00', '')],
    trainers: [{ trainer: 't', name: 'Zahra', signatures: [] }],
    links: [{ document: 'd', kind: 'dossier', title: '' }],
  };
  const { event, edits } = copyEdits(head, ['p1', 'p2'], { firstDay: '2026-10-24', series: '' }, ids);
  assert.equal(event, 'document-1');
  assert.deepEqual(edits[0], {
    do: 'create_event',
    event,
    fields: { title: 'Atelier', place: 'Salle 2', capacity: 20 },
    slots: [
      { slot: 'row-2', day: '2026-10-24', starts: '09:00', ends: '12:30' },
      { slot: 'row-3', day: '2026-10-27', starts: '14:00', ends: '' },
    ],
  });
  assert.deepEqual(edits.slice(1), [
    { do: 'add_trainer', event, trainer: { trainer: 'row-4', name: 'Zahra' } },
    { do: 'link_event', event, document: 'd', kind: 'dossier' },
    { do: 'add_to_roster', event, person: 'p1' },
    { do: 'add_to_roster', event, person: 'p2' },
  ]);
  const sister = copyEdits(head, [], { firstDay: '2026-04-03', series: 's1' }, ids);
  assert.equal(sister.edits[0].fields.series, 's1');
  assert.equal(sister.edits.length, 3);
});

test('people without names are added up by half-day and sex', () => {
  const one = (slot, sex, age_band, people) => ({ slot, sex, age_band, people, apart: [] });
  const all = [one('a', 'f', '18_30', 4), one('a', 'f', '', 2), one('a', 'h', '18_30', 3), one('b', 'f', '18_30', 9)];
  assert.equal(countedIn(all, 'a'), 9);
  assert.equal(countedIn(all, 'a', 'f'), 6);
  assert.equal(countedIn(all, undefined), 0);
  assert.equal(cellOf(all, 'a', 'f', '')?.people, 2);
  assert.equal(cellOf(all, 'b', 'f', ''), undefined);
  for (const [text, people] of [['', 0], [' 12 ', 12], ['100000', 100_000], ['100001', null], ['-1', null], ['1,5', null], ['douze', null]]) {
    assert.equal(readPeople(text), people, text);
  }
});

test('languages are kept as one text', () => {
  assert.deepEqual(readLanguages('fr, shi, darija , wolof'), { usual: ['fr', 'shi'], others: 'darija, wolof' });
  assert.equal(writeLanguages({ usual: ['shi', 'fr'], others: ' darija ,, fr' }), 'fr, shi, darija');
  assert.deepEqual(readLanguages(''), { usual: [], others: '' });
  assert.equal(writeLanguages({ usual: [], others: '' }), '');
});

test('a pasted line is read as a name, with its parts where they can be told', () => {
  const cases = [
    ['AÏT BRAHIM Fatima', 'Fatima', 'AÏT BRAHIM', ''],
    ['Fatima AÏT BRAHIM', 'Fatima', 'AÏT BRAHIM', ''],
    ['12. Mohamed El Amrani', 'Mohamed', 'El Amrani', ''],
    ['- Hassan OUCHEN  06 12 34 56 78', 'Hassan', 'OUCHEN', ''],
    ['• Rkia Tazenakht rkia@exemple.org', 'Rkia', 'Tazenakht', ''],
    ['☐ Saïd', 'Saïd', '', ''],
    ['El Amrani;Mohamed', 'Mohamed', 'El Amrani', ''],
    ['Amrani, Mohamed', 'Mohamed', 'Amrani', ''],
    ['Amrani\tMohamed\t0612345678', 'Mohamed', 'Amrani', ''],
    ['FATIMA AMZIL', 'FATIMA', 'AMZIL', ''],
    ["M'hamed L'Ouali", "M'hamed", "L'Ouali", ''],
    ['أمينة أيت إبراهيم', '', '', 'أمينة أيت إبراهيم'],
  ];
  for (const [text, given, family, name_ar] of cases) assert.deepEqual(readName(text), { given, family, name_ar }, text);
  for (const text of ['', '   ', '12.', '06 12 34 56 78', '—']) assert.equal(readName(text), null, text);
});

test('each pasted line says whether somebody is known, may be meant, is new, or was there before', () => {
  const list = ['AIT BRAHIM Fatima', '', 'Mohamed El Amrani', 'Amzil Saïd', 'Hassan Ouchen', 'فاطمة أيت إبراهيم', 'OUCHEN Hassan'].join('\r\n');
  const names = readLines(list);
  assert.deepEqual(names.map(({ text }) => text).at(-2), 'فاطمة أيت إبراهيم');
  // Who the engine knows for each line.
  const one = (person, reason) => ({ card: { person, name: person, name_ar: '', association: '', search: '' }, reasons: [reason] });
  const found = [
    [one('1', 'same_name'), one('7', 'name_alike')],
    [one('2', 'name_sounds')],
    [one('3', 'same_name'), one('4', 'same_name')],
    [],
    [one('1', 'same_name')],
    [],
  ];
  const read = matched(names, found).map(({ line, match }) => [
    line,
    match.is,
    match.is === 'sure' ? match.person.person : match.is === 'several' ? match.people.map(({ card }) => card.person).join() : match.is === 'again' ? match.line : '',
  ]);
  assert.deepEqual(read, [
    [1, 'sure', '1'],
    [3, 'several', '2'],
    [4, 'several', '3,4'],
    [5, 'new', ''],
    // The same person in other letters.
    [6, 'again', 1],
    [7, 'again', 5],
  ]);
});
