/**
 * The rows of one user, in the cache and in memory. What changes is written first and shown afterwards, in this tab and
 * in the others; every tab hears of every transaction in turn, and reads everything again when it missed one.
 *
 * When the cache fails (a full disk, a private window, a closed database), memory takes its place, with what can be read.
 */

import { MemoryCache } from './cache/memory.ts';
import type { Cache, Range, Value, Write } from './cache/port.ts';
import { ended } from './errors.ts';
import { type Change, MIRRORED, Mirror } from './mirror.ts';
import {
  EVERYTHING,
  type Kind,
  type MessageRow,
  one,
  outboxKey,
  parse,
  type Rows,
  SESSION,
  type SessionRow,
  under,
} from './rows.ts';
import type { StorageState } from './state.ts';
import type { Tabs } from './tabs.ts';

/** Says what to write, knowing rows and the number of the transaction. */
type Decide = (rows: readonly Value[], count: number) => readonly Write[] | undefined;

export interface StoreEvents {
  /** Rows changed. */
  changed(change: Change): void;
  /** Everything may have changed: the cache was read again. */
  reloaded(): void;
  /** Messages changed that are older than those that are kept. */
  touched(rows: readonly MessageRow[]): void;
  /** Memory has taken over. */
  fell(reason: StorageState['reason']): void;
  /** Somebody signed out. */
  lost(): void;
}

export class Store {
  readonly mirror = new Mirror();
  /** Settles when the session has begun and all rows are read. */
  readonly opened: Promise<void>;
  readonly #tabs: Tabs;
  readonly #events: StoreEvents;
  #cache: Promise<Cache>;
  #session = '';
  #count = 0;
  #closed = false;
  #reloading: Promise<void> | undefined;

  /** `session` is the id of a session, should a new one begin. */
  constructor(cache: Promise<Cache>, tabs: Tabs, events: StoreEvents, session: string) {
    this.#cache = cache;
    this.#tabs = tabs;
    this.#events = events;
    this.opened = this.#open(session);
    tabs.listen(word => {
      if (word.is === 'wrote') this.#land(word.count, word.writes as readonly Write[]);
      else if (word.is === 'touched') events.touched(word.rows as readonly MessageRow[]);
      else if (word.is === 'signedOut') this.#lose();
    });
  }

  async get<K extends Kind>(_kind: K, key: string): Promise<Rows[K] | undefined> {
    const [row] = await this.#values(one(key));
    return row as Rows[K] | undefined;
  }

  /** The messages of a conversation that are kept, oldest first. */
  messages(conversationId: string): Promise<readonly MessageRow[]> {
    return this.#values(under(`message/${conversationId}`)) as Promise<readonly MessageRow[]>;
  }

  /**
   * Reads rows, decides, writes, all at once; then shows it here and in the other tabs. `decide` answers `undefined` to
   * change nothing; it is told the number of the transaction, which is higher than that of any before it, in whatever
   * tab. Rejects with `signed_out` once the session is over.
   */
  async transact(keys: readonly string[], decide: Decide): Promise<void> {
    await this.#ready();
    let done: { count: number; writes: readonly Write[] } | undefined;
    let thrown: unknown;
    const attempt: Decide = ([row, ...rows]) => {
      const session = row as SessionRow | undefined;
      [done, thrown] = [undefined, undefined];
      try {
        if (session?.session !== this.#session) throw ended();
        const count = session.count + 1;
        const writes = decide(rows, count);
        if (!writes?.length) return undefined;
        done = { count, writes };
        return [...writes, { put: SESSION, value: { ...session, count } }];
      } catch (error) {
        // No fault of the cache.
        thrown = error;
        return undefined;
      }
    };
    await this.#use(cache => cache.transact([SESSION, ...keys], rows => attempt(rows, 0)));
    if (thrown) throw thrown;
    if (!done) return;
    this.#tabs.tell({ is: 'wrote', count: done.count, writes: done.writes.filter(isTold) });
    this.#land(done.count, done.writes);
  }

  /** Shows messages that changed and are not kept, here and in the other tabs. */
  touch(rows: readonly MessageRow[]): void {
    this.#tabs.tell({ is: 'touched', rows });
    this.#events.touched(rows);
  }

  /** Some of what other tabs wrote is not here yet. */
  get isBehind(): boolean {
    return this.#reloading !== undefined;
  }

  /** Catches up with what other tabs wrote unheard. */
  async refresh(): Promise<void> {
    const row = await this.get('session', SESSION);
    if (row?.session !== this.#session) this.#lose();
    else if (row.count !== this.#count) await this.reload();
  }

  /** Reads everything again. */
  reload(): Promise<void> {
    this.#reloading ??= this.#load().finally(() => {
      this.#reloading = undefined;
      if (!this.#closed) this.#events.reloaded();
    });
    return this.#reloading;
  }

  /** Forgets everything that is kept of this user, in every tab. */
  async wipe(): Promise<void> {
    const [dropFrom, to] = EVERYTHING;
    await this.#use(cache => cache.transact([], () => [{ dropFrom, to }]));
    this.#tabs.tell({ is: 'signedOut' });
  }

  close(): void {
    this.#closed = true;
    this.#cache.then(cache => cache.close());
  }

  async #values(range: Range): Promise<readonly Value[]> {
    await this.#ready();
    const rows = await this.#use(cache => cache.range(range));
    return rows.map(([, value]) => value);
  }

  async #ready(): Promise<void> {
    await this.opened;
    if (this.#closed) throw ended();
  }

  async #open(session: string): Promise<void> {
    await this.#use(cache =>
      cache.transact([SESSION], ([kept]) => {
        const row = (kept as SessionRow | undefined) ?? { session, count: 0 };
        this.#session = row.session;
        return kept || this.#closed ? undefined : [{ put: SESSION, value: row }];
      }),
    );
    await this.reload();
  }

  async #use<T>(work: (cache: Cache) => Promise<T>): Promise<T> {
    const opened = this.#cache;
    const cache = await opened;
    try {
      return await work(cache);
    } catch (error) {
      if (this.#closed || cache instanceof MemoryCache) throw error;
      if (this.#cache === opened) this.#cache = this.#fall(cache, error);
      return work(await this.#cache);
    }
  }

  /** A cache in memory, with what the failed one can still read, or else with what is mirrored. */
  async #fall(cache: Cache, error: unknown): Promise<Cache> {
    const kept = await cache.range(EVERYTHING).catch(() => undefined);
    // What the server has is fetched again; what is on its way is not lost.
    const own = [...this.mirror.outbox].map(([id, row]) => [outboxKey(id), row] as const);
    const session = { session: this.#session, count: this.#count };
    const rows = new Map<string, Value>(kept ?? [[SESSION, session], ...own]);
    this.#events.fell(error instanceof Error && error.name === 'QuotaExceededError' ? 'quota' : 'failed');
    return new MemoryCache(rows);
  }

  #lose(): void {
    if (!this.#closed) this.#events.lost();
  }

  #land(count: number, writes: readonly Write[]): void {
    if (this.#closed || count <= this.#count) return;
    const missed = count !== this.#count + 1;
    this.#count = count;
    // A failure here is met again by the next transaction, and answered there.
    if (missed) this.reload().catch(() => undefined);
    this.#events.changed(this.mirror.apply(writes));
  }

  async #load(): Promise<void> {
    const rows = await this.#use(cache => cache.range(one(SESSION), ...MIRRORED.map(under)));
    const row = rows[0]?.[1] as SessionRow | undefined;
    if (this.#closed || row?.session !== this.#session) return this.#lose();
    // Somebody wrote in the meantime: what was read is older than what is shown.
    if (row.count < this.#count) return this.#load();
    this.mirror.clear();
    this.mirror.apply(rows.map(([put, value]) => ({ put, value })));
    this.#count = row.count;
  }
}

/** Bytes are not told: who needs them reads them. */
const isTold = (write: Write) => !('put' in write) || parse(write.put)[0] !== 'bytes';
