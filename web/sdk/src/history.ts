/** Pages of a conversation that the cache does not hold, and download URLs that are not over yet. */

import type { Core } from './core.ts';
import type { Loaded } from './loaded.ts';
import { type MessageRow, messageKey } from './rows.ts';

export interface Page {
  /** Oldest first. */
  readonly rows: readonly MessageRow[];
  readonly hasOlder: boolean;
}

/** Messages on each side of one whose URL is renewed that are asked for with it. */
const AROUND = 25;

export class History {
  readonly #core: Core;

  constructor(core: Core) {
    this.#core = core;
  }

  /** The page before a message, or the newest. */
  async page(conversationId: string, before: string | undefined): Promise<Page> {
    const answer = await this.#core.api.call('list', { conversationId, before });
    const fetchedAt = this.#core.ports.clock.now();
    return { rows: answer.messages.map(message => ({ message, fetchedAt })), hasOlder: answer.hasMore };
  }

  /** The messages around `number` as the server has them now, with new URLs; kept where they are kept anyway. */
  async renew(conversationId: string, loaded: Loaded, number: number): Promise<void> {
    const before = loaded.at(number + AROUND)?.message.id;
    const { rows } = await this.page(conversationId, before);
    await this.keep(rows);
  }

  /** Replaces messages where they are kept, and where they are shown. */
  async keep(rows: readonly MessageRow[]): Promise<void> {
    const keys = rows.map(({ message }) => messageKey(message.conversationId, message.number));
    await this.#core.store.update('message', keys, (known, place) => {
      const row = rows[place];
      return known && row && fresher(known, row);
    });
    this.#core.store.touch(rows);
  }
}

/** `row`, unless a poll has brought a later state of its message; the newer URL and the size that is known in any case. */
export function fresher(known: MessageRow | undefined, row: MessageRow): MessageRow {
  const size = row.size ?? known?.size;
  if (!known || known.message.updatedAt <= row.message.updatedAt) return { ...row, size };
  return { ...row, size, message: { ...known.message, fileUrl: row.message.fileUrl } };
}
