/** A cache in IndexedDB: one database for each user, one object store, keys as they are. */

import type { Cache, Value, Write } from './port.ts';

/** Raised when the rows of `rows.ts` change their meaning; `upgrade` says what becomes of the older ones. */
const LAYOUT = 1;
const STORE = 'rows';
/** How long another tab may keep an older layout open before this one does without the database. */
const BLOCKED_MS = 3000;

/** Opens the cache `name`. Rejects where IndexedDB is missing, forbidden or broken. */
export async function openIndexedDb(name: string, factory: IDBFactory = indexedDB): Promise<Cache> {
  return new IndexedDbCache(await open(name, factory));
}

function open(name: string, factory: IDBFactory): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = factory.open(name, LAYOUT);
    const blocked = (): void => {
      setTimeout(
        () => reject(new Error('Another tab keeps the database of an older version open.')),
        BLOCKED_MS,
      );
    };
    request.onupgradeneeded = event => upgrade(request.result, event.oldVersion);
    request.onblocked = blocked;
    request.onerror = () => reject(request.error ?? new Error('IndexedDB cannot be opened.'));
    request.onsuccess = () => resolve(request.result);
  });
}

/** Brings a database of an older layout to this one. */
function upgrade(database: IDBDatabase, from: number): void {
  if (from < 1) database.createObjectStore(STORE);
}

class IndexedDbCache implements Cache {
  readonly durable = true;
  readonly #database: IDBDatabase;

  constructor(database: IDBDatabase) {
    this.#database = database;
    // A newer version in another tab waits for this; what is asked of us afterwards rejects.
    database.onversionchange = () => database.close();
  }

  async get(key: string): Promise<Value> {
    return answered(this.#rows('readonly').get(key));
  }

  async range(from: string, to: string): Promise<readonly (readonly [string, Value])[]> {
    const rows = this.#rows('readonly');
    const wanted = IDBKeyRange.bound(from, to, false, true);
    const [keys, values] = await Promise.all([
      answered(rows.getAllKeys(wanted)),
      answered(rows.getAll(wanted)),
    ]);
    return keys.map((key, index) => [String(key), values[index]] as const);
  }

  transact(
    keys: readonly string[],
    decide: (rows: readonly Value[]) => readonly Write[] | undefined,
  ): Promise<void> {
    return new Promise((resolve, reject) => {
      const rows = this.#rows('readwrite');
      const { transaction } = rows;
      let thrown: unknown;
      transaction.oncomplete = () => resolve();
      transaction.onabort = () =>
        reject(thrown ?? transaction.error ?? new Error('The transaction was called off.'));
      const read: Value[] = [];
      const decideNow = () => {
        try {
          for (const write of decide(read) ?? []) carryOut(rows, write);
        } catch (error) {
          thrown = error;
          transaction.abort();
        }
      };
      keys.forEach((key, index) => {
        const request = rows.get(key);
        // Requests of one transaction are answered in the order in which they were made.
        request.onsuccess = () => {
          read[index] = request.result;
          if (index === keys.length - 1) decideNow();
        };
      });
      if (keys.length === 0) decideNow();
    });
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
    request.onerror = () => reject(request.error ?? new Error('IndexedDB failed.'));
  });
}
