/** The other tabs of this user: which of them does the work, and what they tell each other. */

import type { Channel, Locks } from './ports.ts';

/** What tabs tell each other. `from` is the teller. */
export type Word =
  /** Rows were written: transaction `count`. */
  | { readonly is: 'wrote'; readonly count: number; readonly writes: unknown }
  /** Messages older than those that are kept have changed. */
  | { readonly is: 'touched'; readonly rows: unknown }
  /** The leader polled, or failed to. */
  | { readonly is: 'polled'; readonly report: unknown }
  /** The leader is asked to poll; `urgent`, once more when it just does. */
  | { readonly is: 'poll'; readonly urgent: boolean }
  /** How far own messages are, while they are on their way. */
  | { readonly is: 'progress'; readonly clientId: string; readonly state: unknown }
  | { readonly is: 'signedOut' };

export class Tabs {
  readonly #name: string;
  readonly #heard = new Set<(word: Word) => void>();
  #channel: Channel | undefined;
  #locks: Locks | undefined;
  #leading = false;
  #stopWaiting: (() => void) | undefined;
  #release = (): void => undefined;
  readonly #left = new Promise<void>(resolve => {
    this.#release = resolve;
  });

  constructor(name: string, channel: Channel | undefined, locks: Locks | undefined) {
    this.#name = name;
    this.#channel = channel;
    this.#locks = locks;
    channel?.listen(message => {
      for (const heard of this.#heard) heard(message as Word);
    });
  }

  get isLeading(): boolean {
    return this.#leading;
  }

  /** Whether other tabs hear what is told. Without that each works for itself. */
  get areHeard(): boolean {
    return this.#channel !== undefined;
  }

  tell(word: Word): void {
    this.#channel?.post(word);
  }

  listen(heard: (word: Word) => void): void {
    this.#heard.add(heard);
  }

  /**
   * Calls `lead` when this tab is the one that polls and sends: at once where there are no locks, else when the tab
   * that is has gone. Two tabs that both lead, as without locks they do, cost requests and nothing else: transactions
   * and client ids keep them from doing anything twice.
   */
  elect(lead: () => void): void {
    const held = () => {
      if (!this.#leading) {
        this.#leading = true;
        lead();
      }
      return this.#left;
    };
    if (this.#locks) this.#stopWaiting = this.#locks.request(this.#name, held);
    else held();
  }

  /** Goes on without the others: what this tab keeps is not what they keep. */
  part(): void {
    this.#channel?.close();
    this.#channel = undefined;
    this.#locks = undefined;
  }

  leave(): void {
    this.part();
    this.#stopWaiting?.();
    this.#release();
  }
}
