/**
 * Texts and tables as office programs write them: a ZIP, of which only the list of names is read. One that brings something that runs
 * (macros, controls, foreign objects), that is locked, or that hides bytes around its list is none. As the server reads them
 * (`server/src/media/office.rs`).
 */

export type Office = 'docx' | 'xlsx' | 'odt' | 'ods';

/** Where the list of names is said to be: the last bytes of a ZIP without a remark. */
const END_BYTES = 22;
/** Before each name in that list. */
const ENTRY_BYTES = 46;
/** Before the bytes of each file. */
const LOCAL_BYTES = 30;
/** Files in one ZIP. */
const ENTRIES_MAX = 5_000;
/** What runs when somebody opens the file, in lower case. */
const RUNS = ['vbaproject', 'vbadata', 'activex', 'macrosheets/', 'oleobject', 'basic/', 'scripts/'];

export function isOffice(kind: Office, bytes: Uint8Array): boolean {
  switch (kind) {
    case 'docx':
      return isOpenXml(bytes, 'word/document');
    case 'xlsx':
      return isOpenXml(bytes, 'xl/workbook');
    case 'odt':
      return isOpenDocument(bytes, 'application/vnd.oasis.opendocument.text');
    case 'ods':
      return isOpenDocument(bytes, 'application/vnd.oasis.opendocument.spreadsheet');
  }
}

function isOpenXml(bytes: Uint8Array, part: string): boolean {
  const names = harmlessNames(bytes);
  if (!names?.includes('[content_types].xml')) return false;
  return names.some((name) => name.startsWith(part) && name.endsWith('.xml'));
}

/** It says first, and in clear, what it is; a longer name is that of a template. */
function isOpenDocument(bytes: Uint8Array, kind: string): boolean {
  const said = `mimetype${kind}PK`;
  if (textOf(bytes.subarray(LOCAL_BYTES, LOCAL_BYTES + said.length)) !== said) return false;
  return harmlessNames(bytes)?.some((name) => /^content\.xml$/.test(name)) ?? false;
}

/** The names in a ZIP, in lower case; null where it is no sound one or brings something that runs. */
function harmlessNames(bytes: Uint8Array): string[] | null {
  const ends = bytes.length - END_BYTES;
  if (ends < 0 || textOf(bytes.subarray(0, 4)) !== 'PK\x03\x04' || textOf(bytes.subarray(ends, ends + 4)) !== 'PK\x05\x06') return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const count = view.getUint16(ends + 10, true);
  const starts = view.getUint32(ends + 16, true);
  if (view.getUint16(ends + 20, true) !== 0 || count > ENTRIES_MAX || starts + view.getUint32(ends + 12, true) !== ends) return null;
  const names: string[] = [];
  let at = starts;
  for (let n = 0; n < count; n += 1) {
    if (at + ENTRY_BYTES > ends || textOf(bytes.subarray(at, at + 4)) !== 'PK\x01\x02') return null;
    const isLocked = (view.getUint16(at + 8, true) & 1) === 1;
    const [name, extra, remark] = [28, 30, 32].map((place) => view.getUint16(at + place, true)) as [number, number, number];
    if (isLocked || at + ENTRY_BYTES + name > ends) return null;
    const said = textOf(bytes.subarray(at + ENTRY_BYTES, at + ENTRY_BYTES + name)).toLowerCase();
    if (RUNS.some((run) => said.includes(run))) return null;
    names.push(said);
    at += ENTRY_BYTES + name + extra + remark;
  }
  return at === ends ? names : null;
}

/** One letter for each byte. */
const textOf = (bytes: Uint8Array) => Array.from(bytes, (byte) => String.fromCharCode(byte)).join('');
