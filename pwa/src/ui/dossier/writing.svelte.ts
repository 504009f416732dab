//! Writing a long text: words go out at each pause, and what others wrote comes in under the fingers.
import { untrack } from 'svelte';
import type { Attachment } from 'svelte/attachments';
import type { DocumentId } from '../../generated/DocumentId';
import { store } from '../../store';
import { type Draft, keepWords, moveCaret, openDraft, type Splice, takeView, takeWords } from './rebase';

/** A pause in the typing. Shorter cuts words in two, longer risks more of them. */
const PAUSE_MS = 800;

/** One section, in characters (code points), as in the engine's `limit::SECTION_CHARS_MAX`. */
export const SECTION_CHARS_MAX = 60_000;

/** Characters as people and calls count them, not the halves that make up a smiley. */
export function charactersOf(text: string): number {
  let pairs = 0;
  for (let n = 0; n < text.length; n += 1) {
    const unit = text.charCodeAt(n);
    if (unit >= 0xd800 && unit <= 0xdbff) pairs += 1;
  }
  return text.length - pairs;
}

/** What stands between spaces and has a letter or a digit in it: 'l’eau' is one, as word processors count; a lone ':' is none. */
const WORD = /[^\s\p{P}\p{S}]\S*/gu;

export function wordsOf(text: string): number {
  let words = 0;
  WORD.lastIndex = 0;
  while (WORD.test(text)) words += 1;
  return words;
}

/** Where the words are that were typed here. */
export type Kept =
  /** Nothing was typed since the section was opened. */
  | { is: 'untouched' }
  | { is: 'writing' }
  /** On this device's disk. */
  | { is: 'saved' }
  | { is: 'too_long' }
  | { is: 'failed'; code: string };

/** One section of one dossier while it is on the page. */
export class SectionWriting {
  kept: Kept = $state.raw({ is: 'untouched' });
  #draft: Draft = $state.raw(openDraft('', ''));
  readonly #dossier: DocumentId;
  readonly #section: string;
  /** Each with where its last letter left the caret, or -1: when the caret is elsewhere, somebody goes on in another place. */
  readonly #areas = new Map<HTMLTextAreaElement, number>();
  /** Where one was in the text: the whole screen opens there. */
  #place: number | null = null;
  /** Groups of words that are being written to the disk. */
  #onTheWay = 0;
  #pause: ReturnType<typeof setTimeout> | undefined;
  /** While letters are put together (accents, most phone keyboards), the text must not be moved under them. */
  #composing = false;
  #waiting: { version: string; text: string } | null = null;

  constructor(dossier: DocumentId, section: string, version: string, text: string) {
    this.#dossier = dossier;
    this.#section = section;
    this.#draft = openDraft(version, text);
  }

  /** What the page shows. Reactive. */
  get text(): string {
    return this.#draft.local;
  }

  /** Takes a view in. Returns whether words of others came with it. */
  take(version: string, text: string): boolean {
    const { draft, splices } = takeView(this.#draft, version, text);
    if (splices.length > 0 && this.#composing) {
      this.#waiting = { version, text };
      return false;
    }
    this.#waiting = null;
    this.#draft = draft;
    for (const [area, caret] of splices.length > 0 ? this.#areas : []) {
      this.#areas.set(area, moveCaret(caret, splices));
      bringIn(area, draft.local, splices);
    }
    return splices.length > 0;
  }

  /** Sends the words typed since the last time. Also called by whatever may be the last moment. */
  async flush(): Promise<void> {
    clearTimeout(this.#pause);
    if (charactersOf(this.text) > SECTION_CHARS_MAX) return void (this.kept = { is: 'too_long' });
    const taken = takeWords(this.#draft);
    if (!taken) return this.#settled();
    this.#draft = taken.draft;
    this.kept = { is: 'writing' };
    this.#onTheWay += 1;
    const saved = await store.commit({ do: 'edit_section', dossier: this.#dossier, section: this.#section, ...taken.words });
    this.#onTheWay -= 1;
    if (saved.saved) return this.#settled();
    this.#draft = keepWords(this.#draft, taken.group);
    this.kept = { is: 'failed', code: saved.code };
  }

  /** Says 'saved' only when every word that is shown is on the disk. */
  #settled(): void {
    if (this.kept.is === 'writing' && this.#onTheWay === 0 && !takeWords(this.#draft)) this.kept = { is: 'saved' };
  }

  /** Makes a text area show the text and listens to it. */
  readonly attach: Attachment<HTMLTextAreaElement> = (area) => {
    // Once: what changes later is brought in with care for the caret.
    area.value = untrack(() => this.#draft.local);
    this.#areas.set(area, -1);
    if (this.#place !== null) area.setSelectionRange(this.#place, this.#place);
    const listeners = new AbortController();
    const on = <Name extends keyof HTMLElementEventMap>(name: Name, heard: () => void) =>
      area.addEventListener(name, heard, { signal: listeners.signal });

    on('input', () => {
      this.#areas.set(area, area.selectionEnd);
      this.#typed(area);
    });
    on('compositionstart', () => (this.#composing = true));
    on('compositionend', () => this.#composed(area));
    on('blur', () => {
      this.#place = area.selectionEnd;
      this.#left(area);
    });
    document.addEventListener(
      'selectionchange',
      () => {
        const caret = this.#areas.get(area) ?? -1;
        if (document.activeElement !== area || this.#composing || caret < 0 || area.selectionEnd === caret) return;
        this.#areas.set(area, -1);
        void this.flush();
      },
      { signal: listeners.signal },
    );
    return () => {
      listeners.abort();
      this.#areas.delete(area);
      this.#left(area);
    };
  };

  /** Just after, not at once: the text area may be leaving the page, and Svelte allows no news while it clears up. */
  #left(area: HTMLTextAreaElement): void {
    queueMicrotask(() => {
      this.#composed(area);
      void this.flush();
    });
  }

  #typed(area: HTMLTextAreaElement): void {
    this.#draft = { ...this.#draft, local: area.value };
    for (const other of this.#areas.keys()) if (other !== area) other.value = area.value;
    this.kept = { is: 'writing' };
    clearTimeout(this.#pause);
    this.#pause = setTimeout(() => void this.flush(), PAUSE_MS);
  }

  #composed(area: HTMLTextAreaElement): void {
    if (!this.#composing) return;
    this.#composing = false;
    // Some browsers tell of the last letters only after this.
    if (area.value !== this.text) this.#typed(area);
    if (this.#waiting) this.take(this.#waiting.version, this.#waiting.text);
  }
}

/** Shows the text and leaves the caret, the selection and the place in the text where they were. */
function bringIn(area: HTMLTextAreaElement, text: string, splices: readonly Splice[]): void {
  const { selectionStart, selectionEnd, selectionDirection, scrollTop } = area;
  area.value = text;
  // Elsewhere a selection that is set would take the focus along (Safari).
  if (document.activeElement !== area) return;
  area.setSelectionRange(moveCaret(selectionStart, splices), moveCaret(selectionEnd, splices), selectionDirection);
  area.scrollTop = scrollTop;
}
