/** The client's ports, implemented by a browser. Each part works without missing APIs, as in a worker or a test. */

import { deleteIndexedDb, openIndexedDb } from '../cache/indexeddb.ts';
import type { Channel, Clock, Lifecycle, LiveSocket, Locks, Ports } from '../ports.ts';
import { browserHttp } from './http.ts';

const clock: Clock = {
  now: Date.now,
  elapsed: () => performance.now(),
  after(ms, then) {
    // A longer timeout would fire at once.
    const timer = setTimeout(then, Math.min(ms, 2 ** 31 - 1));
    return () => clearTimeout(timer);
  },
};

function random(): number {
  return (crypto.getRandomValues(new Uint32Array(1))[0] ?? 0) / 2 ** 32;
}

/** Events of the window, and their meaning. */
const EVENTS = {
  online: 'network',
  offline: 'change',
  visibilitychange: 'change',
  // Also when the page comes out of the back-forward cache.
  pageshow: 'focus',
  focus: 'focus',
  // The page was suspended.
  resume: 'focus',
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
    // Before the page's own listeners, which may stop propagation. Only the window's own focus counts.
    const options = { signal: stop.signal, passive: true, capture: true };
    for (const [name, event] of Object.entries(EVENTS)) {
      addEventListener(
        name,
        ({ target }) => (name !== 'focus' || target === globalThis) && heard(event),
        options,
      );
    }
    listenToNetwork(() => heard('network'), stop.signal);
    return () => stop.abort();
  },
};

/** Reports when the device changes the kind of network, in browsers that support it. */
function listenToNetwork(changed: () => void, signal: AbortSignal): void {
  const { connection } = navigator as { connection?: EventTarget & { readonly type?: string } };
  let before = connection?.type;
  const look = () => {
    // The event also reports new estimates of speed.
    if (connection?.type !== before) changed();
    before = connection?.type;
  };
  connection?.addEventListener?.('change', look, { signal });
}

const locks: Locks = {
  request(name, held, lost, steal) {
    const waiting = new AbortController();
    let ours = false;
    const hold = () => {
      ours = true;
      return held();
    };
    // A tab that steals the lock does not wait, so it needs no abort signal.
    const how = steal ? { steal } : { signal: waiting.signal };
    // Rejects when the wait is cancelled, as intended, or when another tab has stolen the lock.
    navigator.locks.request(name, how, hold).catch(() => ours && lost());
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
    deleteCache: deleteIndexedDb,
    // The same interface, except that events have more fields.
    socket: (url, protocols) => new WebSocket(url, protocols) as unknown as LiveSocket,
    ...(navigator.locks && { locks }),
    ...(globalThis.BroadcastChannel && { channel }),
  };
}
