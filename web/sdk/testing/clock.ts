/** Time and chance that tests hold in their hands. */

import type { Clock, Random } from '../src/index.ts';

interface Timer {
  readonly at: number;
  readonly then: () => void;
}

/** A clock that stands still until it is moved. Timers follow the time that passes, whatever the clock shows. */
export class ManualClock implements Clock {
  #elapsed = 0;
  /** What the clock shows besides the time that has passed. */
  #base: number;
  readonly #timers = new Set<Timer>();

  constructor(now = Date.UTC(2026, 0, 5, 9)) {
    this.#base = now;
  }

  now = (): number => this.#base + this.#elapsed;
  elapsed = (): number => this.#elapsed;

  /** Timers that were set so far. */
  timers = 0;

  /** Puts the device's clock forward, or back where `ms` is negative; no time passes. */
  shift(ms: number): void {
    this.#base += ms;
  }

  after = (ms: number, then: () => void): (() => void) => {
    this.timers += 1;
    // Browsers ring at once where a pause does not fit into 31 bits.
    const pause = ms > 2 ** 31 - 1 ? 0 : Math.max(0, ms);
    const timer = { at: this.#elapsed + pause, then };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  };

  /** Moves on by `ms`, rings what is due on the way, and lets everything that follows from it happen. */
  async advance(ms: number): Promise<void> {
    const end = this.#elapsed + ms;
    let atOnce = 0;
    await settle();
    for (let next = this.#next(end); next; next = this.#next(end)) {
      atOnce = next.at > this.#elapsed ? 0 : atOnce + 1;
      if (atOnce > 1000) throw new Error('Timers ring at one instant without end.');
      this.#timers.delete(next);
      this.#elapsed = Math.max(this.#elapsed, next.at);
      next.then();
      await settle();
    }
    this.#elapsed = end;
    await settle();
  }

  #next(end: number): Timer | undefined {
    let first: Timer | undefined;
    for (const timer of this.#timers) if (timer.at <= end && (!first || timer.at < first.at)) first = timer;
    return first;
  }
}

/** Lets everything happen that waits for no clock. Each turn of a timer would take a millisecond, which adds up over days. */
export async function settle(turns = 4): Promise<void> {
  for (let turn = 0; turn < turns * 16; turn += 1)
    await new Promise<void>(resolve => void setImmediate(resolve));
}

/** Waits, without moving any clock, until `condition` holds; fails after `deadlineMs` of real time. */
export async function until(condition: () => unknown, deadlineMs = 5000): Promise<void> {
  const end = performance.now() + deadlineMs;
  while (!condition()) {
    if (performance.now() > end) throw new Error(`Not in ${deadlineMs} ms: ${condition}`);
    await settle(1);
  }
}

/** The same numbers for the same seed (mulberry32). */
export function seeded(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
