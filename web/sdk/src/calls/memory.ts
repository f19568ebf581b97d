/** What a tab remembers through a reload, in a browser. */

import type { Memory } from './ports.ts';

const KEY = 'jobline.call';

/** It may be missing, as where the reader forbids it: then a reload ends the call. */
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
      // See above.
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
};
