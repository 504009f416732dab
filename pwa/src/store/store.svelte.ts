import type { Store } from './contract';

class AppStore implements Store {
  phase: Store['phase'] = $state('opening');
  session: Store['session'] = $state.raw(null);
  exchange: Store['exchange'] = $state.raw({ state: 'never', code: null, endedMs: 0 });
  engineReady = $state(false);
  inLog = $state(0);
  refused: Store['refused'] = $state.raw([]);
  updateWaits = $state(false);

  view(): null {
    return null;
  }
  async commit(): Promise<{ saved: false; code: 'storage.failed' }> {
    return { saved: false, code: 'storage.failed' };
  }
  async dismiss(): Promise<void> {}
  exchangeNow(): void {}
  async enroll(): Promise<{ ok: false; code: string }> {
    return { ok: false, code: 'server.unreachable' };
  }
  applyUpdate(): void {}
}

export const store: Store = new AppStore();
