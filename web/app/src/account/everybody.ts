/** The data of all people who used the app in this browser. */

/** The key of `platform/session.ts` for who is signed in: users who are missing there are signed out in every tab. */
const SIGNED_IN = 'jobline-signed-in';
/** The prefix of all keys in the storages of the device and of tabs. */
const REMEMBERED = 'jobline-';

/** The caches of this browser for the server at `base`, except that of `me`. */
export async function othersHere(base: string, me: string | undefined): Promise<string[]> {
  // If storage is denied, nothing is stored.
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
    // The rows of the outbox, as in sdk/src/rows.ts.
    const outbox = IDBKeyRange.bound('outbox/', 'outbox0', false, true);
    return await answered(database.transaction('rows').objectStore('rows').count(outbox));
  } finally {
    database.close();
  }
}

/**
 * Signs these people out in every tab, and deletes their messages and everything that the app stores in a few words. Rejects
 * if the browser does not delete a cache.
 */
export async function forgetEverybody(caches: readonly string[]): Promise<void> {
  try {
    for (const place of [localStorage, sessionStorage]) {
      for (const key of Object.keys(place)) if (key.startsWith(REMEMBERED)) place.removeItem(key);
    }
    localStorage.setItem(SIGNED_IN, '{}');
  } catch {
    // Storage is denied, so nothing was stored.
  }
  for (const name of caches) {
    const tabs = new BroadcastChannel(name);
    tabs.postMessage({ is: 'signedOut' });
    tabs.close();
  }
  await Promise.all(caches.map(name => deleted(indexedDB.deleteDatabase(name))));
}

/**
 * Resolves also if a suspended tab has it open: the browser then deletes it once that is closed, and until then lets nobody
 * open it.
 */
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
