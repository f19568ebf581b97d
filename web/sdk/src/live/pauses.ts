/** When to connect again. */

import type { Random } from '../ports.ts';

const FIRST_MS = 1000;
const LONGEST_MS = 30_000;
/** So many failures within `WITHIN_MS` mean that live connections do not work here: polls do for `LONG_MS`. */
const FAILURES = 3;
const WITHIN_MS = 5 * 60_000;
const LONG_MS = 10 * 60_000;

/**
 * Closing codes after which the same would happen again: not understood, too large, not offered, one connection too
 * many, too many frames.
 */
const LASTING: readonly number[] = [1002, 1003, 1007, 1008, 1009, 4403, 4409, 4429];
/** The server stops, or wants another token: no sign that live connections do not work. */
const EXPECTED: readonly number[] = [1001, 4401];

export class Pauses {
  readonly #random: Random;
  /** When connections failed or were lost lately, by `Clock.elapsed`. */
  #failures: number[] = [];
  #areLong = false;

  constructor(random: Random) {
    this.#random = random;
  }

  /** Whether it failed so often that it does not seem to work here; until something worked. */
  get areLong(): boolean {
    return this.#areLong;
  }

  /** It works. */
  worked(): void {
    this.#areLong = false;
  }

  /**
   * How long to wait, in milliseconds, after a connection ended with `code`; `asked` is what the server asked for.
   * From no pause up to 1 s, 2 s, 4 s … 30 s, at random, since all clients of a server lose it at one moment.
   */
  after(code: number, asked: number | undefined, now: number): number {
    if (!EXPECTED.includes(code)) this.#failures.push(now);
    this.#failures = this.#failures.filter(at => now - at < WITHIN_MS);
    if (LASTING.includes(code)) return LONG_MS;
    const count = this.#failures.length;
    if (count >= FAILURES) {
      this.#failures = [];
      this.#areLong = true;
      return LONG_MS;
    }
    if (asked !== undefined && asked >= 0) return Math.min(asked, LONG_MS);
    return this.#random() * Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.max(0, count - 1));
  }
}
