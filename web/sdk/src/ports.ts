/** What the client needs of its environment. `@jobline/sdk/browser` implements all of it for pages and workers. */

import type { Cache } from './cache/port.ts';

export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | ArrayBuffer;
  /** Called during the upload of `body`, with the bytes sent so far. */
  readonly onProgress?: (sent: number) => void;
}

export interface HttpAnswer {
  readonly status: number;
  /** The header's value; `undefined` if it is missing or may not be read. */
  header(name: string): string | undefined;
  readonly body: string;
}

/** A request in flight. `answer` rejects if there is no answer, and soon after `cancel`. */
export interface HttpCall {
  readonly answer: Promise<HttpAnswer>;
  cancel(): void;
}

/** The interface of a browser's WebSocket. */
export interface LiveSocket {
  /** 1 when it is open, as in a `WebSocket`. */
  readonly readyState: number;
  onopen: (() => void) | null;
  onmessage: ((event: { readonly data: unknown }) => void) | null;
  onclose: ((event: { readonly code: number }) => void) | null;
  send(text: string): void;
  close(code?: number): void;
}

export type Http = (request: HttpRequest) => HttpCall;

export interface Clock {
  /** Unix milliseconds by the device's clock, for display. This clock may be set forward or back. */
  now(): number;
  /** Milliseconds of a monotonic clock, for durations. */
  elapsed(): number;
  /** Calls `then` once, after `ms`; the returned function cancels that. */
  after(ms: number, then: () => void): () => void;
}

/** A number from 0 up to but not including 1. */
export type Random = () => number;

/** A lock that one tab of this origin holds at a time, like Web Locks. */
export interface Locks {
  /**
   * Runs `held` once this tab has the lock, until that promise settles, or until another tab steals it: then `lost` is
   * called. `steal` does not wait but takes it from the tab that holds it. The returned function stops waiting.
   */
  request(name: string, held: () => Promise<void>, lost: () => void, steal: boolean): () => void;
}

/** Messages to the other tabs of this origin, like `BroadcastChannel`. */
export interface Channel {
  post(message: unknown): void;
  listen(heard: (message: unknown) => void): void;
  close(): void;
}

export interface Presence {
  readonly visible: boolean;
  /** What the device says. It may be wrong, so `false` only slows the client down. */
  readonly online: boolean;
}

/** Events of the device and of the reader. */
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
  /** Opens the cache of this name. If it rejects, memory is used, and `client.storage` says so. */
  readonly openCache: (name: string) => Promise<Cache>;
  /** Deletes the cache of this name, even if other tabs have it open. Without it a cache that failed cannot be emptied on sign-out. */
  readonly deleteCache?: (name: string) => Promise<void>;
  /** Without it there are only polls. Throws if the page may not connect to `url`. */
  readonly socket?: (url: string, protocols: string[]) => LiveSocket;
  /** Without it every tab polls for itself. */
  readonly locks?: Locks;
  /** Without it tabs notice each other's work when they become visible. */
  readonly channel?: (name: string) => Channel;
}
