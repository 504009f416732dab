//! The indicators of the house, counted by the server: how they are asked for, and how their numbers are said. What is counted stands
//! in the engine's `indicators.rs`.
import type { Grouping } from '../../generated/Grouping';
import type { Indicator } from '../../generated/Indicator';
import type { IndicatorCode } from '../../generated/IndicatorCode';
import type { IndicatorLine } from '../../generated/IndicatorLine';
import type { IndicatorTable } from '../../generated/IndicatorTable';
import type { IndicatorUnit } from '../../generated/IndicatorUnit';
import type { Indicators } from '../../generated/Indicators';
import type { Kind } from '../../generated/Kind';
import type { Shown } from '../../generated/Shown';
import { isolate, language, m, money, number, region, wordLabel } from '../../i18n';
import { ask } from '../../store/api';
import { screenOf } from '../desk/screens';
import { hoursText } from '../figures/figures';
import { hrefOf } from '../router';

/** What is asked for. Days as `2026-01-01`; empty is no end, everything, everywhere. */
export interface Asked {
  from: string;
  to: string;
  programme: string;
  territory: string;
}

export interface Completeness {
  events: number;
  unsealed: number;
  changed: number;
  questions: number;
  undated: number;
  phones: number;
  /** Sex, age band, département, origin. */
  unknown_bp: [number, number, number, number];
  changed_ms: number;
}

export interface Territory {
  code: string;
  name: string;
  name_ar: string;
}

export interface Answer {
  now: Indicators;
  before: Indicators | null;
  is_masked: boolean;
  completeness: Completeness;
  programmes: string[];
  territories: Territory[];
}

/** A record behind a number. */
export interface Behind {
  day: string;
  document: string;
  kind: Kind | '';
  title: string;
  event: string | null;
  event_title: string;
  value: number;
}

export interface BehindPage {
  items: Behind[];
  next: string | null;
  total: number;
}

/** A number somebody looks behind. */
export interface Wanted {
  code: IndicatorCode;
  title: string;
  by?: Grouping;
  key?: string;
}

/** Counting half a million participations takes a few seconds. */
const WAIT_MS = 60_000;

const query = (parts: object): string =>
  new URLSearchParams(Object.entries(parts).filter(([, value]) => value !== '' && value !== undefined) as [string, string][]).toString();

export const readIndicators = (asked: Asked) => ask<Answer>(`/api/v1/indicators?${query(asked)}`, undefined, WAIT_MS);

export const readBehind = (asked: Asked, { code, by, key }: Wanted, after: string | null) =>
  // The key of what is not filled in is empty, and is said.
  ask<BehindPage>(`/api/v1/indicators/${code}/records?${query({ ...asked, by, after: after ?? '' })}${by ? `&key=${encodeURIComponent(key ?? '')}` : ''}`, undefined, WAIT_MS);

export const reportPath = (asked: Asked, sections: readonly string[], form: 'pdf' | 'xlsx'): string =>
  `/api/v1/report.${form}?${query({ ...asked, sections: sections.join(',') })}`;

/** Where a record is worked on. People are seen where they took part. */
export function placeOf({ kind, document, event }: Behind): string | undefined {
  if (kind === '') return undefined;
  if (kind === 'association') return hrefOf({ screen: 'association', association: document });
  if (kind === 'person' && event) return hrefOf({ screen: 'event', event });
  return hrefOf(screenOf(kind, document));
}

const LABELS: Record<IndicatorCode, () => string> = {
  events: m.sums_code_events,
  participations: m.sums_code_participations,
  people: m.sums_code_people,
  people_new: m.sums_code_people_new,
  unnamed: m.sums_code_unnamed,
  associations: m.sums_code_associations,
  associations_new: m.sums_code_associations_new,
  support_attended: m.sums_code_support_attended,
  support_individual: m.sums_code_support_individual,
  support_collective: m.sums_code_support_collective,
  dossiers: m.sums_code_dossiers,
  dossiers_visaed: m.sums_code_dossiers_visaed,
  dossiers_filed: m.sums_code_dossiers_filed,
  asked_cents: m.sums_code_asked_cents,
  dossiers_granted: m.sums_code_dossiers_granted,
  granted_cents: m.sums_code_granted_cents,
  dossiers_refused: m.sums_code_dossiers_refused,
  success_rate: m.sums_code_success_rate,
  opinions: m.sums_code_opinions,
  satisfaction: m.sums_code_satisfaction,
  led_by_women: m.sums_code_led_by_women,
  led_by_youth: m.sums_code_led_by_youth,
};

const TITLES: Record<Grouping, () => string> = {
  month: m.sums_by_month,
  novelty: m.sums_by_novelty,
  sex: m.sums_by_sex,
  age_band: m.sums_by_age_band,
  departement: m.sums_by_departement,
  origin: m.sums_by_origin,
  unnamed_sex: m.sums_by_unnamed_sex,
  unnamed_age_band: m.sums_by_unnamed_age_band,
  association_origin: m.sums_by_association_origin,
  association_departement: m.sums_by_association_departement,
  led_by_women: m.sums_by_led_by_women,
  led_by_youth: m.sums_by_led_by_youth,
  stage: m.sums_by_stage,
  useful: m.sums_by_useful,
  clear: m.sums_by_clear,
  again: m.sums_by_again,
};

export const label = (code: IndicatorCode): string => LABELS[code]();
export const tableTitle = (by: Grouping): string => TITLES[by]();

/** '1 234', '12 h 30', '4 500,00 €', '66,67 %' */
export function valueText(value: number | null, unit: IndicatorUnit): string {
  if (value === null) return m.sums_no_value();
  switch (unit) {
    case 'count':
      return number(value);
    case 'minutes':
      return hoursText(value);
    case 'cents':
      return money(value);
    case 'basis_points':
      return percent(value / 10_000);
  }
}

export const percent = (share: number): string =>
  new Intl.NumberFormat(region(), { style: 'percent', maximumFractionDigits: 1 }).format(share);

/** As a number is seen by whoever stands outside. */
export function maskedText(shown: Shown): string | null {
  if (shown === 'plain') return null;
  return shown === 'few' ? m.figures_few() : m.figures_withheld();
}

/** 'mars 2026' */
export function monthText(key: string): string {
  return new Intl.DateTimeFormat(region(), { month: 'long', year: 'numeric', timeZone: 'UTC' }).format(new Date(`${key}-01T00:00:00Z`));
}

/** 'mars' */
export function monthShort(key: string): string {
  return new Intl.DateTimeFormat(region(), { month: 'short', timeZone: 'UTC' }).format(new Date(`${key}-01T00:00:00Z`));
}

export function lineLabel(by: Grouping, { key, name, name_ar }: IndicatorLine): string {
  if (key === '') return m.sums_unknown();
  switch (by) {
    case 'month':
      return monthText(key);
    case 'novelty':
      return key === 'new' ? m.figures_new() : m.figures_returning();
    case 'sex':
    case 'unnamed_sex':
      return wordLabel('sex', key);
    case 'age_band':
    case 'unnamed_age_band':
      return wordLabel('age_band', key);
    case 'led_by_women':
    case 'led_by_youth':
      return wordLabel('published', key);
    case 'stage':
      return wordLabel('stage', key);
    case 'useful':
    case 'clear':
    case 'again':
      return wordLabel('useful', key);
    default: {
      if (key === 'MA') return m.figures_in_morocco();
      if (key === 'several') return m.figures_several();
      const called = language() === 'ar' && name_ar ? name_ar : name;
      return called ? m.figures_place({ name: called, code: key }) : key;
    }
  }
}

export const territoryText = ({ code, name, name_ar }: Territory): string =>
  `${language() === 'ar' && name_ar ? name_ar : name} (${isolate(code)})`;

export const figureOf = (indicators: Indicators | null, code: IndicatorCode): Indicator | undefined =>
  indicators?.figures.find((one) => one.code === code);

export const tableOf = (indicators: Indicators | null, by: Grouping): IndicatorTable | undefined =>
  indicators?.tables.find((table) => table.by === by);

/** How much more or less than before, in words; null where one of the two is not known, or may not be said. */
export function change(now: Indicator, before: Indicator | undefined): { text: string; way: 'up' | 'down' | 'same' } | null {
  if (now.value === null || before?.value == null) return null;
  const by = now.value - before.value;
  if (by === 0) return { text: m.sums_same(), way: 'same' };
  const value = isolate(valueText(Math.abs(by), now.unit));
  return by > 0 ? { text: m.sums_up({ value }), way: 'up' } : { text: m.sums_down({ value }), way: 'down' };
}

/** The tick above the highest value, and how far apart ticks are: 1, 2 or 5 times a power of ten. */
export function scale(most: number): { top: number; step: number } {
  const rough = Math.max(1, most) / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = Math.max(1, [1, 2, 5, 10].map((n) => n * power).find((n) => n >= rough) ?? 10 * power);
  return { step, top: Math.max(step, Math.ceil(most / step) * step) };
}

/** In how much of the indicator's unit one of what people type is. */
export const TYPED: Record<IndicatorUnit, number> = { count: 1, minutes: 60, cents: 100, basis_points: 100 };

/** The setting with this target in the place of the one before; none takes it away. As in the engine's `indicators::targets`. */
export function withTarget(text: string, code: IndicatorCode, year: number, value: number | null): string {
  const kept = text.split('\n').filter((line) => {
    const [of, when] = line.trim().split(/\s+/);
    return line.trim() !== '' && !(of === code && when === String(year));
  });
  return [...kept, ...(value === null ? [] : [`${code} ${year} ${value}`])].join('\n');
}
