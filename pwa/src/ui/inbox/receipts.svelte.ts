//! When the server received what is shown: a phone does not know, and its own clock is a claim. Without a network that clock stands alone.
import { SvelteMap } from 'svelte/reactivity';
import type { DeviceId } from '../../generated/DeviceId';
import type { DocumentId } from '../../generated/DocumentId';
import { ask } from '../../store/api';
import type { Said } from './choices';

interface Receipt {
  device: DeviceId;
  made_ms: number;
  received_ms: number;
}

const received = new SvelteMap<string, number>();
const looked = new Set<string>();

const keyOf = (document: DocumentId, by: DeviceId | null, at_ms: number) => `${document} ${by} ${Math.floor(at_ms / 1000)}`;

/** Milliseconds since 1970 by the server's clock; none where nobody has told. */
export const receivedMs = (document: DocumentId, { by, at_ms }: Said): number | undefined => received.get(keyOf(document, by, at_ms));

/** Asks for what is not known yet. */
export async function lookUp(document: DocumentId, said: readonly Said[]): Promise<void> {
  const wanted = said.filter(({ by, at_ms }) => by !== null && at_ms > 0 && !looked.has(keyOf(document, by, at_ms)));
  if (wanted.length === 0) return;
  for (const { by, at_ms } of wanted) looked.add(keyOf(document, by, at_ms));
  const moments = [...new Set(wanted.map(({ at_ms }) => Math.floor(at_ms / 1000)))].join(',');
  const answer = await ask<{ items: Receipt[] }>(`/api/v1/documents/${document}/receipts?moments=${moments}`);
  if (!answer.ok) {
    // Without a network: asked again when it is shown again.
    for (const { by, at_ms } of wanted) looked.delete(keyOf(document, by, at_ms));
    return;
  }
  for (const { device, made_ms, received_ms } of answer.value.items) received.set(keyOf(document, device, made_ms), received_ms);
}
