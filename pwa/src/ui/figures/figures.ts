//! An event's figures, counted by the server, which alone knows who came to earlier events: what each number is called, and how it may
//! leave the house. What is counted stands in the engine's `figures.rs`.
import type { By } from '../../generated/By';
import type { DocumentId } from '../../generated/DocumentId';
import type { FigureRow } from '../../generated/FigureRow';
import type { Figures } from '../../generated/Figures';
import type { Shown } from '../../generated/Shown';
import { fieldLabel, language, m, number, wordLabel } from '../../i18n';
import { ask } from '../../store/api';

export const readFigures = (event: DocumentId) => ask<Figures>(`/api/events/${event}/figures`);
export const figuresPath = (event: DocumentId, form: 'csv' | 'xlsx') => `/api/events/${event}/figures.${form}`;

export function tableTitle(by: By): string {
  switch (by) {
    case 'novelty':
      return m.figures_by_novelty();
    case 'sex':
      return fieldLabel('sex');
    case 'age_band':
      return fieldLabel('age_band');
    case 'departement':
      return m.figures_by_departement();
    case 'origin':
      return m.figures_by_origin();
    case 'unnamed_sex':
      return m.figures_by_unnamed_sex();
    case 'unnamed_age_band':
      return m.figures_by_unnamed_age();
  }
}

export function rowLabel(by: By, { key, name, name_ar }: FigureRow): string {
  if (by === 'novelty') return key === 'new' ? m.figures_new() : m.figures_returning();
  if (key === '') return m.figures_unknown();
  if (by === 'sex' || by === 'unnamed_sex') return wordLabel('sex', key);
  if (by === 'age_band' || by === 'unnamed_age_band') return wordLabel('age_band', key);
  if (key === 'MA') return m.figures_in_morocco();
  if (key === 'several') return m.figures_several();
  const called = language() === 'ar' && name_ar ? name_ar : name;
  return called ? m.figures_place({ name: called, code: key }) : key;
}

/** As a number leaves the house: on paper, and in files. */
export function published(value: number, shown: Shown): string {
  if (shown === 'plain') return number(value);
  return shown === 'few' ? m.figures_few() : m.figures_withheld();
}

/** '12 h 30' */
export function hoursText(minutes: number): string {
  const rest = minutes % 60;
  const hours = number(Math.floor(minutes / 60));
  return rest === 0 ? m.figures_hours({ hours }) : m.figures_hours_minutes({ hours, minutes: String(rest).padStart(2, '0') });
}

export interface HeadFigure {
  label: string;
  inside: string;
  outside: string;
  /** A part of that number. */
  part?: HeadFigure;
}

/** What stands above the tables, as in the server's `sheet/figures.rs`. */
export function headFigures(figures: Figures): HeadFigure[] {
  const ofPeople: Shown = figures.shown === 'plain' ? 'plain' : 'withheld';
  const novelty = figures.tables.find(({ by }) => by === 'novelty');
  const newShown = (novelty?.is_published && novelty.rows[0]?.shown) || 'withheld';
  const one = (label: string, value: number, shown: Shown, part?: HeadFigure): HeadFigure => ({
    label,
    inside: number(value),
    outside: published(value, shown),
    ...(part && { part }),
  });
  return [
    one(m.figures_people(), figures.people, figures.shown, one(m.figures_people_new(), figures.people_new, newShown)),
    one(m.figures_participations(), figures.participations, ofPeople),
    one(
      m.figures_associations(),
      figures.associations,
      ofPeople,
      one(m.figures_associations_new(), figures.associations_new, ofPeople),
    ),
    ...(figures.unnamed > 0 ? [one(m.figures_unnamed(), figures.unnamed, figures.unnamed_shown)] : []),
    ...(figures.support_minutes === null
      ? []
      : [
          {
            label: m.figures_support(),
            inside: hoursText(figures.support_minutes),
            outside: ofPeople === 'plain' ? hoursText(figures.support_minutes) : m.figures_withheld(),
          },
        ]),
  ];
}
