/** The views that a page holds: what the engine last said of each, or what was painted before, under the edits laid over it. */
import type { View } from '../generated/View';
import type { ViewKey } from '../generated/ViewKey';
import type { ViewUpdate } from '../generated/ViewUpdate';
import { keyText, type Logged } from './channel';
import { overlaid, type Names } from './overlay';
import { updated } from './views';

/** Views that nobody shows any more and that are still followed, so that going back paints at once what is true now. */
const WARM_MAX = 3;

export interface ShelfHooks {
  /** What is shown under this key is another object now. */
  changed(key: string): void;
  /** The keys that the engine is to serve are others now. */
  wanted(): void;
  /** The JSON of the snapshot of that key, if one is kept. */
  load(key: string): Promise<string | null>;
}

interface Place {
  base: View | null;
  /** Whether the engine said so. What was painted before may lack edits that are in the documents already. */
  current: boolean;
  shown: View | null;
  users: number;
}

const NOTHING: Place = { base: null, current: false, shown: null, users: 0 };

export class Shelf {
  /** In the order of their last use, the latest last. */
  readonly #places = new Map<string, Place>();
  #log: Array<Logged & { worked: boolean }> = [];
  /** Edits that were done before this page heard of them. */
  readonly #done = new Set<string>();
  readonly #hooks: ShelfHooks;
  readonly #loading = new Set<Promise<void>>();

  constructor(hooks: ShelfHooks) {
    this.#hooks = hooks;
  }

  shown(key: ViewKey): View | null {
    return this.#places.get(keyText(key))?.shown ?? null;
  }

  /** The keys to be served. */
  keys(): string[] {
    return [...this.#places.keys()];
  }

  /** The ids of edits on this device that the documents do not have yet. */
  waits(): string[] {
    return this.#log.flatMap(({ id, worked }) => (worked ? [] : id));
  }

  /** Holds a view until the returned function is called. */
  use(key: ViewKey): () => void {
    const name = keyText(key);
    const place = this.#places.get(name) ?? this.#add(name);
    // Last in the order of use.
    this.#places.delete(name);
    this.#places.set(name, place);
    place.users += 1;
    return () => {
      const now = this.#places.get(name);
      if (now) now.users -= 1;
      this.#dropCold();
    };
  }

  /** Resolves when no snapshot is being read. */
  async loaded(): Promise<void> {
    await Promise.all(this.#loading);
  }

  /** Lays edits over the views: they are in the log, or on their way there. */
  lay(entries: ReadonlyArray<Logged & { worked?: boolean }>): void {
    const known = new Set(this.#log.map(({ id }) => id));
    const fresh = entries.filter(({ id }) => !known.has(id) && !this.#done.has(id));
    if (fresh.length === 0) return;
    this.#log.push(...fresh.map((entry) => ({ worked: false, ...entry })));
    this.#paintAll();
  }

  /** Takes edits away that did not come about. */
  lift(ids: readonly string[]): void {
    this.#log = this.#log.filter(({ id }) => !ids.includes(id));
    this.#paintAll();
  }

  /** Takes the engine's word. The edits of `done` are in it. */
  take(updates: readonly ViewUpdate[], done: readonly string[]): void {
    const changed = new Set<string>();
    for (const update of updates) {
      const name = keyText(update.key);
      const place = this.#places.get(name);
      if (!place) continue;
      // Rows build on what the engine said before, never on a snapshot.
      const base = updated(place.current || update.update === 'whole' ? place.base : null, update);
      if (base === null) continue;
      place.base = base;
      place.current = true;
      changed.add(name);
    }
    const finished = new Set(done);
    for (const id of done) if (!this.#log.some((entry) => entry.id === id)) this.#done.add(id);
    this.#log = this.#log.map((entry) => (finished.has(entry.id) ? { ...entry, worked: true } : entry));
    if (finished.size > 0) this.#paintAll();
    else for (const name of changed) this.#paint(name);
  }

  /** The snapshots show these edits too. */
  painted(ids: readonly string[]): void {
    this.#log = this.#log.filter(({ id, worked }) => !worked || !ids.includes(id));
  }

  /** Forgets what every view shows: the phone is locked. Who uses one will want it again. */
  clear(): void {
    this.#log = [];
    this.#done.clear();
    for (const [name, place] of this.#places) {
      if (place.users === 0) this.#places.delete(name);
      else this.#places.set(name, { ...NOTHING, users: place.users });
      this.#hooks.changed(name);
    }
  }

  /** The phone is open again. */
  reload(): void {
    for (const [name, place] of this.#places) if (!place.base) this.#load(name, place);
  }

  #add(name: string): Place {
    const place: Place = { ...NOTHING };
    this.#places.set(name, place);
    this.#hooks.wanted();
    this.#load(name, place);
    return place;
  }

  #load(name: string, place: Place): void {
    const loading = this.#hooks
      .load(name)
      .then((json) => {
        if (json === null || place.current || this.#places.get(name) !== place) return;
        const view = JSON.parse(json) as View;
        // One that an earlier app painted knows nothing of what was spent: the engine paints it anew.
        if (view.view === 'dossier' && !('spending' in view)) return;
        place.base = view;
        this.#paint(name);
      })
      // Without a snapshot the page waits for the engine.
      .catch(() => {})
      .finally(() => this.#loading.delete(loading));
    this.#loading.add(loading);
  }

  #dropCold(): void {
    const cold = [...this.#places].filter(([, place]) => place.users === 0).map(([name]) => name);
    const dropped = cold.slice(0, Math.max(0, cold.length - WARM_MAX));
    for (const name of dropped) this.#places.delete(name);
    if (dropped.length > 0) this.#hooks.wanted();
  }

  #paintAll(): void {
    for (const name of this.#places.keys()) this.#paint(name);
  }

  #paint(name: string): void {
    const place = this.#places.get(name);
    if (!place?.base) return;
    const entries = this.#log.filter(({ worked }) => !worked || !place.current).map(({ entry }) => entry);
    const shown = overlaid(place.base, entries, this.#names);
    if (shown === place.shown) return;
    place.shown = shown;
    this.#hooks.changed(name);
  }

  readonly #names: Names = {
    person: (person) => {
      const directory = this.#places.get(keyText({ view: 'directory' }))?.base;
      return (directory?.view === 'directory' && directory.people.find((card) => card.person === person)) || null;
    },
    title: (document) => {
      const directory = this.#places.get(keyText({ view: 'directory' }))?.base;
      if (directory?.view !== 'directory') return '';
      const association = directory.associations.find((named) => named.document === document);
      return association?.title ?? directory.calls.find((card) => card.call === document)?.title ?? '';
    },
  };
}
