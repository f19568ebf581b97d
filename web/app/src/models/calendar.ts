import type { Observable } from '@jobline/sdk';
import { dayNumber } from './time.ts';

/** How often the day and the time zone are checked, in milliseconds. */
const EVERY_MS = 30_000;

/** The reader's day and time zone. Views with dates are rendered again when it changes. */
export const calendar: Observable<string> = {
  get: () => `${dayNumber(Date.now())} ${Intl.DateTimeFormat().resolvedOptions().timeZone}`,
  subscribe(changed) {
    let before = calendar.get();
    const look = () => {
      const now = calendar.get();
      if (now === before) return;
      before = now;
      changed();
    };
    // A device that slept over midnight runs no timer, but fires one of these events when it wakes.
    const timer = setInterval(look, EVERY_MS);
    addEventListener('focus', look);
    document.addEventListener('visibilitychange', look);
    return () => {
      clearInterval(timer);
      removeEventListener('focus', look);
      document.removeEventListener('visibilitychange', look);
    };
  },
};
