/**
 * The calls of a client: one engine for all views. It is loaded when a call comes, is made, or continues after a reload;
 * until then this watches for those.
 */

import type { Jobline, Observable } from '@jobline/sdk';
import type { Calls } from '@jobline/sdk/calls';
import { browserWatchPorts, callsOffered, watchCalls } from '@jobline/sdk/calls/watch';
import { baseOf } from '../platform/addresses.ts';
import type { Surroundings } from '../views/context.ts';
import type * as Part from './part.ts';

type GetToken = NonNullable<Surroundings['getToken']>;

/** The content of the part, once it is loaded. */
export interface Loaded extends Pick<typeof Part, 'CallScreen'> {
  readonly calls: Calls;
}

/** How long after a failed request or load it is tried again. */
const AGAIN_MS = 5000;

export class Engine implements Observable<Loaded | undefined> {
  /** Whether the server offers calls. */
  readonly offered: Promise<boolean>;
  readonly #client: Jobline;
  readonly #getToken: GetToken;
  readonly #listeners = new Set<() => void>();
  #loaded: Loaded | undefined;
  #loading: Promise<Loaded> | undefined;
  #isOver = false;
  #stopWatching: () => void = () => undefined;

  constructor(client: Jobline, getToken: GetToken) {
    this.#client = client;
    this.#getToken = getToken;
    const ports = browserWatchPorts();
    this.offered = live(client).then(() => untilDone(() => callsOffered(baseOf(document), getToken, ports)));
    this.#stopWatching = watchCalls(client, ports, () => this.#loadForRing());
    const stop = client.connection.subscribe(() => {
      const { state, nextRetryAt } = client.connection.get();
      if (state !== 'signedOut' || nextRetryAt !== undefined) return;
      stop();
      this.#isOver = true;
      this.#stopWatching();
      this.#loaded?.calls.dispose();
    });
  }

  get = (): Loaded | undefined => this.#loaded;

  subscribe = (changed: () => void): (() => void) => {
    this.#listeners.add(changed);
    return () => this.#listeners.delete(changed);
  };

  /** Loads the part. Rejects if it cannot be loaded; another attempt may succeed. */
  load(): Promise<Loaded> {
    this.#loading ??= this.#load().catch(error => {
      this.#loading = undefined;
      throw error;
    });
    return this.#loading;
  }

  async #load(): Promise<Loaded> {
    const { CallScreen, callsOf } = await import('./part.ts');
    if (this.#isOver) throw new Error('The reader has signed out.');
    this.#stopWatching();
    this.#loaded = { CallScreen, calls: callsOf(this.#client, this.#getToken) };
    for (const changed of [...this.#listeners]) changed();
    return this.#loaded;
  }

  /** Loads the part for a ringing call, and retries while the call rings. */
  #loadForRing(): void {
    if (this.#loading) return;
    this.load().catch(error => {
      console.error('A part of the app could not be loaded.', error);
      setTimeout(() => this.#isOver || this.#loadForRing(), AGAIN_MS);
    });
  }
}

const engines = new WeakMap<Jobline, Engine>();

/** The calls of the shown client. They listen until the reader signs out. */
export function engineOf({ client, getToken }: Surroundings): Engine {
  const known = engines.get(client);
  if (known) return known;
  if (!getToken) throw new Error('Views of calls stand where calls are given.');
  const engine = new Engine(client, getToken);
  engines.set(client, engine);
  return engine;
}

/** Resolves once there is a live connection: without one the server is not asked. */
function live(client: Jobline): Promise<void> {
  return new Promise(resolve => {
    const look = () => {
      if (!client.connection.get().live) return;
      stop();
      resolve();
    };
    const stop = client.connection.subscribe(look);
    look();
  });
}

async function untilDone<T>(act: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await act();
    } catch {
      await new Promise(resolve => setTimeout(resolve, AGAIN_MS));
    }
  }
}
