/** When to connect again. */

import type { Random } from '../ports.ts';

const FIRST_MS = 1000;
const LONGEST_MS = 30_000;
/** This many failures within `WITHIN_MS` mean that live connections do not work here: only polls for `LONG_MS`. */
const FAILURES = 3;
const WITHIN_MS = 5 * 60_000;
const LONG_MS = 10 * 60_000;

/**
 * Closing codes after which the next connection would end in the same way: not understood, too large, not offered, one
 * connection too many, too many frames.
 */
const LASTING: readonly number[] = [1002, 1003, 1007, 1008, 1009, 4403, 4409, 4429];
/** The server stops, or wants another token: no sign that live connections do not work. */
const EXPECTED: readonly number[] = [1001, 4401];

export class Pauses {
  readonly #random: Random;
  /** When connections recently failed or were lost, by `Clock.elapsed`. */
  #failures: number[] = [];
  #areLong = false;

  constructor(random: Random) {
    this.#random = random;
  }

  /** Whether connections failed so often that they seem not to work here. */
  get areLong(): boolean {
    return this.#areLong;
  }

  /** A connection works. */
  worked(): void {
    this.#areLong = false;
  }

  /**
   * How long to wait, in milliseconds, after a connection ended with `code`; `asked` is the pause that the server asked for.
   * Random between 0 and 1 s, 2 s, 4 s … 30 s, since all clients of a server lose their connections at the same moment.
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
