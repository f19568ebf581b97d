/** A cache that lasts as long as the page. Tests compare the others with it. */

import type { Cache, Range, Value, Write } from './port.ts';

export class MemoryCache implements Cache {
  readonly durable = false;
  readonly #rows: Map<string, Value>;
  #closed = false;

  /** `rows` may be shared, as two tabs share a database. */
  constructor(rows: Map<string, Value> = new Map()) {
    this.#rows = rows;
  }

  async range(...ranges: readonly Range[]): Promise<readonly (readonly [string, Value])[]> {
    this.#check();
    const rows = [...this.#rows].sort(([a], [b]) => (a < b ? -1 : 1));
    return ranges.flatMap(([from, to]) => rows.filter(([key]) => key >= from && key < to));
  }

  async transact(
    keys: readonly string[],
    decide: (rows: readonly Value[]) => readonly Write[] | undefined,
  ): Promise<void> {
    this.#check();
    for (const write of decide(keys.map(key => this.#rows.get(key))) ?? []) this.#write(write);
  }

  close(): void {
    this.#closed = true;
  }

  #write(write: Write): void {
    if ('put' in write) this.#rows.set(write.put, write.value);
    else if ('drop' in write) this.#rows.delete(write.drop);
    else {
      for (const key of this.#rows.keys())
        if (key >= write.dropFrom && key < write.to) this.#rows.delete(key);
    }
  }

  #check(): void {
    if (this.#closed) throw new Error('This cache is closed.');
  }
}
