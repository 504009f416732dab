//! Whether this tab is being handed round. Apart from all else of it, since the first paint asks.

const NAME = 'tiwizi-kiosk';

class Handed {
  /** What is kept while it is, and comes back when the page is loaded anew; see `kiosk.svelte.ts`. */
  kept: string | null = $state.raw(read());

  keep(next: string | null): void {
    this.kept = next;
    try {
      if (next === null) sessionStorage.removeItem(NAME);
      else sessionStorage.setItem(NAME, next);
    } catch {
      // A browser that keeps nothing: it holds until the page is loaded anew.
    }
  }
}

function read(): string | null {
  try {
    return sessionStorage.getItem(NAME);
  } catch {
    return null;
  }
}

export const handed = new Handed();
