/** A cache in IndexedDB: one database for each user, one object store, with the keys unchanged. */

import type { Cache, Range, Value, Write } from './port.ts';

/** Incremented when the meaning of rows in `rows.ts` changes; opening then converts or deletes older rows. */
const LAYOUT = 1;
const STORE = 'rows';
/** The prefix of the keys in `localStorage` for what was written while a page ended: nothing else is written at once. */
const LEFT = 'jobline-left:';

/** Opens the cache `name`. Rejects where IndexedDB is missing, forbidden or broken. */
export async function openIndexedDb(name: string, factory: IDBFactory = indexedDB): Promise<Cache> {
  const request = factory.open(name, LAYOUT);
  request.onupgradeneeded = () => request.result.createObjectStore(STORE);
  const cache = new IndexedDbCache(await answered(request));
  const left = leftIn(name);
  if (left) await cache.transact([], () => [left]);
  return cache;
}

/** Deletes the cache `name`. Tabs that have it open are asked to close it, and do. */
export async function deleteIndexedDb(name: string): Promise<void> {
  leaveIn(name);
  await answered(indexedDB.deleteDatabase(name));
}

/** What was written in the cache `name` while a page ended. */
function leftIn(name: string): Write | undefined {
  try {
    return JSON.parse(localStorage.getItem(LEFT + name) ?? '');
  } catch {
    return undefined;
  }
}

function leaveIn(name: string, write?: Write): void {
  try {
    if (write) localStorage.setItem(LEFT + name, JSON.stringify(write));
    else localStorage.removeItem(LEFT + name);
  } catch {
    // Storage is denied.
  }
}

class IndexedDbCache implements Cache {
  readonly durable = true;
  readonly #database: IDBDatabase;

  constructor(database: IDBDatabase) {
    this.#database = database;
    // A newer version in another tab waits for this; later calls reject.
    database.onversionchange = () => database.close();
  }

  async range(...ranges: readonly Range[]): Promise<readonly (readonly [string, Value])[]> {
    // One transaction, isolated from others.
    const rows = this.#rows('readonly');
    const found = ranges.map(async ([from, to]) => {
      const wanted = IDBKeyRange.bound(from, to, false, true);
      const [keys, values] = await Promise.all([
        answered(rows.getAllKeys(wanted)),
        answered(rows.getAll(wanted)),
      ]);
      return keys.map((key, index) => [key as string, values[index]] as const);
    });
    return (await Promise.all(found)).flat();
  }

  async transact(
    keys: readonly string[],
    decide: (rows: readonly Value[]) => readonly Write[] | undefined,
  ): Promise<void> {
    const rows = this.#rows('readwrite');
    const { transaction } = rows;
    let writes: readonly Write[] = [];
    const done = new Promise<void>((resolve, reject) => {
      transaction.oncomplete = () => resolve();
      transaction.onabort = () => reject(transaction.error);
    });
    // The transaction stays active until the answers are handled, since that happens before the browser does anything else.
    const decided = Promise.all(keys.map(key => answered(rows.get(key)))).then(read => {
      writes = decide(read) ?? [];
      for (const write of writes) carryOut(rows, write);
    });
    const failed = decided.catch(error => {
      transaction.abort();
      throw error;
    });
    await Promise.all([failed, done]);
    const { name } = this.#database;
    const left = leftIn(name);
    if (left && writes.some(write => !keyOf(write) || keyOf(write) === keyOf(left))) leaveIn(name);
  }

  leave(write: Write): void {
    leaveIn(this.#database.name, write);
  }

  close(): void {
    this.#database.close();
  }

  #rows(mode: IDBTransactionMode): IDBObjectStore {
    return this.#database.transaction(STORE, mode).objectStore(STORE);
  }
}

/** Empty where everything is dropped. */
const keyOf = (write: Write) => ('put' in write ? write.put : 'drop' in write ? write.drop : write.dropFrom);

function carryOut(rows: IDBObjectStore, write: Write): void {
  if ('put' in write) rows.put(write.value, write.put);
  else if ('drop' in write) rows.delete(write.drop);
  else rows.delete(IDBKeyRange.bound(write.dropFrom, write.to, false, true));
}

function answered<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
