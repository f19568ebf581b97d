/**
 * The client's durable store: rows under ordered keys, and transactions.
 *
 * Only `rows.ts` defines the rows; an engine knows only keys and values. `cache-conformance` in the tests checks what an
 * engine promises.
 */

/** Values can be cloned by the structured clone algorithm: plain data and `ArrayBuffer`s. */
export type Value = unknown;

export type Write =
  | { readonly put: string; readonly value: Value }
  | { readonly drop: string }
  /** Drops all keys from `from` up to but not including `to`. */
  | { readonly dropFrom: string; readonly to: string };

/** Keys from `from` up to but not including `to`. */
export type Range = readonly [from: string, to: string];

export interface Cache {
  /**
   * All rows of each range, in the order of their keys, one range after another; as they were at one instant, between
   * two transactions.
   */
  range(...ranges: readonly Range[]): Promise<readonly (readonly [key: string, value: Value])[]>;
  /**
   * Reads `keys`, lets `decide` return what to write, and writes all of it or nothing, isolated from other transactions,
   * also of other tabs. `decide` is called once and must be synchronous; `undefined` writes nothing.
   * Resolves when everything is stored.
   */
  transact(
    keys: readonly string[],
    decide: (rows: readonly Value[]) => readonly Write[] | undefined,
  ): Promise<void>;
  /**
   * Writes while the page ends, which a transaction may not survive: carried out when the cache is next opened, unless a
   * transaction has written the same key or dropped everything by then. Only the last such write is.
   */
  leave?(write: Write): void;
  /** Whether written rows survive the page. */
  readonly durable: boolean;
  /** Stops using it; later calls reject. */
  close(): void;
}
