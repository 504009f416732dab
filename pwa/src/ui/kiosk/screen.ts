//! The whole screen, and a screen that stays awake: where the phone can.

/** Must follow from a touch. */
export function fillScreen(): void {
  // iPhones have no such thing; added to the home screen, the app fills it anyway.
  if (document.fullscreenEnabled && !document.fullscreenElement) {
    document.documentElement.requestFullscreen({ navigationUI: 'hide' }).catch(() => {});
  }
}

export function leaveScreen(): void {
  if (document.fullscreenElement) document.exitFullscreen().catch(() => {});
}

/** Keeps the screen awake until the function that is returned is called. */
export function keepAwake(): () => void {
  let lock: WakeLockSentinel | null = null;
  let ended = false;
  // The phone takes it back whenever the page is out of sight, or its battery low.
  const ask = async () => {
    if (document.visibilityState !== 'visible' || (lock && !lock.released)) return;
    try {
      lock = (await navigator.wakeLock?.request('screen')) ?? null;
      if (ended) await lock?.release();
    } catch {
      // Then the screen goes dark as usual.
    }
  };
  void ask();
  const asked = () => void ask();
  document.addEventListener('visibilitychange', asked);
  return () => {
    ended = true;
    document.removeEventListener('visibilitychange', asked);
    void lock?.release().catch(() => {});
  };
}
