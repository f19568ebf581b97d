/** Unsent text, per conversation: shown at once, kept a moment later. */

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
  /** How often it is being written to the store: until that is done, the mirror has an older text. */
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

  /** Keeps it now, if it is not kept yet. */
  async keep(): Promise<void> {
    if (!this.#callOff) return;
    this.#callOff();
    this.#callOff = undefined;
    this.#keeping++;
    const [put, value] = [draftKey(this.#id), this.get()];
    // A failure to keep a draft is one of the whole cache, which answers for it itself.
    await this.#store.transact([], () => [value ? { put, value } : { drop: put }]).catch(() => undefined);
    this.#keeping--;
  }

  /** It was sent, and is not kept any more. */
  sent(): void {
    this.#callOff?.();
    this.#callOff = undefined;
    this.set('');
  }

  /** Takes over what another tab wrote, unless it is being written here. */
  follow(): void {
    if (!this.#callOff && !this.#keeping) this.set(this.#store.mirror.draft.get(this.#id) ?? '');
  }
}
