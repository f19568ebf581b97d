/** Unsent text, for each conversation: shown at once, stored a moment later. */

import type { Write } from './cache/port.ts';
import { Cell } from './observable.ts';
import type { Clock } from './ports.ts';
import { draftKey } from './rows.ts';
import type { Store } from './store.ts';

/** How long typing may continue before the draft is stored. */
const PAUSE_MS = 300;

export class Draft extends Cell<string> {
  readonly #id: string;
  readonly #store: Store;
  readonly #clock: Clock;
  #callOff: (() => void) | undefined;
  /** The number of running writes: until they are done, the mirror has an older text. */
  #keeping = 0;

  constructor(id: string, store: Store, clock: Clock) {
    super(store.mirror.draft.get(id) ?? '');
    this.#id = id;
    this.#store = store;
    this.#clock = clock;
  }

  write(text: string): void {
    this.set(text);
    this.#callOff ??= this.#clock.after(PAUSE_MS, () => void this.keep());
  }

  /** Stores it now, if it is not stored yet. */
  async keep(): Promise<void> {
    if (!this.#callOff) return;
    this.#callOff();
    this.#callOff = undefined;
    this.#keeping++;
    const write = this.#write();
    // If this fails, the whole cache has failed, which the store handles.
    await this.#store.transact([], () => [write]).catch(() => undefined);
    this.#keeping--;
  }

  /** Stores it while the page is left, which may end before a transaction does. */
  leave(): void {
    if (!this.#callOff && !this.#keeping) return;
    this.#store.leave(this.#write());
    void this.keep();
  }

  /** It was sent, and is no longer stored. */
  sent(): void {
    this.#callOff?.();
    this.#callOff = undefined;
    this.set('');
  }

  #write(): Write {
    const [put, value] = [draftKey(this.#id), this.get()];
    return value ? { put, value } : { drop: put };
  }

  /** Takes over the text of another tab, unless the reader is typing here. */
  follow(): void {
    if (!this.#callOff && !this.#keeping) this.set(this.#store.mirror.draft.get(this.#id) ?? '');
  }
}
