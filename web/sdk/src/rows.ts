/**
 * The data model of the cache on one page: every row, who writes and who reads it.
 *
 * | row | written by | holds |
 * |---|---|---|
 * | `session` | opening, signing out, every transaction | whose cache it is, and how many transactions it has seen |
 * | `sync/` | each poll that brought something | the cursor |
 * | `conversation/<id>` | the poll that brought it | the conversation, and which messages of it are kept |
 * | `message/<id>/<number>` | polls, `refreshFile`, `rememberSize` | a message: the last 50 of each conversation |
 * | `outbox/<clientId>` | sending | an own message until a poll has brought it |
 * | `bytes/<clientId>` | sending | its file |
 * | `command/<id>.<kind>` | edits, deletions, reactions | what was done to a message until the server has it |
 * | `draft/<id>` | the composer | unsent text |
 * | `read/<id>` | `markAsRead` | how far the reader has read, and whether the server knows |
 */

import type { Range } from './cache/port.ts';
import type { Problem } from './errors.ts';
import type { Call, Conversation, Message, Quote } from './generated/contract.ts';
import type { Voice } from './state.ts';

/** How many messages of each conversation are kept. */
export const KEPT = 50;

export interface SessionRow {
  /** Made anew by each sign-in: what began before a sign-out cannot write after it. */
  readonly session: string;
  /** Counts transactions: a tab that hears of consecutive ones has missed none. */
  readonly count: number;
}

export interface SyncRow {
  /** Absent before the first answer. */
  readonly cursor?: string;
  /** Which fresh start the cache comes from. */
  readonly epoch: number;
  /** A fresh start is under way: conversations of older epochs are still to be replaced. */
  readonly walking: boolean;
}

export interface ConversationRow {
  readonly conversation: Conversation;
  /** Numbers of the first and the last message that are kept, without gaps between; 0 when none is. */
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
  /** When the answer that brought it came, Unix milliseconds: its download URL is good for an hour from then. */
  readonly fetchedAt: number;
  readonly size?: Size;
}

/** Of an image, in pixels. */
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

/** An own message on its way. */
export interface OutboxRow {
  readonly clientId: string;
  readonly conversationId: string;
  /** Whom it is for. */
  readonly to: string;
  readonly job?: number;
  readonly text: string;
  /** When it was written, Unix milliseconds. */
  readonly at: number;
  /** Its place among the others: the number of the transaction that kept it. */
  readonly order: number;
  readonly file?: OutboxFile;
  /** Where the file's bytes were put, once they all were. */
  readonly fileUrl?: string;
  /** What it replies to. */
  readonly replyTo?: Quote;
  /** A request with it went out: it may have arrived. */
  readonly tried?: boolean;
  /** Refused for good, unless the reader says otherwise. */
  readonly problem?: Problem;
  /** The server has it; the next poll brings it. */
  readonly accepted?: Message;
}

/** Whether a message is still to be sent: neither accepted nor refused. */
export const isUnsent = ({ accepted, problem }: OutboxRow) => !accepted && !problem;

/** What a reader does to a message that the server has. Without an emoji, a reaction is taken back. */
export type Act =
  | { readonly is: 'edit'; readonly text: string }
  | { readonly is: 'delete' }
  | { readonly is: 'react'; readonly emoji?: string };

export interface CommandRow {
  readonly conversationId: string;
  /** The message's id and number: absent while it is not known whether it has arrived. */
  readonly id?: string;
  readonly number?: number;
  /** Of an own message. */
  readonly clientId?: string;
  readonly act: Act;
  /** When it was done, Unix milliseconds. */
  readonly at: number;
  /** Its place among own messages and commands, as `OutboxRow.order`. */
  readonly order: number;
  /** Refused for good. */
  readonly problem?: Problem;
}

export interface ReadRow {
  /** Up to which message: its number and id. */
  readonly number: number;
  readonly id: string;
  /** The server knows. */
  readonly told: boolean;
}

/** All rows but messages and bytes: what is held in memory. */
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

export type Kind = keyof Rows;

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
/** All rows but bytes and messages, whose keys stand before and between these two. */
export const HELD: readonly Range[] = [
  ['command/', 'message/'],
  ['outbox/', 'sync0'],
];
/** All keys there can be. */
export const EVERYTHING: Range = ['', '\uffff'];

/** The kind and the name in a key; ids hold no `/`. */
export function parse(key: string): readonly [kind: Kind, name: string] {
  const [kind, name = ''] = key.split('/');
  return [kind as Kind, name];
}
