//! How somebody was seen to be there.
import type { How } from '../../generated/How';
import { m } from '../../i18n';

export function howText(how: How): string {
  return { tap: m.how_tap, badge: m.how_badge, kiosk: m.how_kiosk, paper: m.how_paper }[how]();
}
