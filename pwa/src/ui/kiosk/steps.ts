/**
 * Where a phone that is handed round stands. Nobody's name is on the screen while it rests: each person begins, finds their name in the
 * list, signs and is thanked, and then it is the next one's turn.
 */
export type Step =
  | { at: 'rest' }
  | { at: 'list' }
  /** `person` is what the list calls them by; nothing of it is looked at here. */
  | { at: 'sign'; person: string }
  | { at: 'thanks'; person: string; sinceMs: number };

export interface Kiosk {
  step: Step;
  /** When somebody last touched the phone. */
  touchedMs: number;
}

export type Happening =
  | { did: 'begin' }
  | { did: 'choose'; person: string }
  | { did: 'sign' }
  /** One step back. */
  | { did: 'return' }
  | { did: 'touch' }
  /** Time has passed. */
  | { did: 'nothing' };

/** What stands in the place of the half-day where opinions are asked for. */
export const OPINIONS = 'opinions';

/** So long untouched, and the phone rests: whoever put it down has left their name on it. */
export const IDLE_MS = 60_000;
/** Long enough to be read. */
export const THANKS_MS = 3_000;

export const atRest = (nowMs: number): Kiosk => ({ step: { at: 'rest' }, touchedMs: nowMs });

/** What follows. What makes no sense in a step, as a second tap on the same button, changes nothing. */
export function after({ step, touchedMs }: Kiosk, happening: Happening, nowMs: number): Kiosk {
  // A touch that comes too late must not show what should have gone. A clock that was set back tells nothing: it counts anew.
  if (step.at !== 'rest' && nowMs - touchedMs >= IDLE_MS) return atRest(nowMs);
  const touched = happening.did === 'nothing' ? Math.min(touchedMs, nowMs) : nowMs;
  const thanked = step.at === 'thanks' && nowMs - step.sinceMs >= THANKS_MS;
  return { step: next(thanked ? { at: 'list' } : step, happening, nowMs), touchedMs: touched };
}

function next(step: Step, happening: Happening, nowMs: number): Step {
  switch (happening.did) {
    case 'begin':
      return step.at === 'rest' || step.at === 'thanks' ? { at: 'list' } : step;
    case 'choose':
      return step.at === 'list' ? { at: 'sign', person: happening.person } : step;
    case 'sign':
      return step.at === 'sign' ? { at: 'thanks', person: step.person, sinceMs: nowMs } : step;
    case 'return':
      return step.at === 'sign' ? { at: 'list' } : step.at === 'list' ? { at: 'rest' } : step;
    default:
      return step;
  }
}

/** In how long time alone changes something, in ms; null while it does not. */
export function changesInMs({ step, touchedMs }: Kiosk, nowMs: number): number | null {
  if (step.at === 'rest') return null;
  const idle_ms = touchedMs + IDLE_MS - nowMs;
  const left_ms = step.at === 'thanks' ? Math.min(idle_ms, step.sinceMs + THANKS_MS - nowMs) : idle_ms;
  return Math.max(0, left_ms);
}
