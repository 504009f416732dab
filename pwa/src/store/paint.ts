/** When the person sees something. What is not needed for that waits until then: an old phone has one processor to spare. */

/** Some browsers do not tell of the first paint, or not always. */
const CONTENT_MS_MAX = 2_000;

/** Resolves once the browser has had the occasion to paint what is there now. */
export function painted(): Promise<void> {
  return new Promise((resolve) => {
    if (document.visibilityState === 'hidden') setTimeout(resolve);
    else requestAnimationFrame(() => setTimeout(resolve));
  });
}

/** Resolves once the first screen is there: its code was fetched, and it has asked for its views. */
export function contentPainted(): Promise<void> {
  return new Promise((resolve) => {
    if (document.visibilityState === 'hidden') return resolve();
    setTimeout(resolve, CONTENT_MS_MAX);
    new PerformanceObserver((entries) => {
      if (entries.getEntriesByName('first-contentful-paint').length > 0) resolve();
    }).observe({ type: 'paint', buffered: true });
  });
}
