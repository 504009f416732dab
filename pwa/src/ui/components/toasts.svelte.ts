//! What has just happened, said once: shown for a while and told to screen readers politely.

/** One such sentence. */
export interface Toast {
  id: number;
  text: string;
  tone: 'done' | 'wrong';
}

/** Long enough to be read twice. */
const SHOWN_MS = 6_000;

/** More at once would only cover the screen. */
const SHOWN_MAX = 3;

let lastId = 0;

class Toasts {
  shown: Toast[] = $state([]);

  add(text: string, tone: Toast['tone']): void {
    const id = ++lastId;
    this.shown = [...this.shown, { id, text, tone }].slice(-SHOWN_MAX);
    // What went wrong stays until it is closed: it must not be missed.
    if (tone === 'done') setTimeout(() => this.close(id), SHOWN_MS);
  }

  close(id: number): void {
    this.shown = this.shown.filter((toast) => toast.id !== id);
  }
}

export const toasts = new Toasts();

/** Says what has been done, or what went wrong and what to do about it. */
export function say(text: string, tone: Toast['tone'] = 'done'): void {
  toasts.add(text, tone);
}
