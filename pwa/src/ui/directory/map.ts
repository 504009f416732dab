//! Where territories lie: a point for each province and département, and two outlines (`reference/map`).
import data from '../../../../reference/map/map.json';
import type { Reached } from './reached';

export type What = 'all' | 'events' | 'seats' | 'origins' | 'projects';
export const WHATS: readonly What[] = ['all', 'events', 'seats', 'origins', 'projects'];

export const inMorocco = (code: string): boolean => code.startsWith('MA');

export const countOf = (one: Reached, what: What): number =>
  what === 'all' ? one.events + one.seats + one.origins + one.projects : one[what];

export type Country = 'france' | 'morocco';
type Point = readonly [number, number];

interface Frame {
  /** The corner at the north-west, and the one at the south-east: longitude, latitude. */
  from: Point;
  to: Point;
}

const FRAMES: Record<Country, Frame> = {
  france: { from: [-5.4, 51.3], to: [9.9, 41.1] },
  morocco: { from: [-17.3, 36.1], to: [-0.8, 20.7] },
};

export const WIDTH = 320;

/** Places far from the outline stand in a row below it. */
const OVERSEAS = ['FR.971', 'FR.972', 'FR.973', 'FR.974', 'FR.976'];

const places = data.places as unknown as Record<string, Point>;

function scale(country: Country) {
  const { from, to } = FRAMES[country];
  // Degrees of longitude are shorter the further one is from the equator.
  const shrink = Math.cos((((from[1] + to[1]) / 2) * Math.PI) / 180);
  const unit = WIDTH / ((to[0] - from[0]) * shrink);
  return { from, shrink, unit, height: (from[1] - to[1]) * unit };
}

export function heightOf(country: Country): number {
  return Math.round(scale(country).height);
}

function project(country: Country, [longitude, latitude]: Point): Point {
  const { from, shrink, unit } = scale(country);
  return [(longitude - from[0]) * shrink * unit, (from[1] - latitude) * unit];
}

export function outline(country: Country): string {
  const rings = data[country] as unknown as Point[][];
  return rings
    .map((ring) => `M${ring.map((point) => project(country, point).map((n) => n.toFixed(1)).join(' ')).join('L')}Z`)
    .join('');
}

/** Where a territory is drawn; null where it lies in another country, or nobody knows where. */
export function pointOf(country: Country, code: string): Point | null {
  if (inMorocco(code) !== (country === 'morocco')) return null;
  const overseas = OVERSEAS.indexOf(code);
  if (overseas >= 0) return [24 + overseas * 34, heightOf(country) - 14];
  const at = places[code];
  return at ? project(country, at) : null;
}

const RADIUS = { least: 4, most: 20 };

/** By its area: twice as many is twice as much ink. */
export const radiusOf = (count: number, most: number): number =>
  RADIUS.least + (RADIUS.most - RADIUS.least) * Math.sqrt(count / most);
