/** Where the unread messages began when a chat was opened. It stays there until the chat is closed. */

import type { LoadedMessages } from './loaded.ts';

/** If more unread messages than this are not loaded, the first of them is not searched for. */
const SOUGHT = 500;

export class Divider {
  /** How many unread messages are still to be found, going back from `#from`. */
  #missing = 0;
  #from = 0;
  /** The last message that was checked. */
  #last = 0;
  #number: number | undefined;
  /** Until the first poll after opening, arriving messages count as older. */
  #settled = false;

  /** The chat was opened with `unread` messages of others, `last` being the last of all. */
  open(unread: number, last: number): void {
    this.#missing = unread;
    this.#from = last;
    this.#last = last;
    this.#number = undefined;
    this.#settled = false;
  }

  /** The first unread message is older than all loaded ones, and near enough to be fetched. */
  get isSought(): boolean {
    return this.#missing > 0 && this.#missing <= SOUGHT;
  }

  /** A poll has ended: messages from now on arrive while the chat is open. */
  settle(): void {
    this.#settled = true;
  }

  /** Number of the first message that was unread. `seen`: the reader looks at the chat. */
  place(loaded: LoadedMessages, seen: boolean): number | undefined {
    for (; this.#missing > 0 && this.#from > 0 && this.#from >= loaded.first; this.#from -= 1) {
      if (!loaded.isOther(this.#from)) continue;
      this.#missing -= 1;
      this.#number = this.#from;
    }
    for (; this.#last < loaded.last; this.#last += 1) {
      if (loaded.isOther(this.#last + 1) && (!this.#settled || !seen)) this.#number ??= this.#last + 1;
    }
    return this.#number;
  }
}
