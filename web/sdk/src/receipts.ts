/** What was read: kept at once, told to the server when that is possible, shown here in the meantime. */

import type { Api } from './api.ts';
import { isRefusal, problemOf } from './errors.ts';
import type { Clock, Random } from './ports.ts';
import { type ConversationRow, type ReadRow, readKey } from './rows.ts';
import type { Store } from './store.ts';
import { Backoff } from './time.ts';

/** Unread messages of a conversation: as the server says, unless more was read here than it knows. */
export function unreadIn(row: ConversationRow, read: ReadRow | undefined, me: string): number {
  const told = row.conversation.unreadCount[me] ?? 0;
  return read && row.last > 0 ? Math.min(told, Math.max(0, row.last - read.number)) : told;
}

export class Receipts {
  readonly #api: Api;
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #backoff: Backoff;
  #running = false;
  #telling = false;
  #callOff: (() => void) | undefined;

  constructor(api: Api, store: Store, clock: Clock, random: Random) {
    this.#api = api;
    this.#store = store;
    this.#clock = clock;
    this.#backoff = new Backoff(random);
  }

  /** Everything up to a message has been read. */
  async mark(
    conversationId: string,
    { number, id }: { readonly number: number; readonly id: string },
  ): Promise<void> {
    const key = readKey(conversationId);
    await this.#store.transact([key], ([kept]) => {
      const row = kept as ReadRow | undefined;
      return row && row.number >= number ? undefined : [{ put: key, value: { number, id, told: false } }];
    });
  }

  start(): void {
    this.#running = true;
    this.kick();
  }

  stop(): void {
    this.#running = false;
    this.#callOff?.();
  }

  /** Tells the server what it does not know, one conversation after the other. */
  kick(): void {
    if (!this.#running || this.#telling) return;
    this.#callOff?.();
    this.#telling = true;
    void this.#tellAll().finally(() => {
      this.#telling = false;
    });
  }

  async #tellAll(): Promise<void> {
    try {
      for (let next = this.#next(); next; next = this.#next()) await this.#tell(...next);
      this.#backoff.reset();
    } catch (error) {
      if (!this.#running || problemOf(error).code === 'signed_out') return;
      this.#callOff = this.#clock.after(this.#backoff.next(problemOf(error).retryAfterMs), () => this.kick());
    }
  }

  #next(): readonly [id: string, row: ReadRow] | undefined {
    return this.#running ? [...this.#store.mirror.reads].find(([, row]) => !row.told) : undefined;
  }

  async #tell(conversationId: string, told: ReadRow): Promise<void> {
    try {
      await this.#api.call('markAsRead', { conversationId, upTo: told.id });
    } catch (error) {
      // Refused for good: the message or the conversation is gone, and so is what there was to tell.
      if (!isRefusal(problemOf(error))) throw error;
    }
    const key = readKey(conversationId);
    await this.#store.transact([key], ([kept]) => {
      const row = kept as ReadRow | undefined;
      return row?.number === told.number ? [{ put: key, value: { ...row, told: true } }] : undefined;
    });
  }
}
