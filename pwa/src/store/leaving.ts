/** Giving a phone up: the server is told, everything is forgotten. */
import { leave } from './door';
import type { Disk } from './disk';
import { forgetPair } from './signed';

/** Held while everything on this device is being forgotten. */
export const FORGET_LOCK = 'tiwizi forget';

/**
 * `others` makes this device's other tabs let go of what they hold. `delivered` is how many changes went to staff where the server has
 * ended this device's access: the welcome says so until somebody comes in again.
 */
export function forgetAll(disk: Disk, others: () => void, delivered: number | null = null): Promise<void> {
  return navigator.locks.request(FORGET_LOCK, async () => {
    others();
    const serverKnows = delivered !== null || (await leave());
    await disk.plain(async (db) => {
      // The keys too: without them whatever the disk still holds of the rest is noise.
      const tx = db.transaction(db.objectStoreNames, 'readwrite', { durability: 'strict' });
      await Promise.all([
        ...Array.from(db.objectStoreNames, (name) => tx.objectStore(name).clear()),
        ...(serverKnows ? [] : [tx.objectStore('session').put(1, 'left')]),
        ...(delivered === null ? [] : [tx.objectStore('session').put(delivered, 'delivered')]),
        tx.done,
      ]);
    });
    if (serverKnows) await forgetPair();
  });
}

/** Lets the server know that this phone was given up, if it does not yet: until then its credential is good. */
export function tellLeft(disk: Disk): Promise<void> {
  // One after the other: a second word, said after somebody has come in anew, would end that.
  return navigator.locks.request(FORGET_LOCK, async () => {
    if (!(await disk.hasLeft()) || !(await leave())) return;
    await disk.plain((db) => db.delete('session', 'left'));
    await forgetPair();
  });
}
