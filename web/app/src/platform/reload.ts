import { inTab } from './storage.ts';

const RELOADED = 'jobline-reloaded-for';

/**
 * A file of this version of the app is not there any more: another version has taken its place. Loads the page again, once
 * for each file, and answers whether it does. What is being written is kept with the messages.
 */
export function reloadFor(file: string): boolean {
  if (inTab.get(RELOADED) === file) return false;
  inTab.set(RELOADED, file);
  location.reload();
  return true;
}

/** Does so when a part of the app that is loaded on demand cannot be. */
export function watchParts(): void {
  addEventListener('vite:preloadError', event => {
    const { payload } = event as Event & { payload?: Error };
    if (navigator.onLine && reloadFor(payload?.message ?? '')) event.preventDefault();
  });
}
