//! Which dossiers the list shows, and how. In memory alone: Back leads to the list as it was left.
import type { DossierCard } from '../../generated/DossierCard';
import { byAlphabet } from '../../i18n/format';
import { byDeadline, daysUntil, deadlineOf, stageText } from './deadlines';

export type Shape = 'list' | 'board' | 'table';
export type Span = '' | 'late' | 'month' | 'quarter' | 'none';
export type Column = 'title' | 'association' | 'call' | 'stage' | 'territory' | 'coordinator' | 'deadline' | 'grant';

export interface Filters {
  call: string;
  association: string;
  territory: string;
  coordinator: string;
  stage: string;
  span: Span;
}

export const NO_FILTERS: Filters = { call: '', association: '', territory: '', coordinator: '', stage: '', span: '' };

class Listing {
  shape: Shape | '' = $state('');
  query = $state('');
  filters: Filters = $state({ ...NO_FILTERS });
  column: Column = $state('deadline');
  descends = $state(false);
}

/** One for all visits of the list. */
export const listing = new Listing();

export const filtersSet = (filters: Filters): number => Object.values(filters).filter(Boolean).length;

const SPAN_DAYS = { month: 30, quarter: 90 } as const;

function isInSpan(card: DossierCard, span: Span): boolean {
  if (!span) return true;
  const deadline = deadlineOf(card);
  if (span === 'none') return deadline === null;
  if (!deadline) return false;
  const days = daysUntil(deadline.day);
  return span === 'late' ? days < 0 : days >= 0 && days <= SPAN_DAYS[span];
}

export function passes(card: DossierCard, filters: Filters): boolean {
  const is = (asked: string, value: string | null) => !asked || asked === (value ?? '');
  return (
    is(filters.call, card.call_id) &&
    is(filters.association, card.association_id) &&
    is(filters.territory, card.territory) &&
    is(filters.coordinator, card.coordinator) &&
    is(filters.stage, card.stage) &&
    isInSpan(card, filters.span)
  );
}

/** What a column holds, as text that sorts. */
function sortText(card: DossierCard, column: Column, stages: readonly string[]): string {
  switch (column) {
    case 'stage':
      return String(stages.indexOf(card.stage)).padStart(3, '0');
    case 'deadline':
      return deadlineOf(card)?.day ?? '~';
    case 'grant':
      return String(card.grant_cents).padStart(16, '0');
    default:
      return card[column];
  }
}

/** By a column; what is empty stands last, whichever way. */
export function sorted(cards: readonly DossierCard[], column: Column, descends: boolean, stages: readonly string[]): DossierCard[] {
  const compare = byAlphabet();
  const texts = new Map(cards.map((card) => [card, sortText(card, column, stages)]));
  const isEmpty = (text: string) => text === '' || text === '~' || text === '0'.repeat(16);
  return byDeadline(cards).sort((a, b) => {
    const [left, right] = [texts.get(a) ?? '', texts.get(b) ?? ''];
    if (isEmpty(left) !== isEmpty(right)) return isEmpty(left) ? 1 : -1;
    return descends ? compare(right, left) : compare(left, right);
  });
}

/** What may be chosen of a kind: what the cards have, each once, by the alphabet. */
export function choicesIn(cards: readonly DossierCard[], of: (card: DossierCard) => [value: string | null, label: string]) {
  const found = new Map<string, string>();
  for (const card of cards) {
    const [value, label] = of(card);
    if (value && label) found.set(value, label);
  }
  const compare = byAlphabet();
  return [...found].map(([value, label]) => ({ value, label })).sort((a, b) => compare(a.label, b.label));
}

/** The stages that some of the cards are at, in their order. */
export function stagesIn(cards: readonly DossierCard[], order: readonly string[]): { stage: string; label: string; cards: DossierCard[] }[] {
  const by = new Map<string, DossierCard[]>();
  for (const card of byDeadline(cards)) by.set(card.stage, [...(by.get(card.stage) ?? []), card]);
  const place = (stage: string) => order.indexOf(stage);
  return [...by]
    .sort(([a], [b]) => place(a) - place(b))
    .map(([stage, found]) => ({ stage, label: stageText(stage), cards: found }));
}
