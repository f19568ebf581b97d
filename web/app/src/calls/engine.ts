/** The calls of a client: one engine for all views. */

import type { Jobline } from '@jobline/sdk';
import { browserCallPorts, Calls } from '@jobline/sdk/calls';
import { baseOf } from '../platform/addresses.ts';
import type { Surroundings } from '../views/context.ts';

interface Engine {
  readonly calls: Calls;
  /** Whether the server offers calls. */
  readonly offered: Promise<boolean>;
}

const engines = new WeakMap<Jobline, Engine>();
/** How long after the server could not be asked that is tried again. */
const AGAIN_MS = 5000;

/** The calls of the client that is shown. They listen until the reader signs out. */
export function engineOf({ client, getToken }: Surroundings): Engine {
  const known = engines.get(client);
  if (known) return known;
  if (!getToken) throw new Error('Views of calls stand where calls are given.');
  const made = new Calls({
    client,
    baseUrl: baseOf(document),
    getToken,
    ports: browserCallPorts(),
  });
  const engine = { calls: made, offered: live(client).then(() => ask(made)) };
  engines.set(client, engine);
  const stop = client.connection.subscribe(() => {
    const { state, nextRetryAt } = client.connection.get();
    if (state !== 'signedOut' || nextRetryAt !== undefined) return;
    stop();
    made.dispose();
  });
  return engine;
}

/** Once there is a live connection: without one nothing is asked. */
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

async function ask(calls: Calls): Promise<boolean> {
  for (;;) {
    try {
      return await calls.offered();
    } catch {
      await new Promise(resolve => setTimeout(resolve, AGAIN_MS));
    }
  }
}
