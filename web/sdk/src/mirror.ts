/** The rows that every view needs, in memory: what the cache holds but messages and bytes. */

import type { Write } from './cache/port.ts';
import type { ConversationRow, MessageRow, OutboxRow, ReadRow, Rows, SyncRow } from './rows.ts';
import { parse } from './rows.ts';

/** What a transaction changed. */
export interface Change {
  /** Conversations any row of which changed. */
  readonly conversations: ReadonlySet<string>;
  /** Messages that were written. */
  readonly messages: ReadonlyMap<string, readonly MessageRow[]>;
}

const NO_ENTRIES: ReadonlyMap<string, OutboxRow> = new Map();
const AT_THE_START: SyncRow = { epoch: 0, walking: false };

export class Mirror {
  sync = AT_THE_START;
  readonly conversations = new Map<string, ConversationRow>();
  readonly drafts = new Map<string, string>();
  readonly reads = new Map<string, ReadRow>();
  readonly outbox = new Map<string, OutboxRow>();
  readonly #byConversation = new Map<string, Map<string, OutboxRow>>();

  /** The own messages of a conversation that are on their way, in the order in which they will be in it. */
  entries(conversationId: string): readonly OutboxRow[] {
    return [...(this.#byConversation.get(conversationId) ?? NO_ENTRIES).values()].sort(inOrder);
  }

  /** The conversations that have own messages on their way. */
  pending(): Iterable<string> {
    return this.#byConversation.keys();
  }

  clear(): void {
    this.sync = AT_THE_START;
    for (const map of [this.conversations, this.drafts, this.reads, this.outbox, this.#byConversation])
      map.clear();
  }

  apply(writes: readonly Write[]): Change {
    const conversations = new Set<string>();
    const messages = new Map<string, MessageRow[]>();
    for (const write of writes) {
      if ('dropFrom' in write) continue;
      const [kind, name] = 'put' in write ? parse(write.put) : parse(write.drop);
      const value = 'put' in write ? write.value : undefined;
      if (kind === 'message') {
        if (value) messages.set(name, [...(messages.get(name) ?? []), value as MessageRow]);
        conversations.add(name);
      } else if (kind === 'outbox') {
        for (const id of this.#setEntry(name, value as OutboxRow | undefined)) conversations.add(id);
      } else if (this.#set(kind, name, value)) {
        conversations.add(name);
      }
    }
    return { conversations, messages };
  }

  /** Whether the row belongs to a conversation. */
  #set(kind: keyof Rows, name: string, value: unknown): boolean {
    if (kind === 'sync') this.sync = (value as SyncRow | undefined) ?? AT_THE_START;
    else if (kind === 'conversation') put(this.conversations, name, value as ConversationRow | undefined);
    else if (kind === 'draft') put(this.drafts, name, value as string | undefined);
    else if (kind === 'read') put(this.reads, name, value as ReadRow | undefined);
    return kind === 'conversation' || kind === 'draft' || kind === 'read';
  }

  #setEntry(clientId: string, row: OutboxRow | undefined): string[] {
    const touched = [this.outbox.get(clientId)?.conversationId, row?.conversationId].filter(
      id => id !== undefined,
    );
    put(this.outbox, clientId, row);
    for (const id of touched) {
      const entries = this.#byConversation.get(id) ?? new Map<string, OutboxRow>();
      put(entries, clientId, row);
      put(this.#byConversation, id, entries.size > 0 ? entries : undefined);
    }
    return touched;
  }
}

function put<T>(map: Map<string, T>, name: string, value: T | undefined): void {
  if (value === undefined) map.delete(name);
  else map.set(name, value);
}

/** What the server has comes first, in its order; then what is on its way, in the order in which it was written. */
function inOrder(one: OutboxRow, other: OutboxRow): number {
  const [a, b] = [
    one.accepted?.number ?? Number.MAX_SAFE_INTEGER,
    other.accepted?.number ?? Number.MAX_SAFE_INTEGER,
  ];
  return a - b || one.order - other.order;
}
