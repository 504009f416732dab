/**
 * A signature as it is kept: lines in a box of whole units, and nothing else. How fast or how hard somebody wrote would tell them from
 * everybody else, so neither is kept, nor when.
 */

/** What a signature is drawn in, in units; the paper's box. */
export const BOX = { width: 600, height: 200 };

/** Lines shorter than this in all, in units, are a slip of the finger. */
export const LENGTH_MIN = 60;

const STROKES_MAX = 64;
const POINTS_MAX = 2_000;
export const INK_BYTES_MAX = 16 * 1024;
/** What it should take, even if some of its roundness is lost. */
const INK_BYTES_USUAL = 4 * 1024;
/** How far, in units, the kept line may run beside the drawn one; and up to where one goes for the usual size alone. */
const TOLERANCE = 1;
const TOLERANCE_USUAL_MAX = 4;

/** In units, on their way from the pen: not yet whole, perhaps outside the box. */
export interface Point {
  x: number;
  y: number;
}

/** The kept form. Each stroke is `[x, y, x, y, …]`, in the order of writing. */
export interface Ink {
  ink: 1;
  width: number;
  height: number;
  strokes: number[][];
}

/** What a person makes who does not write, as on paper. */
const CROSS: Ink = { ink: 1, ...BOX, strokes: [[240, 40, 360, 160], [360, 40, 240, 160]] };

/** A drawing as bytes, or null while it is too little to be meant. */
export function inkOf(drawn: readonly (readonly Point[])[]): Uint8Array<ArrayBuffer> | null {
  const strokes = longest(drawn.map(inBox).filter((stroke) => stroke.length > 0));
  if (strokes.reduce((sum, stroke) => sum + lengthOf(stroke), 0) < LENGTH_MIN) return null;
  for (let tolerance = TOLERANCE; ; tolerance *= 1.5) {
    const simpler = strokes.map((stroke) => simplified(stroke, tolerance));
    const bytes = bytesOf({ ink: 1, ...BOX, strokes: simpler.map((stroke) => stroke.flatMap(({ x, y }) => [x, y])) });
    const points = simpler.reduce((sum, stroke) => sum + stroke.length, 0);
    const usual_max = tolerance < TOLERANCE_USUAL_MAX ? INK_BYTES_USUAL : INK_BYTES_MAX;
    // It ends: the more is allowed, the nearer each stroke comes to its two ends.
    if (bytes.length <= usual_max && points <= POINTS_MAX) return bytes;
  }
}

/** The cross, as bytes. */
export const crossInk = (): Uint8Array<ArrayBuffer> => bytesOf(CROSS);

/** Whether it is that cross. One that was drawn by hand is a signature like another. */
export const isCross = ({ strokes }: Ink): boolean => JSON.stringify(strokes) === JSON.stringify(CROSS.strokes);

/** Reads what came from another device; null if it is no ink. */
export function parseInk(bytes: Uint8Array): Ink | null {
  if (bytes.length > INK_BYTES_MAX) return null;
  let read: unknown;
  try {
    read = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return null;
  }
  if (typeof read !== 'object' || read === null) return null;
  const { ink, width, height, strokes } = read as Record<string, unknown>;
  if (ink !== 1 || width !== BOX.width || height !== BOX.height) return null;
  if (!Array.isArray(strokes) || strokes.length === 0 || strokes.length > STROKES_MAX || !strokes.every(isStroke)) return null;
  const numbers = strokes.reduce((sum, stroke) => sum + stroke.length, 0);
  return numbers > 2 * POINTS_MAX ? null : { ink, width, height, strokes };
}

/** The points of a kept signature, for a pen that goes on. */
export function pointsOf({ strokes }: Ink): Point[][] {
  return strokes.map((stroke) =>
    stroke.flatMap((x, n) => (n % 2 === 0 ? [{ x, y: stroke[n + 1] ?? 0 }] : [])),
  );
}

/** In units: up to there a bend is rounded. */
const BEND = 12;
/** The cosine of a turn that was meant as a corner. */
const CORNER = -0.2;

/**
 * An SVG path, to be stroked with round ends. Between points that lie close the line is one curve through the middles of its pieces; long
 * straight pieces stay straight, and only their bends are rounded.
 */
export function pathOf(ink: Ink): string {
  return pointsOf(ink).map(strokePath).join('');
}

function strokePath(points: readonly Point[]): string {
  const [first, ...others] = points;
  if (!first) return '';
  const last = others.pop();
  // A line of no length, with its round ends: a dot.
  if (!last) return `M${first.x} ${first.y}h0`;
  let path = `M${first.x} ${first.y}`;
  others.forEach((at, n) => {
    const before = points[n] ?? first;
    const after = points[n + 2] ?? last;
    const [come, go] = [distance(before, at), distance(at, after)];
    const turn = ((at.x - before.x) * (after.x - at.x) + (at.y - before.y) * (after.y - at.y)) / (come * go || 1);
    if (turn < CORNER) {
      path += `L${at.x} ${at.y}`;
      return;
    }
    path += `L${towards(at, before, come)}Q${at.x} ${at.y} ${towards(at, after, go)}`;
  });
  return `${path}L${last.x} ${last.y}`;
}

const tenths = (value: number): number => Math.round(value * 10) / 10;

/** Where a bend begins or ends: half way to the next point, or nearer. */
function towards(from: Point, to: Point, length: number): string {
  const part = length > 2 * BEND ? BEND / length : 1 / 2;
  return `${tenths(from.x + (to.x - from.x) * part)} ${tenths(from.y + (to.y - from.y) * part)}`;
}

const distance = (one: Point, other: Point): number => Math.hypot(one.x - other.x, one.y - other.y);

function lengthOf(points: readonly Point[]): number {
  return points.reduce((sum, point, n) => sum + (n > 0 ? distance(points[n - 1] ?? point, point) : 0), 0);
}

const within = (value: number, max: number): number => Math.min(Math.max(Math.round(value), 0), max);

/** Whole units in the box, none twice in a row. */
function inBox(stroke: readonly Point[]): Point[] {
  const whole = stroke.map(({ x, y }) => ({ x: within(x, BOX.width), y: within(y, BOX.height) }));
  return whole.filter((point, n) => n === 0 || point.x !== whole[n - 1]?.x || point.y !== whole[n - 1]?.y);
}

/** No more strokes than are kept; the shortest go, the order of the others stays. */
function longest(strokes: Point[][]): Point[][] {
  if (strokes.length <= STROKES_MAX) return strokes;
  const kept = new Set([...strokes].sort((one, other) => lengthOf(other) - lengthOf(one)).slice(0, STROKES_MAX));
  return strokes.filter((stroke) => kept.has(stroke));
}

/** Ramer–Douglas–Peucker: the fewest of its points whose line stays so near to all of them. */
function simplified(points: readonly Point[], tolerance: number): Point[] {
  const kept = new Set([0, points.length - 1]);
  const waiting: [number, number][] = [[0, points.length - 1]];
  for (let span = waiting.pop(); span; span = waiting.pop()) {
    const [from, to] = span;
    let [farthest, worst] = [-1, tolerance];
    for (let n = from + 1; n < to; n += 1) {
      const away = fromLine(points[n] as Point, points[from] as Point, points[to] as Point);
      if (away > worst) [farthest, worst] = [n, away];
    }
    if (farthest < 0) continue;
    kept.add(farthest);
    waiting.push([from, farthest], [farthest, to]);
  }
  return points.filter((_, n) => kept.has(n));
}

/** How far a point is from a piece of a line. */
function fromLine(point: Point, from: Point, to: Point): number {
  const [x, y] = [to.x - from.x, to.y - from.y];
  const square = x * x + y * y;
  const part = square === 0 ? 0 : Math.min(1, Math.max(0, ((point.x - from.x) * x + (point.y - from.y) * y) / square));
  return distance(point, { x: from.x + part * x, y: from.y + part * y });
}

function bytesOf(ink: Ink): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(JSON.stringify(ink)) as Uint8Array<ArrayBuffer>;
}

function isStroke(value: unknown): value is number[] {
  if (!Array.isArray(value) || value.length < 2 || value.length % 2 === 1) return false;
  return value.every((at: unknown, n) => Number.isInteger(at) && Number(at) >= 0 && Number(at) <= (n % 2 ? BOX.height : BOX.width));
}
