/** A cache that goes on in memory when the one below it fails: a full disk, a private window, a closed database. */

import { MemoryCache } from './memory.ts';
import type { Cache, Value, Write } from './port.ts';

export type Reason = 'quota' | 'failed';

/** All keys. */
type Range = readonly [from: string, to: string];

export class EnduringCache implements Cache {
  #inner: Cache;
  readonly #fell: (reason: Reason) => void;
  readonly #everything: Range;
  readonly #salvage: () => Map<string, Value>;
  #falling: Promise<void> | undefined;
  #closed = false;

  /**
   * `fell` is told when memory takes over, and why. It begins with what the failed cache can still read, or else with
   * what `salvage` answers.
   */
  constructor(
    inner: Cache,
    everything: Range,
    salvage: () => Map<string, Value>,
    fell: (reason: Reason) => void,
  ) {
    this.#inner = inner;
    this.#everything = everything;
    this.#salvage = salvage;
    this.#fell = fell;
  }

  get durable(): boolean {
    return this.#inner.durable;
  }

  get(key: string): Promise<Value> {
    return this.#try(cache => cache.get(key));
  }

  range(from: string, to: string): Promise<readonly (readonly [string, Value])[]> {
    return this.#try(cache => cache.range(from, to));
  }

  async transact(
    keys: readonly string[],
    decide: (rows: readonly Value[]) => readonly Write[] | undefined,
  ): Promise<void> {
    let refused: unknown;
    // What `decide` throws is its caller's business and no fault of the cache.
    const guarded = (rows: readonly Value[]) => {
      try {
        return decide(rows);
      } catch (error) {
        refused = error;
        return undefined;
      }
    };
    await this.#try(cache => cache.transact(keys, guarded));
    if (refused) throw refused;
  }

  close(): void {
    this.#closed = true;
    this.#inner.close();
  }

  async #try<T>(work: (cache: Cache) => Promise<T>): Promise<T> {
    const cache = this.#inner;
    try {
      return await work(cache);
    } catch (error) {
      if (this.#closed || cache instanceof MemoryCache) throw error;
      this.#falling ??= this.#fall(cache, error);
      await this.#falling;
      return work(this.#inner);
    }
  }

  async #fall(from: Cache, error: unknown): Promise<void> {
    const kept = await from.range(...this.#everything).then(
      rows => new Map(rows),
      () => this.#salvage(),
    );
    this.#inner = new MemoryCache(kept);
    const full = error instanceof Error && error.name === 'QuotaExceededError';
    this.#fell(full ? 'quota' : 'failed');
  }
}
