/**
 * The data model of the cache on one page: every row, who writes and who reads it.
 *
 * | row | written by | holds |
 * |---|---|---|
 * | `session` | opening, signing out, every transaction | the session of the cache, and its number of transactions |
 * | `sync/` | each poll that brought something | the cursor |
 * | `conversation/<id>` | the poll that brought it | the conversation, and which of its messages are stored |
 * | `message/<id>/<number>` | polls, `refreshFile`, `rememberSize` | a message: the last 50 of each conversation |
 * | `outbox/<clientId>` | sending | an own message until a poll has brought it |
 * | `bytes/<clientId>` | sending | its file |
 * | `command/<id>.<kind>` | edits, deletions, reactions | what the reader did to a message, until the server has it |
 * | `draft/<id>` | the composer | unsent text; what was typed right before a page ended comes by `Cache.leave` |
 * | `read/<id>` | `markAsRead` | how far the reader has read, and whether the server knows |
 */

import type { Range } from './cache/port.ts';
import type { Problem } from './errors.ts';
import type { Call, Conversation, Message, Quote } from './generated/contract.ts';
import type { Voice } from './state.ts';

/** How many messages of each conversation are stored. */
export const KEPT = 50;

export interface SessionRow {
  /** New with each sign-in, so that work from before a sign-out cannot write after it. */
  readonly session: string;
  /** Counts transactions: a tab that is told of consecutive ones has missed none. */
  readonly count: number;
}

export interface SyncRow {
  /** Absent before the first answer. */
  readonly cursor?: string;
  /** The number of the full sync that the cache comes from. */
  readonly epoch: number;
  /** A full sync is running: conversations of older epochs are still to be replaced. */
  readonly walking: boolean;
}

export interface ConversationRow {
  readonly conversation: Conversation;
  /** Numbers of the first and the last stored message, without gaps between; 0 if there is none. */
  readonly first: number;
  readonly last: number;
  readonly epoch: number;
  /** The last message. */
  readonly newest?: Message;
  /** The newest call. Rows of earlier versions have none. */
  readonly call?: Call;
}

export interface MessageRow {
  readonly message: Message;
  /** When the answer that brought it came, Unix milliseconds: its download URL is valid for an hour from then. */
  readonly fetchedAt: number;
  readonly size?: Size;
}

/** The size of an image, in pixels. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

export interface OutboxFile {
  readonly name: string;
  readonly size: number;
  readonly contentType: string;
  readonly dimensions?: Size;
  readonly voice?: Voice;
}

/** An own message that a poll has not brought back yet. */
export interface OutboxRow {
  readonly clientId: string;
  readonly conversationId: string;
  /** Its recipient. */
  readonly to: string;
  readonly job?: number;
  readonly text: string;
  /** When it was written, Unix milliseconds. */
  readonly at: number;
  /** Its position among the others: the number of the transaction that stored it. */
  readonly order: number;
  readonly file?: OutboxFile;
  /** The URL of the file, once all its bytes are uploaded. */
  readonly fileUrl?: string;
  /** The message that it replies to. */
  readonly replyTo?: Quote;
  /** A request with it was sent, so it may have arrived. */
  readonly tried?: boolean;
  /** Refused permanently, unless the reader retries. */
  readonly problem?: Problem;
  /** The server has it; the next poll brings it. */
  readonly accepted?: Message;
}

/** Whether a message is still to be sent: neither accepted nor refused. */
export const isUnsent = ({ accepted, problem }: OutboxRow) => !accepted && !problem;

/** What a reader does to a message that the server has. Without an emoji, the reaction is removed. */
export type Act =
  | { readonly is: 'edit'; readonly text: string }
  | { readonly is: 'delete' }
  | { readonly is: 'react'; readonly emoji?: string };

export interface CommandRow {
  readonly conversationId: string;
  /** The message's id and number: absent while it is unknown whether it has arrived. */
  readonly id?: string;
  readonly number?: number;
  /** That of an own message. */
  readonly clientId?: string;
  readonly act: Act;
  /** When it was done, Unix milliseconds. */
  readonly at: number;
  /** Its position among own messages and commands, like `OutboxRow.order`. */
  readonly order: number;
  /** Refused permanently. */
  readonly problem?: Problem;
}

export interface ReadRow {
  /** The last read message: its number and id. */
  readonly number: number;
  readonly id: string;
  /** The server knows. */
  readonly told: boolean;
}

/** All rows except messages and bytes: these are mirrored in memory. */
export interface Rows {
  readonly session: SessionRow;
  readonly sync: SyncRow;
  readonly conversation: ConversationRow;
  readonly outbox: OutboxRow;
  readonly command: CommandRow;
  readonly draft: string;
  readonly read: ReadRow;
  readonly message: MessageRow;
  readonly bytes: ArrayBuffer;
}

export type RowKind = keyof Rows;

export const SESSION = 'session';
export const SYNC = 'sync/';

export const conversationKey = (id: string) => `conversation/${id}`;
export const outboxKey = (clientId: string) => `outbox/${clientId}`;
export const commandKey = ({ id, clientId, act }: Pick<CommandRow, 'id' | 'clientId' | 'act'>) =>
  `command/${id ?? clientId}.${act.is}`;
export const bytesKey = (clientId: string) => `bytes/${clientId}`;
export const draftKey = (id: string) => `draft/${id}`;
export const readKey = (id: string) => `read/${id}`;
export const messageKey = (id: string, number: number) => `message/${id}/${String(number).padStart(16, '0')}`;

/** All keys that begin with `prefix/`: `0` follows `/`. */
export const under = (prefix: string): Range => [`${prefix}/`, `${prefix}0`];
/** All rows except bytes and messages, whose keys are before and between these two ranges. */
export const HELD: readonly Range[] = [
  ['command/', 'message/'],
  ['outbox/', 'sync0'],
];
/** All possible keys. */
export const EVERYTHING: Range = ['', '\uffff'];

/** The kind and the name in a key; ids have no `/`. */
export function parse(key: string): readonly [kind: RowKind, name: string] {
  const [kind, name = ''] = key.split('/');
  return [kind as RowKind, name];
}
