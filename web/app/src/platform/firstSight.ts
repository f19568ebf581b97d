import type { Jobline, Observable } from '@jobline/sdk';
import type { Navigation } from './navigation.ts';

/** How long a reader looks at nothing, in milliseconds: what the device keeps is there long before. */
const PATIENCE_MS = 150;

/**
 * Settles when what the device keeps of the first screen has been read: then it is drawn once, and not after an empty one.
 * Also settles when that takes too long, as where nothing is kept.
 */
export function firstSight(client: Jobline, navigation: Navigation): Promise<void> {
  const late = new Promise<void>(resolve => void setTimeout(resolve, PATIENCE_MS));
  return Promise.race([late, read(client, navigation)]);
}

async function read(client: Jobline, navigation: Navigation): Promise<void> {
  await until(client.user, user => user !== undefined);
  const { chat } = navigation.get();
  // The messages are asked for now, so that they arrive together with the list.
  if (chat !== undefined) await until(client.conversation(chat), ({ status }) => status === 'ready');
  await client.ready;
}

/** Settles when the value of `source` is as `wanted`. */
function until<T>(source: Observable<T>, wanted: (value: T) => boolean): Promise<void> {
  let stop = () => {};
  const seen = new Promise<void>(resolve => {
    const look = () => wanted(source.get()) && resolve();
    stop = source.subscribe(look);
    look();
  });
  return seen.finally(() => stop());
}
