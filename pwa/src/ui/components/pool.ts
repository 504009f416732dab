/**
 * Which drawn row shows which item. A row that stays keeps its place in the document, and one that is no longer needed is written
 * over instead of being built anew: that is what makes a search as quick as typing.
 */
export class Pool {
  /** In the order of the document. */
  #rows = new Map<string, number>();
  #made = 0;

  /**
   * Gives each key its row, in the keys' order.
   *
   * @param held the key whose row has the focus. It is never written over: Enter would then mean somebody else. Nor is it
   *   moved, for a node that moves loses the focus: rows from before it are used before it, those from after it, after it.
   */
  take(keys: readonly string[], held: string | null): number[] {
    const wanted = new Set(keys);
    const before = [...this.#rows];
    const middle = before.findIndex(([key]) => key === held);
    const free = (rows: [string, number][]) => rows.filter(([key]) => !wanted.has(key) && key !== held).map(([, row]) => row);
    const [above, below] = [free(before.slice(0, Math.max(middle, 0))), free(before.slice(Math.max(middle, 0)))];
    let spare = middle >= 0 && held !== null && wanted.has(held) ? above : [...above, ...below];
    const taken = new Map<string, number>();
    for (const key of keys) {
      taken.set(key, this.#rows.get(key) ?? spare.shift() ?? ++this.#made);
      if (key === held) spare = below;
    }
    this.#rows = taken;
    return [...taken.values()];
  }
}
