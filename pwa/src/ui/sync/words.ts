//! Durations and sizes in words.
import { region } from '../../i18n';

const MINUTE_MS = 60_000;

/** The largest unit that fits: '3 minutes', '2 heures', '365 jours'. */
export function durationText(duration_ms: number): string {
  const minutes = Math.round(Math.abs(duration_ms) / MINUTE_MS);
  const [amount, unit] =
    minutes < 120 ? [minutes, 'minute'] : minutes < 48 * 60 ? [Math.round(minutes / 60), 'hour'] : [Math.round(minutes / 1440), 'day'];
  return new Intl.NumberFormat(region(), { style: 'unit', unit, unitDisplay: 'long' }).format(amount);
}

/** '12 Mo' */
export function sizeText(bytes: number): string {
  const units = ['kilobyte', 'megabyte', 'gigabyte'];
  const nth = bytes < 1e6 ? 0 : bytes < 1e9 ? 1 : 2;
  const amount = bytes / 1000 ** (nth + 1);
  return new Intl.NumberFormat(region(), {
    style: 'unit',
    unit: units[nth] ?? 'megabyte',
    maximumFractionDigits: amount < 10 && nth > 0 ? 1 : 0,
  }).format(amount);
}
