//! The keys of the inbox. They are off while somebody types, and leave every key that a control needs to that control.

export interface Keys {
  next(): void;
  previous(): void;
  choose(n: number): void;
  settle(): void;
  undo(): void;
  assign(): void;
  bulk(): void;
  help(): void;
}

const TYPES = 'input:not([type=radio], [type=checkbox], [type=button]), textarea, select, [contenteditable]';
/** Enter and the arrows are theirs. */
const CONTROLS = 'a, button, input, select, textarea, summary, [role=button]';

export function onKeys(keys: Keys): (event: KeyboardEvent) => void {
  return (event) => {
    const target = event.target instanceof Element ? event.target : null;
    if (event.defaultPrevented || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (target?.closest(TYPES)) return;
    const controls = target?.closest(CONTROLS) ?? null;
    const does = doesOf(event.key, keys, controls !== null && !controls.matches('.rows button'));
    if (!does) return;
    event.preventDefault();
    does();
  };
}

function doesOf(key: string, keys: Keys, inControl: boolean): (() => void) | null {
  // Up and down are so in either direction of writing; a radio group moves by its own arrows.
  switch (key) {
    case 'j':
      return keys.next;
    case 'k':
      return keys.previous;
    case 'ArrowDown':
      return inControl ? null : keys.next;
    case 'ArrowUp':
      return inControl ? null : keys.previous;
    case 'Enter':
      return inControl ? null : keys.settle;
    case 'u':
      return keys.undo;
    case 'a':
      return keys.assign;
    case 'b':
      return keys.bulk;
    case '?':
      return keys.help;
    default:
      return /^[1-9]$/.test(key) ? () => keys.choose(Number(key) - 1) : null;
  }
}
