/** What a browser has of what the client needs. Each part does without what is missing, as in a worker or a test. */

import { openIndexedDb } from '../cache/indexeddb.ts';
import type { Channel, Clock, Lifecycle, Locks, Ports } from '../ports.ts';
import { browserHttp } from './http.ts';

const clock: Clock = {
  now: () => Date.now(),
  after(ms, then) {
    const timer = setTimeout(then, ms);
    return () => clearTimeout(timer);
  },
};

function random(): number {
  return (crypto.getRandomValues(new Uint32Array(1))[0] ?? 0) / 2 ** 32;
}

/** The happenings that show that somebody is there. */
const ACTIVITY = ['pointerdown', 'keydown', 'wheel', 'touchmove'];

const lifecycle: Lifecycle = {
  now: () => ({
    visible: typeof document === 'undefined' || document.visibilityState === 'visible',
    online: typeof navigator === 'undefined' || navigator.onLine !== false,
  }),
  listen(heard) {
    const stop = new AbortController();
    const on = (target: EventTarget, names: readonly string[], event: Parameters<typeof heard>[0]) => {
      for (const name of names) {
        target.addEventListener(name, () => heard(event), {
          signal: stop.signal,
          passive: true,
          capture: true,
        });
      }
    };
    on(globalThis, ['online', 'offline'], 'change');
    on(globalThis, ['pagehide'], 'leave');
    if (typeof document !== 'undefined') {
      document.addEventListener('visibilitychange', () => leaveIfHidden(heard), { signal: stop.signal });
      on(document, ['visibilitychange', 'resume'], 'change');
      on(document, ACTIVITY, 'activity');
      window.addEventListener('focus', () => heard('focus'), { signal: stop.signal });
      // A page that comes back from the back-forward cache has missed everything.
      window.addEventListener('pageshow', event => event.persisted && heard('focus'), {
        signal: stop.signal,
      });
    }
    return () => stop.abort();
  },
};

/** A hidden page on a phone may be ended without another word. */
function leaveIfHidden(heard: (event: 'leave') => void): void {
  if (document.visibilityState === 'hidden') heard('leave');
}

const locks: Locks = {
  request(name, held) {
    const waiting = new AbortController();
    // Rejects when the wait is called off, which is what was asked for.
    navigator.locks.request(name, { signal: waiting.signal }, held).catch(() => undefined);
    return () => waiting.abort();
  },
};

function channel(name: string): Channel {
  const opened = new BroadcastChannel(name);
  return {
    post: message => opened.postMessage(message),
    listen(heard) {
      opened.onmessage = event => heard(event.data);
    },
    close: () => opened.close(),
  };
}

/** The browser's own ports. Locks are missing where pages are not secure, channels in old browsers. */
export function browserPorts(): Ports {
  return {
    http: browserHttp,
    clock,
    random,
    lifecycle,
    openCache: name => openIndexedDb(name),
    ...(typeof navigator !== 'undefined' && navigator.locks && { locks }),
    ...(typeof BroadcastChannel !== 'undefined' && { channel }),
  };
}
