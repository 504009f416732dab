//! What an event can be: the kinds that the app knows, and those of the house.
import { choicesOf } from '../../i18n';
import { store } from '../../store';
import type { Choice } from '../components';

/** The house's own, one a line of its settings. Reactive. */
function houseKinds(): string[] {
  const settings = store.view({ view: 'settings' });
  const written = settings?.view === 'settings' ? settings.texts.find(({ field }) => field === 'house_event_kinds')?.value : null;
  return typeof written === 'string' ? written.split('\n').map((kind) => kind.trim()).filter(Boolean) : [];
}

/** All that can be chosen, with the present one where it is of neither list: it must not look as if nothing was chosen. Reactive. */
export function kindChoices(present: string): Choice[] {
  const known = choicesOf('event_kind');
  const others = [...houseKinds(), present].filter((kind) => kind && !known.some(({ value }) => value === kind));
  return [...known, ...[...new Set(others)].map((kind) => ({ value: kind, label: kind }))];
}
