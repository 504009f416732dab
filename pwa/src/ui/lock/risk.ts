//! Why this phone may lose what it holds.
import { keeping } from '../../store';

/** A phone with less room than this loses what comes next. */
const NEARLY_FULL_PERCENT = 90;

/** An iPhone clears what a website stored after seven days on which nobody opened it, unless it is on the home screen. */
const isIphone = /iPhone|iPad|iPod/.test(navigator.userAgent) || isTouchMac();

export type Risk = 'iphone_tab' | 'nearly_full' | 'not_persisted';

/** The gravest first. Reactive. */
export function risks(): Risk[] {
  const found: Risk[] = [];
  if (isIphone && !keeping.installed) found.push('iphone_tab');
  if ((keeping.storagePercent ?? 0) >= NEARLY_FULL_PERCENT) found.push('nearly_full');
  const refused = keeping.persisted === false && (keeping.declined || keeping.returning);
  if (refused && !found.includes('iphone_tab')) found.push('not_persisted');
  return found;
}

/** An iPad says that it is a Mac; no Mac has a touch screen. */
function isTouchMac(): boolean {
  return /Macintosh/.test(navigator.userAgent) && navigator.maxTouchPoints > 1;
}
