/**
 * Where a client keeps what must survive: rows under ordered keys, and transactions.
 *
 * What the rows are is written in `rows.ts` alone; an engine knows only keys and values. `cache-conformance` in the tests is what
 * an engine promises.
 */

/** Values are what structured cloning takes: plain data and `ArrayBuffer`s. */
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
   * Reads `keys`, lets `decide` say what to write, and writes all of it or nothing, with no other transaction in
   * between, those of other tabs included. `decide` is called once and must not wait; `undefined` writes nothing.
   * Resolves when it is kept.
   */
  transact(
    keys: readonly string[],
    decide: (rows: readonly Value[]) => readonly Write[] | undefined,
  ): Promise<void>;
  /** Whether what is written survives the page. */
  readonly durable: boolean;
  /** Stops using it; later calls reject. */
  close(): void;
}
