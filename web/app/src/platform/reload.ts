import { inTab } from './storage.ts';

const RELOADED = 'jobline-reloaded-for';

/**
 * A file of this version of the app is not there any more: another version has taken its place. Loads the page again, once
 * for each file, and answers whether it does. What is being written is kept with the messages.
 */
export function reloadFor(file: string): boolean {
  const before = inTab.get(RELOADED) ?? '';
  if (before.includes(file)) return false;
  inTab.set(RELOADED, before + file);
  location.reload();
  return true;
}

/** Does so when a part of the app that is loaded on demand cannot be. */
export function watchParts(): void {
  addEventListener('vite:preloadError', event => {
    const { payload } = event as Event & { payload: string };
    if (navigator.onLine && reloadFor(payload)) event.preventDefault();
  });
}
