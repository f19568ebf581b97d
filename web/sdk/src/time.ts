/** Waiting: time limits, and pauses that grow. */

import { failure } from './errors.ts';
import type { Clock, HttpAnswer, HttpCall, Random } from './ports.ts';

/** The result of `promised`, or `late` after `ms`, a `network` failure by default. */
export function within<T>(clock: Clock, ms: number, promised: Promise<T>, late?: Error): Promise<T> {
  return new Promise((resolve, reject) => {
    const callOff = clock.after(ms, () => reject(late ?? failure('network', 'No answer in time.')));
    promised.then(resolve, reject).finally(callOff);
  });
}

/** The answer to `call`, which is cancelled if there is none in time. */
export function answerOf(call: HttpCall, clock: Clock, ms: number): Promise<HttpAnswer> {
  return within(clock, ms, call.answer).catch(error => {
    call.cancel();
    throw error;
  });
}

/** The longest pause that a header may ask for, in milliseconds. */
const LONGEST_PAUSE_MS = 5 * 60_000;

/** A pause that a server or a proxy asks for, in milliseconds; 0 if it is no number. */
export function pauseOf(asked: unknown): number {
  const ms = Number(asked);
  return ms > 0 ? Math.min(ms, LONGEST_PAUSE_MS) : 0;
}

const FIRST_MS = 1000;
const LONGEST_MS = 60_000;

/** Pauses between attempts: 1 s, 2 s, 4 s … up to a minute, each with jitter of up to half. */
export class Backoff {
  readonly #random: Random;
  #failures = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  /** How long to wait after one more failure, in milliseconds; at least `floor`. */
  next(floor = 0): number {
    const longest = Math.min(LONGEST_MS, FIRST_MS * 2 ** this.#failures++);
    return Math.max(floor, Math.round(longest * (1 - this.#random() / 2)));
  }

  reset(): void {
    this.#failures = 0;
  }
}
