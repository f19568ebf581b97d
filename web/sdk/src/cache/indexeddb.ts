/** A cache in IndexedDB: one database for each user, one object store, with the keys unchanged. */

import type { Cache, Range, Value, Write } from './port.ts';

/** Incremented when the meaning of rows in `rows.ts` changes; opening then converts or deletes older rows. */
const LAYOUT = 1;
const STORE = 'rows';

/** Opens the cache `name`. Rejects where IndexedDB is missing, forbidden or broken. */
export async function openIndexedDb(name: string, factory: IDBFactory = indexedDB): Promise<Cache> {
  const request = factory.open(name, LAYOUT);
  request.onupgradeneeded = () => request.result.createObjectStore(STORE);
  return new IndexedDbCache(await answered(request));
}

/** Deletes the cache `name`. Tabs that have it open are asked to close it, and do. */
export async function deleteIndexedDb(name: string): Promise<void> {
  await answered(indexedDB.deleteDatabase(name));
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
    const done = new Promise<void>((resolve, reject) => {
      transaction.oncomplete = () => resolve();
      transaction.onabort = () => reject(transaction.error);
    });
    // The transaction stays active until the answers are handled, since that happens before the browser does anything else.
    const decided = Promise.all(keys.map(key => answered(rows.get(key)))).then(read => {
      for (const write of decide(read) ?? []) carryOut(rows, write);
      // Without this the browser aborts it if the page ends now.
      transaction.commit?.();
    });
    const failed = decided.catch(error => {
      transaction.abort();
      throw error;
    });
    await Promise.all([failed, done]);
  }

  close(): void {
    this.#database.close();
  }

  #rows(mode: IDBTransactionMode): IDBObjectStore {
    return this.#database.transaction(STORE, mode).objectStore(STORE);
  }
}

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
