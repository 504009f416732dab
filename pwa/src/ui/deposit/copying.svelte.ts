//! What has been copied of a dossier since the app was opened: whoever fills a form in of thirty fields wants to know where they are.
import { SvelteMap } from 'svelte/reactivity';

const copied = new SvelteMap<string, string>();

/** Whether this text, as it is now, has been copied. */
export const isCopied = (of: string, text: string): boolean => copied.get(of) === text;

/** False where the browser does not let the page write to the clipboard. */
export async function copy(of: string, text: string): Promise<boolean> {
  if (!(await write(text))) return false;
  copied.set(of, text);
  return true;
}

async function write(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}
