/** What a tab stores for a reload, in a browser. */

import type { Memory } from './ports.ts';

const KEY = 'jobline.call';
/** How long a tab waits for the name of the device that it had before its reload, in milliseconds. */
const RELEASED_MS = 3000;

/** The storage may be missing, for instance if the reader forbids it: then a reload ends the call. */
export const browserMemory: Memory = {
  isKept() {
    try {
      return sessionStorage.getItem(KEY) !== null;
    } catch {
      return false;
    }
  },
  keep(text) {
    try {
      sessionStorage.setItem(KEY, text);
    } catch {
      // Without storage a reload ends the call.
    }
  },
  take() {
    try {
      const text = sessionStorage.getItem(KEY) ?? undefined;
      sessionStorage.removeItem(KEY);
      return text;
    } catch {
      return undefined;
    }
  },
  own(device) {
    return new Promise(resolve => {
      const held = () => {
        resolve(true);
        // Holds the lock until the tab is gone.
        return new Promise(() => undefined);
      };
      // After a reload the previous page may hold it for a moment.
      const options = { signal: AbortSignal.timeout(RELEASED_MS) };
      // Without locks, as on pages that are not secure, there is no microphone either.
      if (navigator.locks)
        navigator.locks.request(`${KEY} ${device}`, options, held).catch(() => resolve(false));
      else resolve(true);
    });
  },
};
