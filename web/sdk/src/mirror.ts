/** The rows that every view needs, in memory: everything in the cache except messages and bytes. */

import type { Value, Write } from './cache/port.ts';
import {
  type CommandRow,
  type ConversationRow,
  type MessageRow,
  type OutboxRow,
  parse,
  type ReadRow,
  type RowKind,
  type SyncRow,
} from './rows.ts';

/** The changes of a transaction. */
export interface Change {
  /** Conversations any row of which changed. */
  readonly conversations: ReadonlySet<string>;
  /** Messages that were written, by conversation. */
  readonly messages: ReadonlyMap<string, readonly MessageRow[]>;
}

/** The kinds of rows that are mirrored. */
const MIRRORED = ['conversation', 'outbox', 'command', 'draft', 'read', 'sync'] as const;

export class Mirror {
  readonly conversation = new Map<string, ConversationRow>();
  readonly outbox = new Map<string, OutboxRow>();
  readonly command = new Map<string, CommandRow>();
  readonly draft = new Map<string, string>();
  readonly read = new Map<string, ReadRow>();
  readonly sync = new Map<string, SyncRow>();

  /** The cursor of the last poll that brought something. */
  get cursor(): string | undefined {
    return this.sync.get('')?.cursor;
  }

  /** Whether polls have brought everything once. */
  get isComplete(): boolean {
    return this.sync.get('')?.walking === false;
  }

  /** The messages of a conversation in the outbox, in the order in which they will appear. */
  entries(conversationId: string): readonly OutboxRow[] {
    return [...this.outbox.values()].filter(row => row.conversationId === conversationId).sort(inOrder);
  }

  /** The commands for messages of a conversation, in order. */
  commands(conversationId: string): readonly CommandRow[] {
    const rows = [...this.command.values()].filter(row => row.conversationId === conversationId);
    return rows.sort((one, other) => one.order - other.order);
  }

  /** The conversations that have messages in the outbox. */
  pending(): ReadonlySet<string> {
    return new Set([...this.outbox.values()].map(row => row.conversationId));
  }

  clear(): void {
    for (const kind of MIRRORED) this[kind].clear();
  }

  apply(writes: readonly Write[]): Change {
    const conversations = new Set<string>();
    const messages = new Map<string, MessageRow[]>();
    for (const write of writes) {
      if ('dropFrom' in write) continue;
      const [key, value] = 'put' in write ? [write.put, write.value] : [write.drop, undefined];
      const [kind, name] = parse(key);
      if (kind === 'message' && value)
        messages.set(name, [...(messages.get(name) ?? []), value as MessageRow]);
      const before = this.#set(kind, name, value);
      const entry = (value ?? before) as Partial<OutboxRow> | undefined;
      const within = kind === 'outbox' || kind === 'command';
      conversations.add(within ? (entry?.conversationId ?? '') : name);
    }
    return { conversations, messages };
  }

  /** Returns the previous value. */
  #set(kind: RowKind, name: string, value: Value): Value {
    const rows = (this as Partial<Record<RowKind, unknown>>)[kind] as Map<string, Value> | undefined;
    const before = rows?.get(name);
    if (value === undefined) rows?.delete(name);
    else rows?.set(name, value);
    return before;
  }
}

/** Messages that the server has come first, in its order; then the others, in the order in which they were written. */
function inOrder(one: OutboxRow, other: OutboxRow): number {
  const [a, b] = [one, other].map(row => row.accepted?.number ?? Number.MAX_SAFE_INTEGER) as [number, number];
  return a - b || one.order - other.order;
}
