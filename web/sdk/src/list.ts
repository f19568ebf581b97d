/** All conversations as a list shows them, and how many messages are unread. */

import type { Core } from './core.ts';
import { isCrew, otherIn } from './ids.ts';
import { type Cell, share } from './observable.ts';
import { withCommands } from './overlay.ts';
import { type ConversationRow, conversationKey, isUnsent, type OutboxRow } from './rows.ts';
import type { ConversationItem, ConversationPreview, ConversationsState } from './state.ts';
import { personIn, previewOf, unreadIn, viewOfEntry, viewOfMessage } from './view.ts';

/** Lower than any epoch: rows that the next full sync replaces. */
const PROVISIONAL = -1;

export interface ListCells {
  readonly conversations: Cell<ConversationsState>;
  readonly unread: Cell<number>;
}

export class ConversationList {
  readonly #core: Core;
  readonly #cells: ListCells;
  #preloaded: Promise<void> | undefined;
  readonly #items = new Map<string, ConversationItem>();

  constructor(core: Core, cells: ListCells) {
    this.#core = core;
    this.#cells = cells;
  }

  /**
   * On a new device: the most recent conversations in one request, while polls fetch all of them with their messages, which
   * replace these.
   */
  preload(): Promise<void> {
    this.#preloaded ??= this.#preload();
    return this.#preloaded;
  }

  async #preload(): Promise<void> {
    if (this.#core.store.mirror.cursor !== undefined) return;
    const { conversations } = await this.#core.api.call('getConversations', {});
    const keys = conversations.map(({ id }) => conversationKey(id));
    await this.#core.store.update('conversation', keys, (kept, place) => {
      const conversation = conversations[place];
      return kept || !conversation ? undefined : { conversation, first: 0, last: 0, epoch: PROVISIONAL };
    });
  }

  /** Everything may have changed. */
  reload(): void {
    const { conversation } = this.#core.store.mirror;
    this.changed([...this.#items.keys(), ...conversation.keys(), ...this.#core.store.mirror.pending()]);
  }

  changed(ids: Iterable<string>): void {
    for (const id of ids) {
      const item = this.#item(id);
      if (item) this.#items.set(id, share(this.#items.get(id), item));
      else this.#items.delete(id);
    }
    this.#show();
  }

  #show(): void {
    const items = [...this.#items.values()].sort((a, b) => b.at - a.at || (a.id < b.id ? -1 : 1));
    const known = this.#core.store.mirror.cursor !== undefined || items.length > 0;
    // A crew names only some of its members.
    const pair = [...this.#core.store.mirror.conversation].find(([id]) => !isCrew(id));
    const me = personIn(pair?.[1].conversation, this.#core.me);
    this.#cells.conversations.set({ status: known ? 'ready' : 'loading', items, me });
    this.#cells.unread.set(items.reduce((sum, { unread }) => sum + unread, 0));
  }

  #item(id: string): ConversationItem | undefined {
    const { conversation, read, draft } = this.#core.store.mirror;
    const row = conversation.get(id);
    const entries = this.#core.store.mirror.entries(id);
    const other = otherIn(id, this.#core.me);
    if (other === undefined || (!row && entries.length === 0)) return undefined;
    const muted = row?.conversation.mutedUntil;
    return {
      id,
      person: personIn(row?.conversation, other),
      people: isCrew(id) ? (row?.conversation.people ?? []) : undefined,
      job: row?.conversation.job,
      preview: this.#preview(row, entries.at(-1)),
      call: row?.call,
      at: Math.max(timeOf(row), ...entries.map(({ at }) => at)),
      unread: unreadIn(row, read.get(id), this.#core.me),
      pending: entries.filter(isUnsent).length,
      failed: entries.filter(({ problem }) => problem).length,
      draft: draft.get(id),
      mutedUntil: muted ? Date.parse(muted) : undefined,
    };
  }

  #preview(row: ConversationRow | undefined, entry: OutboxRow | undefined): ConversationPreview | undefined {
    if (entry) return previewOf(viewOfEntry(entry, this.#core.progress.get(entry.clientId), this.#core.me));
    if (row?.newest) {
      const view = viewOfMessage({ message: row.newest, fetchedAt: 0 }, this.#core.me);
      const commands = this.#core.store.mirror.commands(row.conversation.id);
      return previewOf(withCommands(view, commands, this.#core.me));
    }
    const text = row?.conversation.lastMessage;
    return text === undefined ? undefined : { text, type: 'text', mine: false };
  }
}

function timeOf(row: ConversationRow | undefined): number {
  return row ? Date.parse(row.conversation.lastMessageAt ?? row.conversation.createdAt) : 0;
}
