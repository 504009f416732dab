//! Keeping the pages or the file of an attachment: first the bytes, then what refers to them, and the attachment itself last. So no document
//! speaks of what was never kept, and a paper shows when all of it is there.
import type { DocumentId } from '../../generated/DocumentId';
import type { Edit } from '../../generated/Edit';
import type { RowId } from '../../generated/RowId';
import { newRowId, store } from '../../store';
import type { Media } from '../../store/media';

type Fields = (Edit & { do: 'add_row' })['fields'];

/** Where the page stands among the others. */
const orderOf = (nth: number) => String(nth + 1).padStart(4, '0');

/** Endings and types that browsers give; a picture of any kind is drawn anew as a JPEG. */
const KINDS: readonly [ending: string, media: Media][] = [
  ['.pdf', 'pdf'],
  ['.docx', 'docx'],
  ['.xlsx', 'xlsx'],
  ['.odt', 'odt'],
  ['.ods', 'ods'],
];

/** What may be picked. */
export const ACCEPTED = ['image/*', ...KINDS.map(([ending]) => ending)].join(',');

/** 'photo' for a picture; null for what is not kept. */
export function kindOf(file: File): Media | 'photo' | null {
  const name = file.name.toLowerCase();
  const known = KINDS.find(([ending]) => name.endsWith(ending));
  if (known) return known[1];
  return file.type.startsWith('image/') || /\.(jpe?g|png|webp|heic|heif|avif|gif|bmp)$/.test(name) ? 'photo' : null;
}

/** The ids that a piece is given, made once: a second attempt to save makes no second piece. */
export interface Ids {
  attachment: RowId;
  pages: Map<File, RowId>;
}

export const newIds = (): Ids => ({ attachment: newRowId(), pages: new Map() });

/** Null, or why not. `after` pages are there already. */
export async function keepPages(document: DocumentId, ids: Ids, files: readonly File[], after: number): Promise<string | null> {
  for (const [nth, file] of files.entries()) {
    const kind = kindOf(file);
    if (kind === null) return 'blob.media';
    const bytes = kind === 'photo' ? await shrunk(file) : new Uint8Array(await file.arrayBuffer());
    if (typeof bytes === 'string') return bytes;
    const blob = await store.keepBlob(kind === 'photo' ? 'jpeg' : kind, bytes);
    if (!blob.saved) return blob.code;
    const row = ids.pages.get(file) ?? newRowId();
    ids.pages.set(file, row);
    const fields: Fields = { of: ids.attachment, blob: blob.hash, file_bytes: bytes.length, order: orderOf(after + nth) };
    if (kind !== 'photo') fields.file_name = file.name.slice(-200);
    const saved = await store.commit({ do: 'add_row', document, table: 'page', row, fields });
    if (!saved.saved) return saved.code;
  }
  return null;
}

async function shrunk(file: File): Promise<Uint8Array<ArrayBuffer> | string> {
  const { shrink, PhotoRefused } = await import('../../store/photo');
  try {
    return await shrink(file);
  } catch (error) {
    if (error instanceof PhotoRefused) return error.code;
    throw error;
  }
}

export async function addAttachment(document: DocumentId, row: RowId, fields: Fields): Promise<string | null> {
  const saved = await store.commit({ do: 'add_row', document, table: 'attachment', row, fields });
  return saved.saved ? null : saved.code;
}

/** What an attachment is, to be kept with another document: the bytes are the same, and stay where they are. */
export interface Taken {
  label: string;
  piece: string;
  issued: string;
  expires: string;
  given_by: string;
  detail: string;
  pages: readonly { blob: string; name: string; size: number }[];
}

/** Keeps what one document has with another too, with its days. Null, or why not. */
export async function copyTo(document: DocumentId, from: Taken): Promise<string | null> {
  const attachment = newRowId();
  for (const [nth, page] of from.pages.entries()) {
    const fields: Fields = { of: attachment, blob: page.blob, order: orderOf(nth) };
    if (page.name) fields.file_name = page.name;
    if (page.size > 0) fields.file_bytes = page.size;
    const saved = await store.commit({ do: 'add_row', document, table: 'page', row: newRowId(), fields });
    if (!saved.saved) return saved.code;
  }
  const { label, piece, issued, expires, given_by, detail } = from;
  const said = Object.entries({ label, piece, issued, expires, given_by, detail }).filter(([, value]) => value !== '');
  return addAttachment(document, attachment, Object.fromEntries(said));
}

/** Takes an attachment out, with its pages: the bytes go when nothing refers to them any more. Null, or why not. */
export async function remove(document: DocumentId, rows: readonly RowId[]): Promise<string | null> {
  for (const row of rows) {
    const saved = await store.commit({ do: 'keep_row', document, row, keep: false });
    if (!saved.saved) return saved.code;
  }
  return null;
}
