//! Words about pieces.
import { isolate, m, number } from '../../i18n';
import { say } from '../components';
import type { Attachment, PieceState } from './pieces';

/** Little goes wrong: the words for it are loaded when something does. */
export async function sayWrong(code: string): Promise<void> {
  const { exchangeText } = await import('../../i18n/exchange');
  say(exchangeText(code), 'wrong');
}

export const STATES = {
  missing: { tone: 'terracotta', icon: 'close', label: m.piece_missing },
  expired: { tone: 'terracotta', icon: 'clock', label: m.piece_expired },
  expiring: { tone: 'ochre', icon: 'clock', label: m.piece_expiring },
  there: { tone: 'olive', icon: 'check', label: m.piece_there },
} as const satisfies Record<PieceState, unknown>;

/** `3 pages`, or what the file is called. */
export function pagesText({ pages }: Pick<Attachment, 'pages'>): string {
  const [first] = pages;
  if (pages.length === 1 && first?.name) return isolate(first.name);
  return m.piece_pages({ count: pages.length });
}

const KB = 1024;

/** `340 ko`, `1,2 Mo` */
export function sizeText(bytes: number): string {
  if (bytes < KB * KB) return m.size_kb({ count: number(Math.max(1, Math.round(bytes / KB))) });
  return m.size_mb({ count: number(Math.round((bytes / KB / KB) * 10) / 10) });
}
