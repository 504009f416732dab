/**
 * Every tab starts one of these. The one that gets the lock leads; the others wait for its end, which may come at any moment: a
 * tab is closed, a phone puts it aside, an engine dies.
 */
import init, { Engine } from '../wasm/engine.js';
import engineUrl from '../wasm/engine_bg.wasm?url';
import {
  CHANNEL,
  LEADER_LOCK,
  PAGE_LOCK_PREFIX,
  type DeathCode,
  type FromPage,
  type FromWorker,
  type Message,
  type ToWorker,
} from '../store/channel';
import { Disk } from '../store/disk';
import { Leader, type EngineSource, type LeaderPort } from './leader';

const source: EngineSource = {
  load: () => init({ module_or_path: engineUrl }),
  open: (identity, nonce, keys, values) => Engine.open(identity, nonce, keys, values),
};

const channel = new BroadcastChannel(CHANNEL);
let leader: Leader | null = null;
let failures = 0;
const disk = new Disk();

onmessage = ({ data }: MessageEvent<ToWorker>) => {
  if (data.say === 'start') {
    failures = data.failures;
    disk.useKey(data.key);
    void stand({});
  } else if (!leader) {
    void stand({ steal: true });
  }
};

/** Stands for the lead, and keeps it until this worker ends. */
async function stand(how: LockOptions): Promise<void> {
  try {
    await navigator.locks.request(LEADER_LOCK, how, () => {
      leader ??= begin();
      return new Promise(() => {});
    });
  } catch {
    // Another worker has taken the lead by force: this one was asleep, and what it holds may be stale.
    die('superseded');
  }
}

function begin(): Leader {
  const port: LeaderPort = { post: (message) => channel.postMessage(message), die, onGone, build: build() };
  const begun = new Leader(disk, source, port, failures);
  channel.onmessage = ({ data }: MessageEvent<Message>) => begun.hear(data as FromPage);
  begun.lead();
  return begun;
}

function die(code: DeathCode): void {
  postMessage({ say: 'died', code } satisfies FromWorker);
  close();
}

/** A page holds a lock of its own as long as it lives. */
function onGone(page: string, gone: () => void): void {
  void navigator.locks.request(PAGE_LOCK_PREFIX + page, gone);
}

/** The bundler names this file after its content: that tells one build from another. */
function build(): string {
  return /-(\w+)\.js$/.exec(import.meta.url)?.[1] ?? 'development';
}
