//! Another event like this one: a copy, or one more session of its series. Nothing here makes an id or asks the time.
import type { DocumentId } from '../../generated/DocumentId';
import type { Edit } from '../../generated/Edit';
import type { EventHead } from '../../generated/EventHead';
import type { Field } from '../../generated/Field';
import type { RowId } from '../../generated/RowId';
import { addDays, daysBetween } from './calendar';

export interface Ids {
  document: () => DocumentId;
  row: () => RowId;
}

/** Each event has its own: codes on the badges of one must not open another. */
const OWN: readonly Field[] = ['series', 'badge_key'];

/**
 * What makes an event like this one that begins on `firstDay`. Its half-days stand to each other as these do.
 *
 * @param people who is put on its roster
 * @param series the name that it shares with its sisters, or empty
 */
export function copyEdits(
  head: Pick<EventHead, 'fields' | 'slots' | 'trainers' | 'links'>,
  people: readonly DocumentId[],
  { firstDay, series }: { firstDay: string; series: string },
  ids: Ids,
): { event: DocumentId; edits: Edit[] } {
  const event = ids.document();
  const fields: (Edit & { do: 'create_event' })['fields'] = {};
  for (const { field, value } of head.fields) {
    if (value !== null && value !== '' && !OWN.includes(field)) fields[field] = value;
  }
  if (series) fields.series = series;
  const days = daysBetween(head.slots[0]?.day ?? firstDay, firstDay);
  const slots = head.slots.map(({ day, starts, ends }) => ({ slot: ids.row(), day: addDays(day, days), starts, ends }));
  return {
    event,
    edits: [
      { do: 'create_event', event, fields, slots },
      ...head.trainers.map(({ name }): Edit => ({ do: 'add_trainer', event, trainer: { trainer: ids.row(), name } })),
      ...head.links.map(({ document, kind }): Edit => ({ do: 'link_event', event, document, kind })),
      ...people.map((person): Edit => ({ do: 'add_to_roster', event, person })),
    ],
  };
}
