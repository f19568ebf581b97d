/** What the client needs of its surroundings. `@jobline/sdk/browser` brings all of it for pages and workers. */

import type { Cache } from './cache/port.ts';

export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | ArrayBuffer;
  /** Told while `body` is on its way, in bytes. */
  readonly onProgress?: (sent: number) => void;
}

export interface HttpAnswer {
  readonly status: number;
  /** The header's value; `undefined` when it is not there or may not be read. */
  header(name: string): string | undefined;
  readonly body: string;
}

/** A request under way. `answer` rejects when there is no answer, and soon after `cancel`. */
export interface HttpCall {
  readonly answer: Promise<HttpAnswer>;
  cancel(): void;
}

/** A WebSocket, as browsers have it. */
export interface LiveSocket {
  /** 1 when it is open, as of a `WebSocket`. */
  readonly readyState: number;
  onopen: (() => void) | null;
  onmessage: ((event: { readonly data: unknown }) => void) | null;
  onclose: ((event: { readonly code: number }) => void) | null;
  send(text: string): void;
  close(code?: number): void;
}

export type Http = (request: HttpRequest) => HttpCall;

export interface Clock {
  /** Unix milliseconds, as the device has them: for what is shown. The device may put this clock forward or back. */
  now(): number;
  /** Milliseconds since some fixed instant, of a clock that is never put back: for how long something takes. */
  elapsed(): number;
  /** Calls `then` once, after `ms`; the returned function calls it off. */
  after(ms: number, then: () => void): () => void;
}

/** A number from 0 up to but not including 1. */
export type Random = () => number;

/** A lock that one tab of this origin holds at a time, as Web Locks are. */
export interface Locks {
  /**
   * Runs `held` once the lock is ours; it is ours until that promise settles, or until another tab steals it: then
   * `lost` is called. `steal` does not wait but takes it from the tab that holds it. The returned function stops waiting.
   */
  request(name: string, held: () => Promise<void>, lost: () => void, steal: boolean): () => void;
}

/** Messages to the other tabs of this origin, as `BroadcastChannel` has them. */
export interface Channel {
  post(message: unknown): void;
  listen(heard: (message: unknown) => void): void;
  close(): void;
}

export interface Presence {
  readonly visible: boolean;
  /** What the device says. It may be wrong: `false` slows the client down, and forbids nothing. */
  readonly online: boolean;
}

/** What the device and the reader do. */
export interface Lifecycle {
  now(): Presence;
  listen(heard: (event: LifecycleEvent) => void): () => void;
}

/**
 * `change`: visibility or being online changed. `network`: the device has another connection than before. `focus`: the
 * reader came back, or the page runs again after a sleep. `activity`: they touched or typed. `leave`: the page may never
 * run again after this.
 */
export type LifecycleEvent = 'change' | 'network' | 'focus' | 'activity' | 'leave';

export interface Ports {
  readonly http: Http;
  readonly clock: Clock;
  readonly random: Random;
  readonly lifecycle: Lifecycle;
  /** Opens the cache of this name. When it rejects, memory is used, and `client.storage` says so. */
  readonly openCache: (name: string) => Promise<Cache>;
  /** Deletes the cache of this name, even if other tabs have it open. Without it a cache that failed cannot be emptied on sign-out. */
  readonly deleteCache?: (name: string) => Promise<void>;
  /** Without it there are polls alone. Throws where the page may not connect to `url`. */
  readonly socket?: (url: string, protocols: string[]) => LiveSocket;
  /** Without it every tab polls for itself. */
  readonly locks?: Locks;
  /** Without it tabs learn of each other's work when they are looked at. */
  readonly channel?: (name: string) => Channel;
}
