// automerge-repo's own sync server and client, with the documents that the Tiwizi bench made.
//
//   node measure.js <folder>
//
// <folder>/before/*.automerge are the documents, <folder>/after/*.automerge those of them that were changed since.
// Prints one line of JSON: for each case bytes and messages each way (WebSocket messages, and all that crossed the socket),
// and the time until the client had everything. Server and client are two processes, as in use.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import * as Automerge from '@automerge/automerge';
import { Repo } from '@automerge/automerge-repo';
import { WebSocketClientAdapter } from '@automerge/automerge-repo-network-websocket';
import { NodeFSStorageAdapter } from '@automerge/automerge-repo-storage-nodefs';

/** Without a message for so long, a run without any other sign of its end is over. It is not counted. */
const QUIET_MS = 2_000;

const folder = process.argv[2];
const scratch = mkdtempSync(join(tmpdir(), 'peer-'));
const names = readdirSync(join(folder, 'before')).sort();
const before = names.map((name) => new Uint8Array(readFileSync(join(folder, 'before', name))));
const after = new Map(
  readdirSync(join(folder, 'after')).map((name) => [names.indexOf(name), new Uint8Array(readFileSync(join(folder, 'after', name)))]),
);

/** Counts what crosses the socket, WebSocket framing and handshake included. */
class Counter {
  constructor(port) {
    this.reset();
    this.server = createServer((client) => {
      const server = connect(port, '127.0.0.1');
      client.on('data', (bytes) => ((this.up += bytes.length), server.write(bytes)));
      server.on('data', (bytes) => ((this.down += bytes.length), client.write(bytes)));
      for (const [one, other] of [[client, server], [server, client]]) {
        one.on('error', () => other.destroy());
        one.on('close', () => other.destroy());
      }
    });
  }

  async open() {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    this.url = `ws://127.0.0.1:${this.server.address().port}`;
  }

  reset() {
    this.up = this.down = 0;
  }
}

/** Counts messages as the adapter hands them over. */
class Counted extends WebSocketClientAdapter {
  messages = { up: 0, down: 0, upBytes: 0, downBytes: 0 };
  lastAt = performance.now();

  connect(...words) {
    super.connect(...words);
    const { socket } = this;
    const { send } = socket;
    socket.send = (bytes) => {
      this.messages.up += 1;
      this.messages.upBytes += bytes.byteLength;
      this.lastAt = performance.now();
      return send.call(socket, bytes);
    };
    socket.addEventListener('message', (event) => {
      this.messages.down += 1;
      this.messages.downBytes += event.data.byteLength ?? event.data.size;
      this.lastAt = performance.now();
    });
  }

  async quiet() {
    while (performance.now() - this.lastAt < QUIET_MS) await new Promise((go) => setTimeout(go, 50));
  }
}

const server = spawn(process.execPath, [new URL('server.js', import.meta.url).pathname, join(scratch, 'server')], {
  stdio: ['ignore', 'pipe', 'inherit'],
});
process.on('exit', () => {
  server.kill();
  rmSync(scratch, { recursive: true, force: true });
});
const [said] = await once(server.stdout, 'data');
const counter = new Counter(Number(String(said)));
await counter.open();

const announce = { announce: async () => true, access: async () => true };
const open = (name) =>
  new Repo({ peerId: name, storage: new NodeFSStorageAdapter(join(scratch, name)), shareConfig: announce });

function goOnline(repo) {
  counter.reset();
  const adapter = new Counted(counter.url);
  const startedAt = performance.now();
  repo.networkSubsystem.addNetworkAdapter(adapter);
  return { adapter, startedAt };
}

const result = (adapter, ms) => ({
  ms: Math.round(ms),
  messages_up: adapter.messages.up,
  messages_down: adapter.messages.down,
  bytes_up: adapter.messages.upBytes,
  bytes_down: adapter.messages.downBytes,
  socket_up: counter.up,
  socket_down: counter.down,
});

// One phone brings everything.
const author = open('author');
const written = before.map((bytes) => author.import(bytes));
const urls = written.map((handle) => handle.url);
await author.flush();
let line = goOnline(author);
await line.adapter.quiet();
const upload = result(line.adapter, line.adapter.lastAt - line.startedAt);
line.adapter.disconnect();

// Another one comes for the first time. It is told the addresses: automerge-repo does not list documents.
const heads = (docs) => docs.map((doc) => Automerge.getHeads(doc).join());
const expected = heads(written.map((handle) => handle.doc()));
let phone = open('phone');
line = goOnline(phone);
const found = await Promise.all(urls.map((url) => phone.find(url)));
const first_ms = performance.now() - line.startedAt;
if (heads(found.map((handle) => handle.doc())).some((head, n) => head !== expected[n])) throw new Error('not all arrived');
await line.adapter.quiet();
const first = result(line.adapter, first_ms);
await phone.flush();
await phone.shutdown();

async function back() {
  // The phone was closed meanwhile: everything is read from its disk before the network is there.
  phone = open('phone');
  const handles = await Promise.all(urls.map((url) => phone.find(url)));
  return { handles, ...goOnline(phone) };
}

let here = await back();
await here.adapter.quiet();
const level = result(here.adapter, here.adapter.lastAt - here.startedAt);
await phone.flush();
await phone.shutdown();

// Ten documents change elsewhere.
for (const [n, bytes] of after) written[n].update((doc) => Automerge.merge(doc, Automerge.load(bytes)));
await author.flush();
line = goOnline(author);
await line.adapter.quiet();
line.adapter.disconnect();

here = await back();
const fresh = heads(written.map((handle) => handle.doc()));
const has = (n) => Automerge.getHeads(here.handles[n].doc()).join() === fresh[n];
await new Promise((done) => {
  const look = () => [...after.keys()].every(has) && done();
  for (const n of after.keys()) here.handles[n].on('heads-changed', look);
  look();
});
const changed_ms = performance.now() - here.startedAt;
await here.adapter.quiet();
const changed = result(here.adapter, changed_ms);

console.log(JSON.stringify({ documents: urls.length, changed_documents: after.size, upload, first, level, changed }));
process.exit(0);
