import { inTab } from './storage.ts';

const RELOADED = 'jobline-reloaded-for';

/**
 * A file of this version of the app no longer exists, because another version has replaced it. Reloads the page, once for
 * each file, and returns whether it does. Drafts are stored with the messages.
 */
export function reloadFor(file: string): boolean {
  const before = inTab.get(RELOADED) ?? '';
  if (before.includes(file)) return false;
  inTab.set(RELOADED, before + file);
  location.reload();
  return true;
}

/** Does so when a part of the app cannot be loaded on demand. */
export function watchParts(): void {
  addEventListener('vite:preloadError', event => {
    if (navigator.onLine && reloadFor(event.payload.message)) event.preventDefault();
  });
}
