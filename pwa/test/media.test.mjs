import './typescript.mjs';
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

const { BLOB_BYTES_MAX, refusalOf } = await import('../src/store/media.ts');

// The server reads the same file.
const vectors = JSON.parse(readFileSync(new URL('../../shared/vectors/media.json', import.meta.url), 'utf8'));

const bytesOf = (parts) =>
  Buffer.concat(parts.map(([kind, text, times]) => (kind === 'hex' ? Buffer.from(text, 'hex') : Buffer.from(text.repeat(times ?? 1)))));

test('what a phone keeps is what the server takes', async () => {
  for (const { what, media, parts, sound } of vectors) assert.equal((await refusalOf(media, bytesOf(parts))) === null, sound, what);
});

test('what is too large says so, whatever it is', async () => {
  for (const [media, most] of Object.entries(BLOB_BYTES_MAX)) {
    assert.equal(await refusalOf(media, new Uint8Array(most + 1)), 'blob.too_large');
    assert.equal(await refusalOf(media, new Uint8Array(most)), 'blob.damaged');
  }
});
