//! Ids are made where the thing is created, so that saying it twice does it once.

const hex = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');

/** A UUIDv7 as text: the time it was made (milliseconds since 1970), then 74 random bits. For any document. */
export function newDocumentId(madeMs: number = Date.now()): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const view = new DataView(bytes.buffer);
  view.setUint16(0, Math.floor(madeMs / 0x1_0000_0000) & 0xffff);
  view.setUint32(2, madeMs >>> 0);
  view.setUint8(6, 0x70 | (view.getUint8(6) & 0x0f));
  view.setUint8(8, 0x80 | (view.getUint8(8) & 0x3f));
  const text = hex(bytes);
  return [text.slice(0, 8), text.slice(8, 12), text.slice(12, 16), text.slice(16, 20), text.slice(20)].join('-');
}

/** 16 hexadecimal digits: a mark, a slot, a budget line, a withdrawal. */
export function newRowId(): string {
  return hex(crypto.getRandomValues(new Uint8Array(8)));
}
