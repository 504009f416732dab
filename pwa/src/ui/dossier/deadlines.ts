//! When the next thing of a dossier is due, and how far that is.
import type { DossierCard } from '../../generated/DossierCard';
import type { Due } from '../../generated/Due';
import { dayInWords, isolate, m, today, wordLabel } from '../../i18n';

/** The call's closing, or what a row of the dossier says. */
export interface Deadline {
  /** `2026-11-23` */
  day: string;
  what: 'closing' | Due['kind'];
  label: string;
}

/** Before it is filed a dossier waits for its call to close; afterwards that is no matter. */
const BEFORE_FILING: readonly string[] = ['', 'idea', 'accompaniment', 'writing', 'visa'];

/** Nearer than this, in days, it is pressing. */
const PRESSING_DAYS = 14;

const ONE_DAY_MS = 86_400_000;

/** The day of an instant where calls close: FORIM's deadlines are of France, whatever zone the phone is in. */
function dayInParis(at_ms: number): string {
  const parts = new Intl.DateTimeFormat('en-CA', { timeZone: 'Europe/Paris', year: 'numeric', month: '2-digit', day: '2-digit' });
  return parts.format(at_ms);
}

/** The nearest of a dossier's deadlines, also where it is past; none where nothing has a day. */
export function deadlineOf({ stage, closes_ms, due }: DossierCard): Deadline | null {
  const closing: Deadline | null =
    closes_ms > 0 && BEFORE_FILING.includes(stage) ? { day: dayInParis(closes_ms), what: 'closing', label: '' } : null;
  const row: Deadline | null = due ? { day: due.day, what: due.kind, label: due.label } : null;
  if (!closing || !row) return closing ?? row;
  return row.day < closing.day ? row : closing;
}

/** Days from today; below zero it is past. */
export function daysUntil(day: string): number {
  return Math.round((Date.parse(`${day}T00:00:00Z`) - Date.parse(`${today()}T00:00:00Z`)) / ONE_DAY_MS);
}

export function toneOf(day: string): 'terracotta' | 'ochre' | 'plain' {
  const days = daysUntil(day);
  return days < 0 ? 'terracotta' : days <= PRESSING_DAYS ? 'ochre' : 'plain';
}

/** 'dans 12 jours', 'il y a 3 jours', or the day in words where it is far. */
export function whenText(day: string): string {
  const days = daysUntil(day);
  if (days === 0) return m.due_today();
  if (days < 0) return m.due_late({ count: -days });
  return days <= 60 ? m.due_in({ count: days }) : isolate(dayInWords(day));
}

/** 'Clôture de l’appel', 'Rapport final' */
export function whatText({ what, label }: Pick<Deadline, 'what' | 'label'>): string {
  switch (what) {
    case 'closing':
      return m.due_closing();
    case 'instalment':
      return m.due_instalment({ label: isolate(label) });
    case 'mention':
      return m.due_mention();
    default:
      return isolate(label);
  }
}

/** Cards by their nearest deadline, those without one last, then by title. */
export function byDeadline(cards: readonly DossierCard[]): DossierCard[] {
  const day = new Map(cards.map((card) => [card, deadlineOf(card)?.day ?? '~']));
  return cards.slice().sort((a, b) => {
    const [left, right] = [day.get(a) ?? '~', day.get(b) ?? '~'];
    return left === right ? 0 : left < right ? -1 : 1;
  });
}

export const stageText = (stage: string): string => (stage ? wordLabel('stage', stage) : m.stage_none());
