/** What is laid over a dossier and over a document's record. It comes with the screens that show one: see `layOver`. */
import type { DossierView } from '../generated/DossierView';
import type { Entry } from '../generated/Entry';
import type { Field } from '../generated/Field';
import type { FieldView } from '../generated/FieldView';
import type { LineView } from '../generated/LineView';
import type { Question } from '../generated/Question';
import type { RowId } from '../generated/RowId';
import type { RowView } from '../generated/RowView';
import type { TimeView } from '../generated/TimeView';
import { foldSearch } from '../search';
import { type Does, inserted, layOver, type Names, type Of, textOf, tidy, titleOf, withField, withText } from './overlay';
import { settledBy } from './settled';

layOver('dossiers', overDossiers);
layOver('dossier', overDossier);
layOver('call', overCall);
layOver('record', overRecord);
layOver('association', overAssociation);
layOver('questions', overQuestions);

function overQuestions(view: Of<'questions'>, { edit }: Entry): Of<'questions'> {
  const settled = settledBy(edit);
  if (!view.questions.some(({ id }) => settled.includes(id))) return view;
  return { ...view, questions: view.questions.filter(({ id }) => !settled.includes(id)) };
}

function overDossiers(list: Of<'dossiers'>, { edit }: Entry, names: Names): Of<'dossiers'> {
  if (edit.do !== 'create_dossier' || list.dossiers.some(({ dossier }) => dossier === edit.dossier)) return list;
  const text = textOf(edit.fields);
  const card = {
    dossier: edit.dossier,
    title: text('title'),
    association: titleOf(edit.fields.association ?? null, names),
    association_id: text('association') || null,
    stage: text('stage'),
    sector: text('sector'),
    territory: text('territory'),
    coordinator: text('coordinator'),
    call: titleOf(edit.fields.call ?? null, names),
    call_id: text('call') || null,
    closes_ms: 0,
    due: null,
    grant_cents: 0,
    mine: true,
    news: false,
    expenses_cents: 0,
    questions: 0,
  };
  const place = list.dossiers.findIndex((other) => foldSearch(other.title) > foldSearch(card.title));
  return { ...list, dossiers: inserted(list.dossiers, place, card) };
}

function overAssociation(shown: Of<'association'>, entry: Entry, names: Names): Of<'association'> {
  const { edit } = entry;
  if (!('document' in edit) || edit.document !== shown.association) return shown;
  if (edit.do === 'set_field' && edit.row !== null) return { ...shown, rows: withRowCell(shown.rows, edit, names) };
  return withRows(shown, entry);
}

// --- Dossiers

type Dossier = DossierView & { view: 'dossier' };

function overDossier(dossier: Dossier, entry: Entry, names: Names): Dossier {
  const { edit } = entry;
  const mine = 'dossier' in edit ? edit.dossier : 'document' in edit ? edit.document : null;
  if (mine !== dossier.card.dossier) return dossier;
  switch (edit.do) {
    case 'set_field':
      return edit.row === null ? withDossierField(dossier, edit, names) : withCell(dossier, edit.row, edit, names);
    case 'edit_section':
      // Where others changed the text meanwhile, the engine places the words.
      return withSection(dossier, edit.section, (section) =>
        section.text === edit.before ? { ...section, text: edit.after } : section,
      );
    case 'settle_section':
      return withSection(dossier, edit.section, (section) => ({ ...section, text: edit.text, begun_apart: [] }));
    case 'read_again':
      return withSection(dossier, edit.section, (section) => ({
        ...section,
        read_again: section.read_again.filter(({ anchor }) => anchor !== edit.anchor),
      }));
    case 'add_line':
      return withLine(dossier, edit);
    case 'add_time':
      if (dossier.time.some(({ time }) => time === edit.time)) return dossier;
      return withLines(dossier, dossier.lines, [
        ...dossier.time,
        { time: edit.time, fields: cellsOf(ENTRY_CELLS, edit.label), amount_cents: 0, state: 'kept' },
      ]);
    case 'set_line_state': {
      const stays = (row: RowId) => row !== edit.line || edit.keep;
      const decided = <Row extends LineView | TimeView>(shown: Row, row: RowId): Row =>
        row === edit.line ? { ...shown, state: 'kept' } : shown;
      return withLines(
        dossier,
        dossier.lines.filter(({ line }) => stays(line)).map((line) => decided(line, line.line)),
        dossier.time.filter(({ time }) => stays(time)).map((entry) => decided(entry, entry.time)),
      );
    }
    case 'add_row':
    case 'keep_row':
      return withRows(dossier, entry);
    default:
      return dossier;
  }
}

function withSection(
  dossier: Dossier,
  key: string,
  change: (section: DossierView['sections'][number]) => DossierView['sections'][number],
): Dossier {
  return { ...dossier, sections: dossier.sections.map((section) => (section.about.key === key ? change(section) : section)) };
}

function withDossierField(dossier: Dossier, edit: Does<'set_field'>, names: Names): Dossier {
  // The card shows the names of documents, not their ids.
  const shown = edit.field === 'association' || edit.field === 'call' ? titleOf(edit.value, names) : edit.value;
  const card = withText(dossier.card, edit.field, shown);
  return { ...dossier, card, fields: withField(dossier.fields, edit, names) };
}

function withCell(dossier: Dossier, row: RowId, edit: Does<'set_field'>, names: Names): Dossier {
  const lines = dossier.lines.map((line) => {
    if (line.line !== row) return line;
    const fields = withField(line.fields, edit, names);
    return { ...line, fields, ...amountsOf(fields) };
  });
  const time = dossier.time.map((entry) => {
    if (entry.time !== row) return entry;
    const fields = withField(entry.fields, edit, names);
    const worth = (numberIn(fields, 'hours_e2') ?? 0) * (numberIn(fields, 'hour_cents') ?? 0);
    return { ...entry, fields, amount_cents: Math.floor((worth + 50) / 100) };
  });
  return { ...withLines(dossier, lines, time), rows: withRowCell(dossier.rows, edit, names) };
}

function withRowCell(rows: RowView[], edit: Does<'set_field'>, names: Names): RowView[] {
  return rows.map((row) => {
    if (row.row !== edit.row) return row;
    const has = row.fields.some(({ field }) => field === edit.field);
    const fields = has ? row.fields : [...row.fields, { field: edit.field, value: null, named: '', apart: [] }];
    return { ...row, fields: withField(fields, edit, names), state: 'kept' };
  });
}

function withRows<Shown extends { rows: RowView[] }>(shown: Shown, { at_ms, edit }: Entry): Shown {
  switch (edit.do) {
    case 'add_row': {
      const { table, row } = edit;
      if (shown.rows.some((other) => other.row === row)) return shown;
      const fields = Object.entries(edit.fields).map(([field, value]): FieldView => {
        return { field: field as Field, value: tidy(value ?? null), named: '', apart: [] };
      });
      return { ...shown, rows: [...shown.rows, { table, row, fields, state: 'kept', by: null, at_ms }] };
    }
    case 'keep_row':
      if (!edit.keep) return { ...shown, rows: shown.rows.filter(({ row }) => row !== edit.row) };
      return { ...shown, rows: shown.rows.map((one) => (one.row === edit.row ? { ...one, state: 'kept' } : one)) };
    default:
      return shown;
  }
}

/** The cells of a line, in the engine's order. */
const CELLS: readonly Field[] = [
  'label',
  'heading',
  'nature',
  'quantity',
  'unit',
  'unit_cents',
  'currency',
  'rate_e4',
  'rate_day',
  'funding',
  'proof',
  'spent_cents',
  'difference',
];

/** The cells of an entry of the log of volunteers' time. */
const ENTRY_CELLS: readonly Field[] = ['volunteer', 'day', 'label', 'hours_e2', 'hour_cents'];

const cellsOf = (cells: readonly Field[], label: string) =>
  cells.map((field): FieldView => ({ field, value: field === 'label' ? label.trim() : null, named: '', apart: [] }));

function withLine(dossier: Dossier, edit: Does<'add_line'>): Dossier {
  if (dossier.lines.some(({ line }) => line === edit.line)) return dossier;
  const fields = cellsOf(CELLS, edit.label);
  const line: LineView = { line: edit.line, side: edit.side, fields, amount_cents: 0, own_cents: 0, state: 'kept' };
  return withLines(dossier, [...dossier.lines, line]);
}

/** The lines, expenses first, and the totals of both sides; what more a budget comes to, and its checks, the engine says. */
function withLines(dossier: Dossier, lines: LineView[], time: TimeView[] = dossier.time): Dossier {
  const of = (side: LineView['side']) => lines.filter((line) => line.side === side);
  // Volunteers' time counts on both sides.
  const total = (side: LineView['side']) => [...of(side), ...time].reduce((cents, row) => cents + row.amount_cents, 0);
  const card = { ...dossier.card, expenses_cents: total('expense') };
  return { ...dossier, card, lines: [...of('expense'), ...of('resource')], time, resources_cents: total('resource') };
}

function numberIn(fields: readonly FieldView[], name: Field): number | null {
  const value = fields.find(({ field }) => field === name)?.value;
  return typeof value === 'number' ? value : null;
}

/** See `budget::line_cents` in the engine. Whole numbers throughout, and none above what a number holds exactly. */
function amountsOf(fields: readonly FieldView[]): { own_cents: number; amount_cents: number } {
  const own_cents = (numberIn(fields, 'quantity') ?? 1) * (numberIn(fields, 'unit_cents') ?? 0);
  if (fields.find(({ field }) => field === 'currency')?.value !== 'mad') return { own_cents, amount_cents: own_cents };
  const rate = numberIn(fields, 'rate_e4');
  if (!rate) return { own_cents, amount_cents: 0 };
  const rest = own_cents % rate;
  const rounded = Math.floor((rest * 20_000 + rate) / (2 * rate));
  return { own_cents, amount_cents: ((own_cents - rest) / rate) * 10_000 + rounded };
}

// --- Calls

function overCall(call: Of<'call'>, entry: Entry, names: Names): Of<'call'> {
  const { edit } = entry;
  const mine = 'call' in edit ? edit.call : 'document' in edit ? edit.document : null;
  if (mine !== call.call) return call;
  switch (edit.do) {
    case 'set_field':
      if (edit.row !== null) return { ...call, rows: withRowCell(call.rows, edit, names) };
      return { ...withText(call, edit.field, edit.value), fields: withField(call.fields, edit, names) };
    case 'add_row':
    case 'keep_row':
      return withRows(call, entry);
    case 'confirm_rule': {
      const others = call.to_confirm.filter((field) => field !== edit.field);
      return { ...call, to_confirm: edit.confirmed ? others : [...others, edit.field] };
    }
    default:
      return call;
  }
}

// --- Records

type Recorded = Of<'record'>;

function overRecord(record: Recorded, entry: Entry, names: Names): Recorded {
  const { at_ms, edit } = entry;
  const settled = new Set(settledBy(edit));
  const questions = record.questions.filter((question) => !settled.has(questionId(question)));
  const left = questions.length === record.questions.length ? record : { ...record, questions };
  if (edit.do === 'set_field' && edit.row === null && edit.document === record.document) {
    return { ...left, fields: withField(record.fields, edit, names) };
  }
  if (edit.do === 'set_field' && edit.document === record.document) {
    return { ...left, rows: withRowCell(record.rows, edit, names) };
  }
  if ((edit.do === 'add_row' || edit.do === 'keep_row') && edit.document === record.document) {
    return withRows(left, entry);
  }
  if (edit.do === 'set_consent' && edit.person === record.document) {
    const consents = record.consents.map((shown) => {
      if (shown.consent !== edit.consent || shown.agreed === edit.agreed) return shown;
      return { ...shown, agreed: edit.agreed, by: null, at_ms };
    });
    return { ...left, consents };
  }
  return left;
}

/** See `Question::id` in the engine. */
function questionId(question: Question): string {
  switch (question.ask) {
    case 'field_set_apart':
      return ['field', question.document, ...(question.row === null ? [] : [question.row]), question.field].join('/');
    case 'late_marks':
      return `late/${question.event}`;
    case 'marks_contradict':
      return `marks/${question.event}/${question.slot}/${question.person}`;
    case 'read_again':
      return `read/${question.dossier}/${question.section}/${question.paragraph.anchor}`;
    case 'section_begun_apart':
      return `begun/${question.dossier}/${question.section}`;
    case 'line_removed_and_changed':
      return `line/${question.dossier}/${question.line}`;
    case 'row_removed_and_changed':
      return `row/${question.document}/${question.row}`;
    case 'counted_apart':
      return `count/${question.event}/${question.slot}/${question.sex}/${question.age_band}`;
    case 'sheet_odd':
      // Nothing that is typed settles it.
      return '';
    case 'possible_duplicate':
      return `same/${question.person}/${question.other}`;
  }
}
