/**
 * The rows of one user, in the cache and in memory. Changes are written first and shown afterwards, in this tab and in the
 * others. Transactions are numbered: a tab that is told of one whose number does not follow has missed some, and reads
 * everything again.
 *
 * When the cache fails (a full disk, a private window, a closed database, one that does not answer), memory replaces it,
 * with the rows that can be read. Rows that are dropped from then on are dropped in the failed cache, too, as far as that
 * works: they must not come back when the page is opened again.
 */

import { MemoryCache } from './cache/memory.ts';
import type { Cache, Range, Value, Write } from './cache/port.ts';
import { ended, JoblineError } from './errors.ts';
import { type Change, Mirror } from './mirror.ts';
import type { Clock } from './ports.ts';
import {
  commandKey,
  conversationKey,
  draftKey,
  EVERYTHING,
  HELD,
  type MessageRow,
  outboxKey,
  parse,
  type RowKind,
  type Rows,
  readKey,
  SESSION,
  type SessionRow,
  SYNC,
  under,
} from './rows.ts';
import type { StorageState } from './state.ts';
import type { Tabs } from './tabs.ts';
import { within } from './time.ts';

/** Decides what to write, given the rows and the number of the transaction. */
type Decide = (rows: readonly Value[], count: number) => readonly Write[] | undefined;

/**
 * The cache may take twice this time, in milliseconds: after a suspension of the page the first timeout fires at once, and
 * the answer comes right after it.
 */
const PATIENCE_MS = 4000;
/** How many bytes of own files are held in memory until they are sent, in case the cache cannot be read. */
const HELD_BYTES = 50_000_000;

/** The cache did not answer in time. */
const LATE = new Error('The cache does not answer.');

export interface StoreEvents {
  /** Rows changed. */
  changed(change: Change): void;
  /** Everything may have changed: the cache was read again. */
  reloaded(): void;
  /** Messages changed that are older than the stored ones. */
  touched(rows: readonly MessageRow[]): void;
  /** The cache failed, and memory has replaced it. */
  cacheFailed(reason: StorageState['reason']): void;
  /** The user signed out in another tab, or through another client. */
  sessionEnded(): void;
}

export class Store {
  readonly mirror = new Mirror();
  /** Settles when the session has begun and all rows are read. */
  readonly opened: Promise<void>;
  readonly #tabs: Tabs;
  readonly #clock: Clock;
  readonly #events: StoreEvents;
  /** Files that this tab is sending, by the keys of their rows. */
  readonly #bytes = new Map<string, ArrayBuffer>();
  #cache: Promise<Cache>;
  /** The failed cache, which memory has replaced. */
  #failed: Cache | undefined;
  /** Undefined until it is read or created. */
  #session: string | undefined;
  #count = 0;
  #closed = false;
  #reloading: Promise<void> | undefined;

  /** `session` is the id of the session, if a new one begins. */
  constructor(cache: Promise<Cache>, tabs: Tabs, clock: Clock, events: StoreEvents, session: string) {
    this.#cache = cache;
    this.#tabs = tabs;
    this.#clock = clock;
    this.#events = events;
    this.opened = this.#open(session);
    tabs.listen(message => {
      if (message.is === 'wrote') this.#show(message.count, message.writes as readonly Write[]);
      else if (message.is === 'touched') events.touched(message.rows as readonly MessageRow[]);
      else if (message.is === 'signedOut') this.#endSession();
    });
  }

  async get<K extends RowKind>(_kind: K, key: string): Promise<Rows[K] | undefined> {
    const held = this.#bytes.get(key) as Rows[K] | undefined;
    if (held) return held;
    const [row] = await this.#values([key, `${key}\0`]);
    return row as Rows[K] | undefined;
  }

  /** The stored messages of a conversation, oldest first. */
  messages(conversationId: string): Promise<readonly MessageRow[]> {
    return this.#values(under(`message/${conversationId}`)) as Promise<readonly MessageRow[]>;
  }

  /**
   * Reads rows, decides and writes in one transaction; then shows the changes here and in the other tabs. `decide` returns
   * `undefined` to change nothing; it gets the number of the transaction, which is higher than all earlier ones in any tab.
   * Rejects with `signed_out` once the session is over.
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
    await this.#withCache(cache => cache.transact([SESSION, ...keys], attempt));
    if (!writes.length) return;
    this.#dropFailed(writes);
    this.#tabs.post({ is: 'wrote', count, writes: writes.filter(isTold) });
    this.#show(count, writes);
  }

  /** Puts the result of `change` for each row, which gets its index in `keys`; nothing if that is `undefined`. */
  update<K extends RowKind>(
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

  /** Carries out a write while the page is left. Other tabs see it when they read everything again. */
  leave(write: Write): void {
    this.#cache.then(cache => cache.leave?.(write));
  }

  /** Shows changed messages that are not stored, here and in the other tabs. */
  touch(rows: readonly MessageRow[]): void {
    this.#tabs.post({ is: 'touched', rows });
    this.#events.touched(rows);
  }

  /** Some rows of other tabs have not been read here yet. */
  get isBehind(): boolean {
    return this.#reloading !== undefined;
  }

  /** Catches up with rows that other tabs wrote without a message. */
  async refresh(): Promise<void> {
    await this.#ready();
    const row = await this.get('session', SESSION);
    if (!row || row.session !== this.#session) this.#endSession();
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

  /** Deletes all rows of this user, in every tab. Returns whether the cache itself is empty now. */
  async wipe(): Promise<boolean> {
    const [dropFrom, to] = EVERYTHING;
    const wipe = (cache: Cache) => this.#inTime(cache.transact([], () => [{ dropFrom, to }]));
    const wiped = await this.#cache
      .then(cache => wipe(this.#failed ?? cache))
      .then(
        () => true,
        () => false,
      );
    this.#tabs.post({ is: 'signedOut' });
    return wiped;
  }

  close(): void {
    this.#closed = true;
    this.#bytes.clear();
    this.#failed?.close();
    this.#cache.then(cache => cache.close());
  }

  async #values(range: Range): Promise<readonly Value[]> {
    // Requested at once, so that the rows of a chat are read together with the rest.
    const [rows] = await Promise.all([this.#withCache(cache => cache.range(range)), this.opened]);
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
    await this.#withCache(cache =>
      cache.transact([SESSION], ([kept]) => (kept || this.#closed ? undefined : [begin])),
    );
    await this.reload();
  }

  async #withCache<T>(work: (cache: Cache) => Promise<T>): Promise<T> {
    const opened = this.#cache;
    const cache = await opened;
    try {
      // Memory answers at once, so it needs no time limit.
      return await (cache instanceof MemoryCache ? work(cache) : this.#inTime(work(cache)));
    } catch (error) {
      if (this.#closed) throw ended();
      // An error of `decide` is no failure of the cache.
      if (error instanceof JoblineError || cache instanceof MemoryCache) throw error;
      if (this.#cache === opened) this.#cache = this.#replaceCache(cache, error);
      return work(await this.#cache);
    }
  }

  /** The result of `promised`; rejects if the cache does not answer in time. */
  #inTime<T>(promised: Promise<T>): Promise<T> {
    return within(this.#clock, PATIENCE_MS, promised, LATE).catch(error => {
      if (error !== LATE) throw error;
      return within(this.#clock, PATIENCE_MS, promised, LATE);
    });
  }

  /** A cache in memory, with the rows that the failed one can still read, or else with the mirrored ones. */
  async #replaceCache(cache: Cache, error: unknown): Promise<Cache> {
    this.#failed = cache;
    const kept =
      error === LATE ? undefined : await this.#inTime(cache.range(EVERYTHING)).catch(() => undefined);
    // Files of this tab are also in `#bytes`.
    const rows = new Map<string, Value>(kept ?? this.#mirrored());
    this.#events.cacheFailed(
      error instanceof Error && error.name === 'QuotaExceededError' ? 'quota' : 'failed',
    );
    return new MemoryCache(rows);
  }

  /** The mirrored rows. Messages are not among them: they are fetched again from the server. */
  *#mirrored(): Iterable<[string, Value]> {
    const { outbox, command, draft, read, conversation, sync } = this.mirror;
    yield [SESSION, { session: this.#session ?? '', count: this.#count }];
    for (const row of sync.values()) yield [SYNC, row];
    for (const [id, row] of conversation) yield [conversationKey(id), { ...row, first: 0, last: 0 }];
    for (const [id, row] of outbox) yield [outboxKey(id), row];
    for (const row of command.values()) yield [commandKey(row), row];
    for (const [id, row] of draft) yield [draftKey(id), row];
    for (const [id, row] of read) yield [readKey(id), row];
  }

  /** Holds files in memory that were put, and releases those that were dropped. */
  #keepBytes(writes: readonly Write[]): void {
    for (const write of writes) {
      if ('drop' in write) this.#bytes.delete(write.drop);
      else if ('put' in write && parse(write.put)[0] === 'bytes')
        this.#bytes.set(write.put, write.value as ArrayBuffer);
    }
    const size = () => [...this.#bytes.values()].reduce((sum, { byteLength }) => sum + byteLength, 0);
    for (const key of this.#bytes.keys()) if (size() > HELD_BYTES) this.#bytes.delete(key);
  }

  /** Drops in the failed cache what was dropped in memory. Errors are expected, and ignored. */
  #dropFailed(writes: readonly Write[]): void {
    const drops = writes.filter(write => !('put' in write));
    if (drops.length > 0) this.#failed?.transact([], () => drops).catch(() => undefined);
  }

  #endSession(): void {
    if (!this.#closed) this.#events.sessionEnded();
  }

  #show(count: number, writes: readonly Write[]): void {
    if (this.#closed || count <= this.#count) return;
    const missed = count !== this.#count + 1;
    this.#count = count;
    this.#keepBytes(writes);
    // After a failure here the next transaction fails, too, and handles it.
    if (missed) this.reload().catch(() => undefined);
    this.#events.changed(this.mirror.apply(writes));
  }

  async #load(): Promise<void> {
    const rows = await this.#withCache(cache => cache.range(...HELD));
    const row = new Map(rows).get(SESSION) as SessionRow | undefined;
    this.#session ??= row?.session;
    if (this.#closed || row?.session !== this.#session) return this.#endSession();
    // There is no session yet.
    if (!row) return;
    // Another write came in between: the rows that were read are older than the shown ones.
    if (row.count < this.#count) return this.#load();
    this.mirror.clear();
    this.mirror.apply(rows.map(([put, value]) => ({ put, value })));
    this.#count = row.count;
  }
}

/** Bytes are not sent to other tabs, which read them when they need them. */
const isTold = (write: Write) => !('put' in write) || parse(write.put)[0] !== 'bytes';
