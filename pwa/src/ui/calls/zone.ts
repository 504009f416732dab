//! Instants by the clocks of a call's own zone: whoever reads them may be in Agadir, and midnight is midnight in Paris.
import { region } from '../../i18n';

/** Where the programmes that we know of have their clocks. */
export const USUAL_ZONE = 'Europe/Paris';

/** The zones that are offered. */
export const ZONES: readonly string[] = [USUAL_ZONE, 'Africa/Casablanca', 'UTC'];

const known = (zone: string) => (zone && isZone(zone) ? zone : USUAL_ZONE);

function isZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat('fr', { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}

/** 'mercredi 18 novembre 2026 à 12:00 (UTC+1)' */
export function instantText(at_ms: number, zone: string): string {
  const date = new Intl.DateTimeFormat(region(), {
    timeZone: known(zone),
    weekday: 'long',
    day: 'numeric',
    month: 'long',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
    timeZoneName: 'short',
  });
  return date.format(at_ms);
}

/** The day and the time that its clocks show: `2026-11-18`, `12:00`. */
export function clockOf(at_ms: number, zone: string): { day: string; time: string } {
  const parts = new Intl.DateTimeFormat('en', {
    timeZone: known(zone),
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  }).formatToParts(at_ms);
  const of = (type: string) => parts.find((part) => part.type === type)?.value ?? '';
  return { day: `${of('year').padStart(4, '0')}-${of('month')}-${of('day')}`, time: `${of('hour')}:${of('minute')}` };
}

/** The instant at which its clocks show that; null where it is no day or no time. Of two, when clocks are put back, the first. */
export function instantOf(day: string, time: string, zone: string): number | null {
  const wanted = Date.parse(`${day}T${time}:00Z`);
  if (Number.isNaN(wanted)) return null;
  // Twice: the first guess may lie on the other side of a change of clocks.
  let at_ms = wanted;
  for (let n = 0; n < 2; n += 1) {
    const shown = clockOf(at_ms, zone);
    at_ms += wanted - Date.parse(`${shown.day}T${shown.time}:00Z`);
  }
  const before = at_ms - 60 * 60 * 1000;
  const shown = clockOf(before, zone);
  return shown.day === day && shown.time === time ? before : at_ms;
}
