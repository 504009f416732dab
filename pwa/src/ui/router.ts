//! Where in the app one is: the part of the address after `#`. Reloading, sharing and Back work as everywhere on the web.
import { createSubscriber } from 'svelte/reactivity';
import { tick } from 'svelte';
import type { AccountId } from '../generated/AccountId';
import type { DocumentId } from '../generated/DocumentId';

export type Route =
  | { screen: 'join' }
  | { screen: 'events' }
  | { screen: 'event-new' }
  | { screen: 'event'; event: DocumentId }
  | { screen: 'walk-in'; event: DocumentId }
  | { screen: 'event-edit'; event: DocumentId }
  | { screen: 'sheet'; event: DocumentId }
  | { screen: 'figures'; event: DocumentId }
  | { screen: 'opinions'; event: DocumentId }
  | { screen: 'sums' }
  | { screen: 'scan'; event: DocumentId }
  | { screen: 'check'; code: string }
  | { screen: 'dossiers' }
  | { screen: 'calls' }
  | { screen: 'call'; call: DocumentId }
  | { screen: 'dossier'; dossier: DocumentId }
  | { screen: 'dossier-history'; dossier: DocumentId }
  | { screen: 'dossier-version'; dossier: DocumentId; version: string }
  | { screen: 'dossier-compare'; dossier: DocumentId; before: string; after: string }
  | { screen: 'tasks' }
  | { screen: 'directory'; list: 'people' | 'associations' | 'map' }
  | { screen: 'association'; association: DocumentId }
  | { screen: 'questions' }
  | { screen: 'duplicates'; one?: DocumentId; other?: DocumentId }
  | { screen: 'imports' }
  | { screen: 'record'; document: DocumentId }
  | { screen: 'retention' }
  | { screen: 'sync' }
  | { screen: 'settings' }
  | { screen: 'roles' }
  | { screen: 'logos' }
  | { screen: 'programs' }
  | { screen: 'journal'; subject?: string }
  | { screen: 'lock' }
  | { screen: 'access' }
  | { screen: 'account'; account: AccountId }
  | { screen: 'me' };

/** The address of a screen, for `href`. */
export function hrefOf(route: Route): string {
  switch (route.screen) {
    case 'event-new':
      return '#/events/new';
    case 'event':
      return `#/event/${route.event}`;
    case 'walk-in':
    case 'sheet':
    case 'figures':
    case 'opinions':
    case 'scan':
      return `#/event/${route.event}/${route.screen}`;
    case 'check':
      return `#/check/${route.code}`;
    case 'event-edit':
      return `#/event/${route.event}/edit`;
    case 'dossier':
      return `#/dossier/${route.dossier}`;
    case 'call':
      return `#/call/${route.call}`;
    case 'dossier-history':
      return `#/dossier/${route.dossier}/history`;
    case 'dossier-version':
      return `#/dossier/${route.dossier}/version/${route.version}`;
    case 'dossier-compare':
      return `#/dossier/${route.dossier}/compare/${route.before}/${route.after}`;
    case 'directory':
      return `#/${route.list}`;
    case 'association':
      return `#/association/${route.association}`;
    case 'record':
      return `#/record/${route.document}`;
    case 'duplicates':
      return route.one ? `#/duplicates/${route.one}/${route.other}` : '#/duplicates';
    case 'journal':
      return route.subject ? `#/journal/${route.subject}` : '#/journal';
    case 'account':
      return `#/account/${route.account}`;
    default:
      return `#/${route.screen}`;
  }
}

/** What stands after an event's id, and the screen that it means. */
const OF_EVENT: Record<string, 'walk-in' | 'event-edit' | 'sheet' | 'figures' | 'opinions' | 'scan' | undefined> = {
  'walk-in': 'walk-in',
  edit: 'event-edit',
  sheet: 'sheet',
  figures: 'figures',
  opinions: 'opinions',
  scan: 'scan',
};

/** What an address means; the events where it means nothing. */
export function routeOf(hash: string): Route {
  const [first = '', id = '', rest = '', one = '', other = ''] = hash.replace(/^#?\/?/, '').split('/');
  switch (first) {
    case 'join':
    case 'dossiers':
    case 'calls':
    case 'tasks':
    case 'questions':
    case 'imports':
    case 'retention':
    case 'sums':
    case 'sync':
    case 'settings':
    case 'roles':
    case 'logos':
    case 'programs':
    case 'access':
    case 'me':
    case 'lock':
      return { screen: first };
    case 'people':
    case 'associations':
    case 'map':
      return { screen: 'directory', list: first };
    case 'journal':
      return id ? { screen: 'journal', subject: id } : { screen: 'journal' };
    case 'duplicates':
      return id && rest ? { screen: 'duplicates', one: id, other: rest } : { screen: 'duplicates' };
    case 'events':
      return { screen: id === 'new' ? 'event-new' : 'events' };
    case 'event':
      return id ? { screen: OF_EVENT[rest] ?? 'event', event: id } : { screen: 'events' };
    case 'check':
      return { screen: 'check', code: id };
    case 'dossier':
      if (rest === 'history') return { screen: 'dossier-history', dossier: id };
      if (rest === 'version') return { screen: 'dossier-version', dossier: id, version: one };
      if (rest === 'compare') return { screen: 'dossier-compare', dossier: id, before: one, after: other };
      return id ? { screen: 'dossier', dossier: id } : { screen: 'dossiers' };
    case 'call':
      return id ? { screen: 'call', call: id } : { screen: 'calls' };
    case 'association':
      return id ? { screen: 'association', association: id } : { screen: 'directory', list: 'associations' };
    case 'account':
      return id ? { screen: 'account', account: id } : { screen: 'access' };
    case 'record':
      return id ? { screen: 'record', document: id } : { screen: 'questions' };
    default:
      return { screen: 'events' };
  }
}

/** What `history` keeps of a place. */
interface Place {
  /** Counts up along the way; tells a return from a place never seen. */
  step: number;
  /** In px from the top, when the page was closed. */
  scrolled?: number;
}

/** A screen's code or its data may take several moments to come back from storage. */
const PATIENCE_MS = 1_500;

class Router {
  #subscribe: () => void;
  #hash = '';
  #code: string | null = null;
  #step = 0;
  /** How far each step was scrolled, in px. Safari takes a hundred notes in `history.state` and then throws. */
  #scrolled = new Map<number, number>();

  constructor() {
    history.scrollRestoration = 'manual';
    const scrolled = this.#read();
    if (scrolled > 0) void restore(scrolled);
    this.#subscribe = createSubscriber((changed) => {
      const moved = () => {
        const back = this.#read();
        changed();
        void arrive(back);
      };
      addEventListener('popstate', moved);
      return () => removeEventListener('popstate', moved);
    });
    addEventListener('scroll', () => this.#scrolled.set(this.#step, scrollY), { passive: true });
    addEventListener('pagehide', () => {
      history.replaceState({ step: this.#step, scrolled: scrollY } satisfies Place, '');
    });
  }

  /** Reactive. */
  get route(): Route {
    this.#subscribe();
    return routeOf(this.#hash);
  }

  /** The code of an invite's link, once. */
  takeCode(): string | null {
    const code = this.#code;
    this.#code = null;
    return code;
  }

  /** Goes on to a screen, as a link would. */
  go(route: Route): void {
    location.hash = hrefOf(route);
  }

  /** Goes to a screen in place of the present one, to which Back must not lead again: a form that was sent. */
  replace(route: Route): void {
    location.replace(hrefOf(route));
  }

  /** Goes back to where one came from, as it was left; to `parent` where one came from outside. */
  back(parent: Route): void {
    if (this.#step > 1) history.back();
    else this.replace(parent);
  }

  /** Reads the address. Returns how far the place was scrolled when one left it, in px. */
  #read(): number {
    const invited = /^#\/?join\/(.+)$/.exec(location.hash);
    if (invited) {
      // A code is as good as a key: it must not stay in the address, the history, or a screenshot.
      this.#code = invited[1] ?? '';
      history.replaceState(history.state, '', '#/join');
    }
    this.#hash = location.hash;
    const place = history.state as Place | null;
    if (typeof place?.step === 'number') {
      this.#step = place.step;
      return this.#scrolled.get(place.step) ?? place.scrolled ?? 0;
    }
    this.#step += 1;
    this.#scrolled.delete(this.#step);
    history.replaceState({ step: this.#step } satisfies Place, '');
    return 0;
  }
}

/** A new screen begins at its heading, which a screen reader then says; a return goes back to where one was. */
async function arrive(scrolled: number): Promise<void> {
  const before = document.querySelector('h1');
  await tick();
  const heading = await another(before);
  heading?.focus({ preventScroll: true });
  scrollTo(0, scrolled);
  if (scrolled > 0) await restore(scrolled);
}

/** Scrolls as far as one was, as soon as the page is long enough again, unless the person scrolls first. */
async function restore(scrolled: number): Promise<void> {
  const until = performance.now() + PATIENCE_MS;
  const touched = new AbortController();
  for (const sign of ['pointerdown', 'wheel', 'keydown']) {
    addEventListener(sign, () => touched.abort(), { signal: touched.signal, passive: true });
  }
  while (!touched.signal.aborted && Math.abs(scrollY - scrolled) > 1 && performance.now() < until) {
    scrollTo(0, scrolled);
    await nextFrame();
  }
  touched.abort();
}

/** The heading of the screen that comes, whose code may still have to be loaded. */
async function another(before: Element | null): Promise<HTMLElement | null> {
  const until = performance.now() + PATIENCE_MS;
  for (;;) {
    const heading = document.querySelector<HTMLElement>('h1[tabindex="-1"]');
    if ((heading && heading !== before) || performance.now() > until) return heading;
    await nextFrame();
  }
}

const nextFrame = () => new Promise((resolve) => requestAnimationFrame(resolve));

export const router = new Router();
