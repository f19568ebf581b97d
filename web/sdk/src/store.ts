/**
 * The rows of one user, in the cache and in memory. What changes is written first and shown afterwards, in this tab and
 * in the others; every tab hears of every transaction in turn, and reads everything again when it missed one.
 */

import type { Cache, Value, Write } from './cache/port.ts';
import { failure } from './errors.ts';
import { type Change, Mirror } from './mirror.ts';
import {
  conversationKey,
  draftKey,
  EVERYTHING,
  type Kind,
  type MessageRow,
  outboxKey,
  parse,
  type Rows,
  readKey,
  SESSION,
  type SessionRow,
  SYNC,
  under,
} from './rows.ts';
import type { Tabs } from './tabs.ts';

const MIRRORED: readonly Kind[] = ['conversation', 'outbox', 'draft', 'read'];

export interface StoreEvents {
  /** Rows changed. */
  changed(change: Change): void;
  /** Everything may have changed: the cache was read again. */
  reloaded(): void;
  /** Messages changed that are older than those that are kept. */
  touched(rows: readonly MessageRow[]): void;
  /** Somebody signed out. */
  lost(): void;
}

export class Store {
  readonly mirror = new Mirror();
  /** Settles when the session has begun and all rows are read. */
  readonly opened: Promise<void>;
  readonly #cache: Promise<Cache>;
  readonly #tabs: Tabs;
  readonly #events: StoreEvents;
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
    return (await this.#ready()).get(key) as Promise<Rows[K] | undefined>;
  }

  /** The messages of a conversation that are kept, oldest first. */
  async messages(conversationId: string): Promise<readonly MessageRow[]> {
    const rows = await (await this.#ready()).range(...under(`message/${conversationId}`));
    return rows.map(([, row]) => row as MessageRow);
  }

  /**
   * Reads rows, decides, writes, all at once; then shows it here and in the other tabs. `decide` answers `undefined` to
   * change nothing; it is told the number of the transaction, which is higher than that of any before it, in whatever
   * tab. Rejects with `signed_out` once the session is over.
   */
  async transact(
    keys: readonly string[],
    decide: (rows: readonly Value[], count: number) => readonly Write[] | undefined,
  ): Promise<void> {
    let outcome: { count: number; writes: readonly Write[] } | 'over' | undefined;
    const cache = await this.#ready();
    await cache.transact([SESSION, ...keys], ([row, ...rows]) => {
      const session = row as SessionRow | undefined;
      outcome = undefined;
      if (session?.session !== this.#session) {
        outcome = 'over';
        return undefined;
      }
      const writes = decide(rows, session.count + 1);
      if (!writes || writes.length === 0) return undefined;
      outcome = { count: session.count + 1, writes };
      return [...writes, { put: SESSION, value: { ...session, count: outcome.count } }];
    });
    if (outcome === 'over') {
      this.#lose();
      throw over();
    }
    if (outcome) {
      this.#tabs.tell({ is: 'wrote', count: outcome.count, writes: outcome.writes.filter(mirrored) });
      this.#land(outcome.count, outcome.writes);
    }
  }

  /** Shows messages that changed and are not kept, here and in the other tabs. */
  touch(rows: readonly MessageRow[]): void {
    if (rows.length === 0) return;
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
    if (this.#closed) return;
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
    await (await this.#cache).transact([], () => [{ dropFrom, to }]);
    this.#tabs.tell({ is: 'signedOut' });
  }

  /** What memory can give back of a cache that cannot be read any more: all but messages, which the server has. */
  salvage(): Map<string, Value> {
    const { conversations, outbox, drafts, reads } = this.mirror;
    return new Map<string, Value>([
      [SESSION, { session: this.#session, count: this.#count }],
      ...[...conversations].map(([id, row]) => [conversationKey(id), { ...row, first: 0, last: 0 }] as const),
      ...[...outbox].map(([id, row]) => [outboxKey(id), row] as const),
      ...[...drafts].map(([id, text]) => [draftKey(id), text] as const),
      ...[...reads].map(([id, row]) => [readKey(id), row] as const),
    ]);
  }

  close(): void {
    this.#closed = true;
    this.#cache.then(cache => cache.close());
  }

  async #ready(): Promise<Cache> {
    await this.opened;
    if (this.#closed) throw over();
    return this.#cache;
  }

  async #open(session: string): Promise<void> {
    const cache = await this.#cache;
    await cache.transact([SESSION], ([kept]) => {
      const row = (kept as SessionRow | undefined) ?? { session, count: 0 };
      this.#session = row.session;
      return kept ? undefined : [{ put: SESSION, value: row }];
    });
    await this.reload();
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
    const cache = await this.#cache;
    for (;;) {
      const before = (await cache.get(SESSION)) as SessionRow | undefined;
      const ranges = await Promise.all(MIRRORED.map(kind => cache.range(...under(kind))));
      const sync = await cache.get(SYNC);
      const after = (await cache.get(SESSION)) as SessionRow | undefined;
      if (this.#closed) return;
      if (after?.session !== this.#session) return this.#lose();
      // Somebody wrote in between: what was read does not belong together, or is older than what is shown.
      if (before?.count !== after.count || after.count < this.#count) continue;
      this.mirror.clear();
      this.mirror.apply(ranges.flat().map(([put, value]) => ({ put, value })));
      this.mirror.apply(sync ? [{ put: SYNC, value: sync }] : []);
      this.#count = after.count;
      return;
    }
  }
}

const mirrored = (write: Write) => !('put' in write) || parse(write.put)[0] !== 'bytes';

function over() {
  return failure('signed_out', 'This client was signed out or disposed. Create another one.');
}
