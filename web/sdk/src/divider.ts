/** Where the unread messages began when a chat was opened. It stays there until the chat is closed. */

import type { Loaded } from './loaded.ts';

export class Divider {
  /** How many messages of others, up to `#upTo`, were unread. */
  #count = 0;
  #upTo = 0;
  /** How many of them are older than what is loaded. */
  #missing = 0;
  #number: number | undefined;
  /** Until the first poll after opening, what arrives counts as having been there. */
  #settled = false;

  /** The chat was opened with `unread` messages of others, `last` being the last of all. */
  open(unread: number, last: number): void {
    this.#count = unread;
    this.#upTo = last;
    this.#missing = 0;
    this.#number = undefined;
    this.#settled = false;
  }

  /** A poll has ended: what comes from now on is new while the reader looks. */
  settle(): void {
    this.#settled = true;
  }

  /** Number of the first message that was unread. `seen`: the reader looks at the chat. */
  place(loaded: Loaded, seen: boolean, me: string): number | undefined {
    const arrived = loaded.last > this.#upTo ? loaded.othersAfter(this.#upTo) : 0;
    if (!this.#settled || (!seen && this.#count === 0)) this.#count += arrived;
    this.#upTo = Math.max(this.#upTo, loaded.last);
    if (this.#count > 0 && (this.#number === undefined || this.#missing > 0)) this.#search(loaded, me);
    return this.#number;
  }

  /** Goes back over as many messages of others as were unread, or as are loaded. */
  #search(loaded: Loaded, me: string): void {
    this.#missing = this.#count;
    for (let number = loaded.last; number >= loaded.first && number > 0 && this.#missing > 0; number -= 1) {
      if (loaded.at(number)?.message.senderId === me) continue;
      this.#missing -= 1;
      this.#number = number;
    }
  }
}
