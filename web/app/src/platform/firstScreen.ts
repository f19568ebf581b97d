import type { Jobline, Observable } from '@jobline/sdk';
import type { Navigation } from './navigation.ts';

/** How long the page stays empty at most, in milliseconds: normally the cache is read much sooner. */
const PATIENCE_MS = 150;

/**
 * Settles when the cached part of the first screen has been read: then it is painted once, and not after an empty frame.
 * Also settles if that takes too long, for instance if nothing is cached.
 */
export function firstScreenReady(client: Jobline, navigation: Navigation): Promise<void> {
  const late = new Promise<void>(resolve => void setTimeout(resolve, PATIENCE_MS));
  return Promise.race([late, read(client, navigation)]);
}

async function read(client: Jobline, navigation: Navigation): Promise<void> {
  await until(client.user, user => user !== undefined);
  const { chat } = navigation.get();
  // The messages are requested now, so that they arrive together with the list.
  if (chat !== undefined) await until(client.conversation(chat), ({ status }) => status === 'ready');
  await client.ready;
}

/** Settles when the value of `source` satisfies `wanted`. */
function until<T>(source: Observable<T>, wanted: (value: T) => boolean): Promise<void> {
  let stop = () => {};
  const seen = new Promise<void>(resolve => {
    const look = () => wanted(source.get()) && resolve();
    stop = source.subscribe(look);
    look();
  });
  return seen.finally(() => stop());
}
