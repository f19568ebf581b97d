/** What the app keeps in this browser for everybody who used it here. */

/** Who is signed in, as platform/session.ts keeps it: one who is not in it is signed in in no tab. */
const SIGNED_IN = 'jobline-signed-in';
/** What the app and its tabs remember in a few words. */
const REMEMBERED = 'jobline-';

/** The caches of the people whose messages this browser keeps for the server at `base`, but for that of `me`. */
export async function othersHere(base: string, me: string | undefined): Promise<string[]> {
  // Where storage is denied, nothing is kept.
  const all = await databases().catch(() => []);
  const ours = `jobline:${base}:`;
  return all.flatMap(({ name }) => (name?.startsWith(ours) && name !== ours + me ? name : []));
}

const databases = async () => indexedDB.databases();

/** How many messages of these people are not sent yet. */
export async function unsentIn(caches: readonly string[]): Promise<number> {
  const counts = await Promise.all(caches.map(name => unsent(name).catch(() => 0)));
  return counts.reduce((sum, count) => sum + count, 0);
}

async function unsent(name: string): Promise<number> {
  const database = await answered(indexedDB.open(name));
  try {
    // The rows that sdk/src/rows.ts calls the outbox.
    const outbox = IDBKeyRange.bound('outbox/', 'outbox0', false, true);
    return await answered(database.transaction('rows').objectStore('rows').count(outbox));
  } finally {
    database.close();
  }
}

/**
 * Signs these people out in every tab, and removes their messages and all that the app remembers of anybody. Rejects where the
 * browser does not delete a cache.
 */
export async function forgetEverybody(caches: readonly string[]): Promise<void> {
  try {
    for (const place of [localStorage, sessionStorage]) {
      for (const key of Object.keys(place)) if (key.startsWith(REMEMBERED)) place.removeItem(key);
    }
    localStorage.setItem(SIGNED_IN, '{}');
  } catch {
    // Storage is denied: nothing was remembered.
  }
  for (const name of caches) {
    const tabs = new BroadcastChannel(name);
    tabs.postMessage({ is: 'signedOut' });
    tabs.close();
  }
  await Promise.all(caches.map(name => deleted(indexedDB.deleteDatabase(name))));
}

/** Also where a suspended tab still has it open: the browser deletes it once that is closed, and opens it for nobody before. */
function deleted(request: IDBOpenDBRequest): Promise<unknown> {
  const blocked = new Promise(resolve => {
    request.onblocked = resolve;
  });
  return Promise.race([answered(request), blocked]);
}

function answered<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
