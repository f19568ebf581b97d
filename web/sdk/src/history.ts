/** Pages of a conversation that the cache does not hold, and download URLs that are not over yet. */

import type { Api } from './api.ts';
import type { Message } from './generated/contract.ts';
import type { Loaded } from './loaded.ts';
import type { Clock } from './ports.ts';
import { type MessageRow, messageKey } from './rows.ts';
import type { Store } from './store.ts';

export interface Page {
  /** Oldest first. */
  readonly rows: readonly MessageRow[];
  readonly hasOlder: boolean;
}

/** Messages on each side of one whose URL is renewed that are asked for with it. */
const AROUND = 25;

export class History {
  readonly #api: Api;
  readonly #store: Store;
  readonly #clock: Clock;

  constructor(api: Api, store: Store, clock: Clock) {
    this.#api = api;
    this.#store = store;
    this.#clock = clock;
  }

  /** The page before a message, or the newest. */
  async page(conversationId: string, before: string | undefined): Promise<Page> {
    const answer = await this.#api.call('list', { conversationId, before });
    const fetchedAt = this.#clock.now();
    return { rows: answer.messages.map(message => ({ message, fetchedAt })), hasOlder: answer.hasMore };
  }

  /** The messages around `number` as the server has them now, with new URLs; kept where they are kept anyway. */
  async renew(conversationId: string, loaded: Loaded, number: number): Promise<void> {
    const before = loaded.at(number + AROUND)?.message.id;
    const { rows } = await this.page(conversationId, before);
    await this.keep(rows.map(row => ({ ...row, size: loaded.at(row.message.number)?.size })));
  }

  /** Replaces messages that are kept; those that are not are shown alone. */
  async keep(rows: readonly MessageRow[]): Promise<void> {
    const keys = rows.map(({ message }) => messageKey(message.conversationId, message.number));
    const loose = new Set(rows);
    await this.#store.transact(keys, kept =>
      rows.flatMap((row, index) => {
        const known = kept[index] as MessageRow | undefined;
        if (!known) return [];
        loose.delete(row);
        const key = messageKey(row.message.conversationId, row.message.number);
        return [{ put: key, value: { ...row, message: newer(known.message, row.message) } }];
      }),
    );
    if (loose.size > 0) this.#store.touch([...loose]);
  }
}

/** The message as it was changed last, with the URL that was made last: an answer may have been overtaken by a poll. */
function newer(kept: Message, fetched: Message): Message {
  if (kept.updatedAt <= fetched.updatedAt || fetched.fileUrl === undefined) return fetched;
  return { ...kept, fileUrl: fetched.fileUrl };
}
