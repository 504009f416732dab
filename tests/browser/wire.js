// A phone without a page: the app's own engine, and requests signed as the app signs them. Many edits in the time of one tap.
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';

import init, { Engine } from '../../pwa/src/wasm/engine.js';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256' };
const { subtle } = globalThis.crypto;
const hex = (bytes) => Buffer.from(bytes).toString('hex');
const bytesOf = (body) => (typeof body === 'string' ? new TextEncoder().encode(body) : (body ?? new Uint8Array()));

let engine;
const ready = () => (engine ??= init({ module_or_path: readFileSync(new URL('../../pwa/src/wasm/engine_bg.wasm', import.meta.url)) }));

export class WirePhone {
  /** Comes in by an invite's code. */
  static async enroll(house, code, name) {
    await ready();
    const phone = new WirePhone();
    phone.house = house;
    phone.pair = await subtle.generateKey(ALGORITHM, false, ['sign']);
    const public_key = hex(await subtle.exportKey('raw', phone.pair.publicKey));
    const ask = { code, attempt: hex(randomBytes(16)), public_key, name, device_label: `Téléphone de ${name}`, language: 'fr' };
    const reply = await phone.send('POST', '/api/enroll', JSON.stringify(ask), 'application/json');
    if (!reply.ok) throw new Error(`not let in: ${reply.status} ${await reply.text()}`);
    phone.cookie = reply.headers.get('set-cookie').split(';')[0];
    const { account, device } = await reply.json();
    phone.account = account;
    phone.engine = Engine.open(
      JSON.stringify({ device: device.id, account: account.id, name: account.name, role: account.role }),
      randomBytes(8),
      [],
      [],
    );
    return phone;
  }

  async send(method, path, body, type) {
    const digest = await subtle.digest('SHA-256', bytesOf(body));
    const at = Date.now();
    const message = bytesOf(`tiwizi\n${method}\n${path}\n${hex(digest)}\n${at}`);
    const signature = await subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, this.pair.privateKey, message);
    const url64 = (bytes) => Buffer.from(bytes).toString('base64url');
    const headers = {
      'x-tiwizi': '1',
      'x-tiwizi-proof': `${at}.${url64(digest)}.${url64(signature)}`,
      ...(type && { 'content-type': type }),
      ...(this.cookie && { cookie: this.cookie }),
    };
    return fetch(`${this.house.url}${path}`, { method, headers, ...(body !== undefined && { body }) });
  }

  /** Works an edit in, at once and on this phone alone, as of a moment of its clock. */
  edit(edit, at_ms = Date.now()) {
    const { refusal } = JSON.parse(this.engine.edit(JSON.stringify({ at_ms, edit })));
    if (refusal) throw new Error(`${refusal}: ${JSON.stringify(edit)}`);
    this.store();
  }

  /** Memory is its disk. */
  store() {
    for (let batch = this.engine.take_batch(); batch; batch = this.engine.take_batch()) this.engine.persisted(batch.id);
  }

  /** Exchanges until the server has nothing more to say. */
  async sync() {
    for (let page = 0; page < 200; page += 1) {
      const frame = this.engine.request(Date.now(), '{}');
      if (!frame) return;
      const reply = await this.send('POST', '/api/sync', frame, 'application/octet-stream');
      if (!reply.ok) throw new Error(`no exchange: ${reply.status} ${await reply.text()}`);
      const { again, code } = JSON.parse(this.engine.response(new Uint8Array(await reply.arrayBuffer()), Date.now()));
      if (code) throw new Error(`the reply was not understood: ${code}`);
      this.store();
      if (!again && this.engine.unsent() === 0) return;
    }
    throw new Error('the exchange has no end');
  }

  /** What a page would show. */
  view(key) {
    const text = JSON.stringify(key);
    this.engine.unsubscribe(text);
    this.engine.subscribe(text);
    const updates = JSON.parse(this.engine.updates());
    this.engine.unsubscribe(text);
    return updates.find(({ key: of }) => JSON.stringify(of) === text)?.view;
  }
}

/** A fresh id of a row. */
export const rowId = () => hex(randomBytes(8));
/** A fresh id of a document. */
export const documentId = () => {
  const text = hex(randomBytes(16));
  return [text.slice(0, 8), text.slice(8, 12), text.slice(12, 16), text.slice(16, 20), text.slice(20)].join('-');
};
