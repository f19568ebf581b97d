/** What a browser has of what the client needs. Each part does without what is missing, as in a worker or a test. */

import { openIndexedDb } from '../cache/indexeddb.ts';
import type { Channel, Clock, Lifecycle, Locks, Ports } from '../ports.ts';
import { browserHttp } from './http.ts';

const clock: Clock = {
  now: Date.now,
  after(ms, then) {
    const timer = setTimeout(then, ms);
    return () => clearTimeout(timer);
  },
};

function random(): number {
  return (crypto.getRandomValues(new Uint32Array(1))[0] ?? 0) / 2 ** 32;
}

/** What the window hears of, and what it means. */
const EVENTS = {
  online: 'change',
  offline: 'change',
  visibilitychange: 'change',
  // Also out of the back-forward cache.
  pageshow: 'focus',
  focus: 'focus',
  pagehide: 'leave',
  pointerdown: 'activity',
  keydown: 'activity',
  wheel: 'activity',
} as const;

const lifecycle: Lifecycle = {
  now: () => ({
    visible: globalThis.document?.visibilityState !== 'hidden',
    online: navigator.onLine !== false,
  }),
  listen(heard) {
    const stop = new AbortController();
    for (const [name, event] of Object.entries(EVENTS)) {
      addEventListener(name, () => heard(event), { signal: stop.signal, passive: true });
    }
    return () => stop.abort();
  },
};

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
    ...(navigator.locks && { locks }),
    ...(globalThis.BroadcastChannel && { channel }),
  };
}
