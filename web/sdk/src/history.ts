/** Pages of a conversation that the cache does not hold, and download URLs that have not ended yet. */

import type { Core } from './core.ts';
import type { Loaded } from './loaded.ts';
import { type MessageRow, messageKey } from './rows.ts';

export interface Page {
  /** Oldest first. */
  readonly rows: readonly MessageRow[];
  readonly hasOlder: boolean;
  /** For `since`. */
  readonly cursor: string;
}

/** Messages on each side of one whose URL is renewed that are asked for with it. */
const AROUND = 25;

export class History {
  readonly #core: Core;
  /** What is being renewed: many pictures may ask for the same page. */
  readonly #renewing = new Map<string, Promise<void>>();

  constructor(core: Core) {
    this.#core = core;
  }

  /** The page before a message, or the newest; or, with the cursor of an earlier page, what changed since. */
  async page(conversationId: string, before: string | undefined, since?: string): Promise<Page> {
    const { messages, hasMore, cursor } = await this.#core.api.call('list', {
      conversationId,
      before,
      since,
    });
    const fetchedAt = this.#core.ports.clock.now();
    return { rows: messages.map(message => ({ message, fetchedAt })), hasOlder: hasMore, cursor };
  }

  /** The messages around `number` as the server has them now, with new URLs; kept where they are kept anyway. */
  renew(conversationId: string, loaded: Loaded, number: number): Promise<void> {
    // Steps of a page, so that neighbours ask for the same one.
    const step = Math.ceil(number / AROUND + 1) * AROUND;
    const before = loaded.at(step)?.message.id;
    const name = `${conversationId}/${before}`;
    const renew = async () => this.keep((await this.page(conversationId, before)).rows);
    const renewing = this.#renewing.get(name) ?? renew().finally(() => this.#renewing.delete(name));
    this.#renewing.set(name, renewing);
    return renewing;
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
