//! Whom somebody may be who is being written down: asked of the engine when the fingers rest, shown beside what is typed, and never chosen by
//! itself (M7).
import type { DocumentId } from '../../generated/DocumentId';
import type { KnownPerson } from '../../generated/KnownPerson';
import type { Reason } from '../../generated/Reason';
import type { Sought } from '../../generated/Sought';
import { m } from '../../i18n';
import { store } from '../../store';

/** So long nothing is typed before the engine is asked. */
const REST_MS = 300;
/** So many are asked about at once: others are served between. */
const TOGETHER_MAX = 25;

/** In the words of a list that is read at a glance. */
const REASONS: Partial<Record<Reason, () => string>> = {
  same_name: m.door_reason_same_name,
  name_sounds: m.door_reason_name_sounds,
  name_across_scripts: m.door_reason_name_across_scripts,
  name_alike: m.door_reason_name_alike,
  same_phone: m.door_reason_same_phone,
  same_email: m.door_reason_same_email,
  same_association: m.door_reason_same_association,
};

/** Why somebody may be meant. */
export function becauseOf({ reasons }: KnownPerson): string {
  return reasons.flatMap((reason) => REASONS[reason]?.() ?? []).join(' · ');
}

/** Somebody with this name, as far as nothing more is said. */
export function soughtAs(person: DocumentId, name: string, more: Partial<Sought> = {}): Sought {
  return { person, name, name_ar: '', phone: '', email: '', association: null, ...more };
}

/** For each of many who may be meant; null where no engine answers. */
export async function askKnown(people: readonly Sought[]): Promise<KnownPerson[][] | null> {
  const all: KnownPerson[][] = [];
  for (let at = 0; at < people.length; at += TOGETHER_MAX) {
    const some = await store.known(people.slice(at, at + TOGETHER_MAX));
    if (!some) return null;
    all.push(...some);
  }
  return all;
}

/** Follows what is typed of somebody; null where nothing is. To be called while a component begins. */
export function hintsOf(written: () => Sought | null): { readonly people: readonly KnownPerson[] } {
  let people = $state.raw<readonly KnownPerson[]>([]);
  // The first question makes the index: it is asked before a name stands there.
  $effect(() => {
    if (store.engineReady) void store.known([]);
  });
  $effect(() => {
    const one = written();
    // Whoever was registered a moment ago, here or elsewhere, may be the one.
    store.view({ view: 'directory' });
    if (!one) people = [];
    if (!one || !store.engineReady) return;
    let rests = true;
    const timer = setTimeout(async () => {
      const found = await store.known([one]);
      if (rests && found) people = found[0] ?? [];
    }, REST_MS);
    return () => {
      rests = false;
      clearTimeout(timer);
    };
  });
  return {
    get people() {
      return people;
    },
  };
}
