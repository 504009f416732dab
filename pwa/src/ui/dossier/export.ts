//! The list of dossiers as a file, made on this device: without a network too.
import type { DossierCard } from '../../generated/DossierCard';
import { fieldLabel, m, wordLabel } from '../../i18n';
import { deadlineOf, stageText } from './deadlines';

/** A spreadsheet takes these at the beginning of a cell for a formula: what somebody typed must not become one. */
const FORMULA = /^[=+\-@\t\r]/;

function cell(value: string): string {
  const harmless = FORMULA.test(value) ? `'${value}` : value;
  return /[";\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}

/** Euros with a comma and no separators: what a French spreadsheet takes for a number. */
const euros = (cents: number): string => (cents / 100).toFixed(2).replace('.', ',');

/** UTF-8 with a byte order mark, semicolons, as French spreadsheets read it. */
export function dossiersCsv(cards: readonly DossierCard[]): string {
  const heads = [
    m.dossier_field_title(),
    fieldLabel('association'),
    fieldLabel('call'),
    fieldLabel('stage'),
    fieldLabel('territory'),
    fieldLabel('sector'),
    fieldLabel('coordinator'),
    m.dossiers_deadline(),
    m.dossiers_deadline_what(),
    [fieldLabel('grant_cents'), m.field_in_euros()].join(', '),
    [m.line_expenses(), m.field_in_euros()].join(', '),
    m.nav_questions(),
  ];
  const rows = cards.map((card) => {
    const deadline = deadlineOf(card);
    const what = deadline?.what === 'closing' ? m.due_closing() : (deadline?.label ?? '');
    return [
      card.title,
      card.association,
      card.call,
      stageText(card.stage),
      card.territory,
      card.sector && wordLabel('sector', card.sector),
      card.coordinator,
      deadline?.day ?? '',
      what,
      card.grant_cents > 0 ? euros(card.grant_cents) : '',
      euros(card.expenses_cents),
      String(card.questions),
    ];
  });
  return `\ufeff${[heads, ...rows].map((row) => row.map(cell).join(';')).join('\r\n')}\r\n`;
}

/** Hands a text over as a file. */
export function saveText(text: string, name: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: 'text/csv;charset=utf-8' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}
