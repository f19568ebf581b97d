/**
 * Whether calls are needed: a part of 1 KB, so that `Calls`, which is ten times as large, is loaded only when somebody
 * calls, not in every session.
 */

import { browserPorts } from '../browser/ports.ts';
import type { Jobline } from '../client.ts';
import { CallApi } from './api.ts';
import { isOffered } from './config.ts';
import { browserMemory } from './memory.ts';
import type { CallPorts } from './ports.ts';
import { ringingIn } from './ringing.ts';

/** The same ports as those of `Calls`. */
export type WatchPorts = Pick<CallPorts, 'http' | 'clock' | 'memory'>;

/** The browser's own ports. */
export function browserWatchPorts(): WatchPorts {
  const { http, clock } = browserPorts();
  return { http, clock, memory: browserMemory };
}

/**
 * Calls `needed` as soon as `Calls` has something to do (a call rings, or this tab had one before its reload), and again
 * with each change of the conversations, until the returned function is called. A new `Calls` finds both by itself.
 */
export function watchCalls(
  client: Pick<Jobline, 'conversations' | 'user'>,
  { clock, memory }: Pick<WatchPorts, 'clock' | 'memory'>,
  needed: () => void,
): () => void {
  const look = () => {
    const { items } = client.conversations.get();
    if (memory.isKept() || ringingIn(items, client.user.get(), clock.now())) needed();
  };
  const stop = client.conversations.subscribe(look);
  look();
  return stop;
}

/** Whether the server offers calls to the user. Rejects if it cannot be reached. */
export function callsOffered(
  baseUrl: string,
  getToken: () => string | Promise<string>,
  ports: Pick<WatchPorts, 'http' | 'clock'>,
): Promise<boolean> {
  return isOffered(new CallApi(baseUrl, getToken, ports).config());
}
