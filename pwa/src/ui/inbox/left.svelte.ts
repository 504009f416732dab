//! What lists brought at the desk have left: files that could not be read, rows that were not taken. Shapes are those of the server's
//! `routes/imports.rs`.
import type { DocumentId } from '../../generated/DocumentId';
import { ask } from '../../store/api';
import type { Said } from '../twins/imports';
import type { Of } from '../twins/twins';

export interface Left {
  id: DocumentId;
  at_ms: number;
  by: string;
  name: string;
  kind: Of;
  /** Why the file could not be read; null where it was, and rows were not taken. */
  code: string | null;
  refused: number;
  lines: (Said & { line: number })[];
  settled: { at_ms: number; by: string; reason: string } | null;
}

class LeftLists {
  all: Left[] = $state.raw([]);

  get open(): Left[] {
    return this.all.filter(({ settled }) => !settled);
  }

  get settled(): Left[] {
    return this.all.filter(({ settled }) => settled);
  }

  /** Null, or why the server has not told. */
  async look(): Promise<string | null> {
    const answer = await ask<{ left: Left[] }>('/api/imports/left');
    if (answer.ok) this.all = answer.value.left;
    return answer.ok ? null : answer.code;
  }

  /** Settles one, or asks about it again. */
  async settle({ id }: Left, settled: boolean, reason = ''): Promise<string | null> {
    const answer = await ask(`/api/imports/left/${id}`, { settled, reason });
    return answer.ok ? this.look() : answer.code;
  }
}

export const left = new LeftLists();
