//! While the phone is handed round, neither Back nor another address leads anywhere.

/**
 * Holds the page at its address. Must come before the router hears of a change, so it listens on the way down; the router is told of none.
 *
 * A browser passes over places that were added without a touch in between: whoever presses Back again and again leaves the app as a whole,
 * as everywhere on the web. Coming back, they find it as it was.
 */
export function holdPlace(): () => void {
  const { href } = location;
  // What the router has noted of this place stays as it is.
  const place: unknown = history.state;
  history.pushState(place, '', href);
  let ending = false;
  const moved = (event: PopStateEvent) => {
    event.stopImmediatePropagation();
    if (ending) removeEventListener('popstate', moved, { capture: true });
    else history.pushState(place, '', href);
  };
  addEventListener('popstate', moved, { capture: true });
  return () => {
    // The place that was added goes, so that Back leads where it led before.
    ending = true;
    history.back();
  };
}
