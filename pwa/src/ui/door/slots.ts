//! Half-days in words, and the one that is most likely meant.
import type { SlotView } from '../../generated/SlotView';
import { dayInShort, isolate, m, timeOfDay, today } from '../../i18n';

/** Until then it is morning; then afternoon until evening. */
const NOON = '12:30';
const EVENING = '18:00';

/** Doors open before the training begins. */
const EARLY_MS = 2 * 60 * 60 * 1000;

function partOfDay(starts: string): string {
  if (starts < NOON) return m.event_morning();
  return starts < EVENING ? m.event_afternoon() : m.event_evening();
}

function hours(slot: SlotView): string {
  const ends = slot.ends ? `–${timeOfDay(slot.ends)}` : '';
  // Times are read from left to right in Arabic too.
  return isolate(`${timeOfDay(slot.starts)}${ends}`);
}

/** 'Matin · 09:00–12:30' */
export function slotHours(slot: SlotView): string {
  return slot.starts ? `${partOfDay(slot.starts)} · ${hours(slot)}` : '';
}

/** 'Matin' and '09:00–12:30'; where an event has several days, 'lun. 23 nov.' and 'Matin 09:00'. */
export function slotLines(slot: SlotView, all: readonly SlotView[]): [string, string] {
  if (!slot.starts) return [dayInShort(slot.day), ''];
  if (all.every((other) => other.day === slot.day)) return [partOfDay(slot.starts), hours(slot)];
  return [dayInShort(slot.day), `${partOfDay(slot.starts)} ${isolate(timeOfDay(slot.starts))}`];
}

/** The same in one line. */
export function slotLabel(slot: SlotView, all: readonly SlotView[]): string {
  return slotLines(slot, all).filter(Boolean).join(' · ');
}

const beginsMs = (slot: SlotView): number => Date.parse(`${slot.day}T${slot.starts || '00:00'}`);
const endsMs = (slot: SlotView): number => Date.parse(`${slot.day}T${slot.ends || '23:59'}`);

/** The half-day that goes on or begins soon; else today's last; else the next one to come; else the last of all. */
export function likelySlot(slots: readonly SlotView[], now_ms: number = Date.now()): SlotView | undefined {
  const day = today(now_ms);
  return (
    slots.find((slot) => beginsMs(slot) - EARLY_MS <= now_ms && now_ms <= endsMs(slot)) ??
    slots.filter((slot) => slot.day === day).at(-1) ??
    slots.find((slot) => beginsMs(slot) > now_ms) ??
    slots.at(-1)
  );
}
