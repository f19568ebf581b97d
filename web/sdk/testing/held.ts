/** Polls that wait at the server until there is something to tell. */

import type { ManualClock } from './clock.ts';

export class Held {
  readonly #clock: ManualClock;
  readonly #polls = new Set<() => void>();

  constructor(clock: ManualClock) {
    this.#clock = clock;
  }

  /** How many wait. */
  get size(): number {
    return this.#polls.size;
  }

  /** Resolves when there is news, and after `ms` at the latest. */
  async until(hasNews: () => boolean, ms: number): Promise<void> {
    if (hasNews()) return;
    await new Promise<void>(resolve => {
      const end = () => {
        this.#polls.delete(look);
        callOff();
        resolve();
      };
      const look = () => hasNews() && end();
      const callOff = this.#clock.after(ms, end);
      this.#polls.add(look);
    });
  }

  /** Something changed. */
  moved(): void {
    for (const look of [...this.#polls]) look();
  }
}
