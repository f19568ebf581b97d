import { useEffect } from 'preact/hooks';
import { useLatest } from './hooks.ts';

/** The first pause before a retry; each later one is three times as long. */
const FIRST_MS = 5_000;
const LONGEST_MS = 5 * 60_000;

/**
 * Calls `again` while something has `failed`: when the device is online, when the reader comes back, and after a
 * pause.
 */
export function useAgain(failed: boolean, again: () => void): void {
  const latest = useLatest(again);
  useEffect(() => {
    if (!failed) return;
    let pause = FIRST_MS;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const now = () => document.visibilityState === 'visible' && latest.current();
    const later = () => {
      timer = setTimeout(() => {
        now();
        pause = Math.min(LONGEST_MS, pause * 3);
        later();
      }, pause);
    };
    later();
    addEventListener('online', now);
    addEventListener('focus', now);
    document.addEventListener('visibilitychange', now);
    return () => {
      clearTimeout(timer);
      removeEventListener('online', now);
      removeEventListener('focus', now);
      document.removeEventListener('visibilitychange', now);
    };
  }, [failed]);
}
