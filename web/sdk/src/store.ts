/**
 * The rows of one user, in the cache and in memory. What changes is written first and shown afterwards, in this tab and
 * in the others; every tab hears of every transaction in turn, and reads everything again when it missed one.
 *
 * When the cache fails (a full disk, a private window, a closed database), memory takes its place, with what can be read.
 */

import { MemoryCache } from './cache/memory.ts';
import type { Cache, Range, Value, Write } from './cache/port.ts';
import { ended, JoblineError } from './errors.ts';
import { type Change, Mirror } from './mirror.ts';
import {
  EVERYTHING,
  HELD,
  type Kind,
  type MessageRow,
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
  /** Undefined until it is read or begun. */
  #session: string | undefined;
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
    const [row] = await this.#values([key, `${key}\0`]);
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
    let count = 0;
    let writes: readonly Write[] = [];
    const attempt = ([row, ...rows]: readonly Value[]): readonly Write[] => {
      const session = row as SessionRow | undefined;
      if (!session || session.session !== this.#session) throw ended();
      count = session.count + 1;
      writes = decide(rows, count) ?? [];
      return writes.length ? [...writes, { put: SESSION, value: { ...session, count } }] : writes;
    };
    await this.#use(cache => cache.transact([SESSION, ...keys], attempt));
    if (!writes.length) return;
    this.#tabs.tell({ is: 'wrote', count, writes: writes.filter(isTold) });
    this.#land(count, writes);
  }

  /** Puts what `change` makes of each row, told its place among `keys`; nothing where that is `undefined`. */
  update<K extends Kind>(
    _kind: K,
    keys: readonly string[],
    change: (row: Rows[K] | undefined, place: number, count: number) => Rows[K] | undefined,
  ): Promise<void> {
    return this.transact(keys, (rows, count) =>
      keys.flatMap((put, place) => {
        const value = change(rows[place] as Rows[K] | undefined, place, count);
        return value ? [{ put, value }] : [];
      }),
    );
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
    await this.#ready();
    const row = await this.get('session', SESSION);
    if (!row || row.session !== this.#session) this.#lose();
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
    // Asked for at once, so that what a chat shows comes along with the rest.
    const [rows] = await Promise.all([this.#use(cache => cache.range(range)), this.opened]);
    if (this.#closed) throw ended();
    return rows.map(([, value]) => value);
  }

  async #ready(): Promise<void> {
    await this.opened;
    if (this.#closed) throw ended();
  }

  async #open(session: string): Promise<void> {
    await this.reload();
    if (this.#session !== undefined) return;
    const begin: Write = { put: SESSION, value: { session, count: 0 } };
    await this.#use(cache =>
      cache.transact([SESSION], ([kept]) => (kept || this.#closed ? undefined : [begin])),
    );
    await this.reload();
  }

  async #use<T>(work: (cache: Cache) => Promise<T>): Promise<T> {
    const opened = this.#cache;
    const cache = await opened;
    try {
      return await work(cache);
    } catch (error) {
      if (this.#closed) throw ended();
      // What was decided against is no fault of the cache.
      if (error instanceof JoblineError || cache instanceof MemoryCache) throw error;
      if (this.#cache === opened) this.#cache = this.#fall(cache, error);
      return work(await this.#cache);
    }
  }

  /** A cache in memory, with what the failed one can still read, or else with what is mirrored. */
  async #fall(cache: Cache, error: unknown): Promise<Cache> {
    const kept = await cache.range(EVERYTHING).catch(() => undefined);
    // What the server has is fetched again; what is on its way is not lost.
    const own = [...this.mirror.outbox].map(([id, row]) => [outboxKey(id), row] as const);
    const session = { session: this.#session ?? '', count: this.#count };
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
    const rows = await this.#use(cache => cache.range(...HELD));
    const row = new Map(rows).get(SESSION) as SessionRow | undefined;
    this.#session ??= row?.session;
    if (this.#closed || row?.session !== this.#session) return this.#lose();
    // None has begun here yet.
    if (!row) return;
    // Somebody wrote in the meantime: what was read is older than what is shown.
    if (row.count < this.#count) return this.#load();
    this.mirror.clear();
    this.mirror.apply(rows.map(([put, value]) => ({ put, value })));
    this.#count = row.count;
  }
}

/** Bytes are not told: who needs them reads them. */
const isTold = (write: Write) => !('put' in write) || parse(write.put)[0] !== 'bytes';
