/** The state for views. Every object here is immutable; unchanged parts keep their identity. */

import type { Code, Problem } from './errors.ts';
import type { Call } from './generated/contract.ts';

export type { Call };

export interface Person {
  readonly id: string;
  /** The name that the host set, or else the id. */
  readonly name: string;
  readonly avatarUrl?: string;
}

export interface Job {
  readonly id: number;
  readonly title: string;
  readonly status: 'open' | 'closed';
}

/**
 * The state of a message.
 *
 * Own messages, on this device: `queued` (stored, not being sent), `uploading` its file, `sending`, `waiting` for the rate
 * limit until a time in Unix milliseconds, `failed` (refused permanently: retry, rewrite or discard). On the server: `sent`,
 * `delivered`, `read`. Messages of others are `received`, and `read` once they were marked as read.
 */
export type MessageState =
  | { readonly is: 'queued' | 'sending' | 'sent' | 'delivered' | 'read' | 'received' }
  | { readonly is: 'uploading'; readonly sentBytes: number; readonly totalBytes: number }
  | { readonly is: 'waiting'; readonly until: number }
  | { readonly is: 'failed'; readonly problem: Problem };

/** The metadata of a recording. */
export interface Voice {
  /** Its duration in milliseconds; at most five minutes. */
  readonly durationMs: number;
  /** The loudness of each 64th: 64 characters `0`–`9`, `a`–`v`, from silent to loudest. */
  readonly waveform: string;
}

/** A file; a recording has its metadata. */
export interface MessageFile extends Partial<Voice> {
  readonly name: string;
  /** In bytes. */
  readonly size: number;
  readonly contentType: string;
  /** Its download URL. Absent while it is only on this device (see `Timeline.fileBytes`), and once it has expired. */
  readonly url?: string;
  /** Unix milliseconds after which `url` answers an error: call `Timeline.refreshFile` then. */
  readonly urlExpiresAt?: number;
  /** The server no longer has it. */
  readonly expired: boolean;
  /** In pixels, if known, from `sendFile`, the server or `Timeline.rememberSize`. */
  readonly width?: number;
  readonly height?: number;
}

export interface TimelineMessage {
  /** The key for a list: constant for the message's whole life on this device. */
  readonly key: string;
  /** The server's id, once it has one. */
  readonly id?: string;
  /** For own messages that were sent with one: the argument of `retry`, `rewrite` and `discard`. */
  readonly clientId?: string;
  /** 1, 2, 3 … in its conversation, once the server has it. */
  readonly number?: number;
  readonly mine: boolean;
  /** The sender, if that is somebody else. */
  readonly senderId?: string;
  /** A message of the marketplace. */
  readonly host?: boolean;
  /** For a line about a crew: who joined or left. */
  readonly event?: { readonly kind: string; readonly userId?: string };
  /** A call in its current state. `text` describes it for views that do not show calls. */
  readonly call?: Call;
  /** May be empty if there is a file, and for a deleted message. Never HTML. */
  readonly text: string;
  /** An `event` is a line about the conversation. Those of types that this version does not know are `text`. */
  readonly type: 'text' | 'image' | 'file' | 'voice' | 'event';
  readonly file?: MessageFile;
  /** Unix milliseconds: accepted by the server, or written on this device. */
  readonly at: number;
  readonly jobId?: number;
  readonly state: MessageState;
  /** The message that it replies to, in its current state. */
  readonly replyTo?: MessageQuote;
  /** Who reacted with what; each user once. */
  readonly reactions?: readonly { readonly emoji: string; readonly userIds: readonly string[] }[];
  /** Its text was edited: `Timeline.versions` has the earlier ones. */
  readonly edited?: boolean;
  /** Who deleted it. It has no other content any more. */
  readonly deleted?: 'sender' | 'host';
  /** The reader's last command for it, if the server refused it, with the text of an edit. */
  readonly refused?: {
    readonly is: 'edit' | 'delete' | 'react';
    readonly problem: Problem;
    readonly text?: string;
  };
}

/** A message that another one replies to. */
export interface MessageQuote {
  /** Its `TimelineMessage.id`. */
  readonly id: string;
  readonly mine: boolean;
  readonly host: boolean;
  readonly senderId: string;
  readonly type: TimelineMessage['type'];
  /** Its beginning, or its file's name; empty once it is deleted or no longer kept. */
  readonly text: string;
  readonly deleted: boolean;
}

export interface TimelineState {
  readonly id: string;
  /** `loading` until the cache has been read. */
  readonly status: 'loading' | 'ready';
  /** Oldest first; unsent messages come last, in the order in which they will be sent. */
  readonly messages: readonly TimelineMessage[];
  readonly hasOlder: boolean;
  readonly loadingOlder: boolean;
  /** Why the last attempt to load older messages failed. */
  readonly olderProblem?: Problem;
  /** Key of the first message that was unread when the chat was opened; constant until it is closed. */
  readonly firstUnread?: string;
  readonly unread: number;
  /** The other person; for a crew its own id, with the title of its job as the name. */
  readonly person?: Person;
  /** In a crew: everybody whose name is known, former members included. Absent in a pair. */
  readonly people?: readonly Person[];
  /** In a crew, once the server has answered: its members, and how far each has read. */
  readonly members?: readonly Member[];
  readonly job?: Job;
  readonly canWrite: boolean;
  /** Why one cannot write. */
  readonly reason?: Code;
}

/** A member of a crew. */
export interface Member extends Person {
  /** Number of the last message that they have read; 0 if none. */
  readonly readUpTo: number;
}

export interface ConversationPreview {
  readonly text: string;
  readonly type: TimelineMessage['type'];
  readonly deleted?: boolean;
  readonly host?: boolean;
  readonly fileName?: string;
  readonly mine: boolean;
  /** The sender, if that is somebody else. */
  readonly senderId?: string;
  /** For a line about a crew. */
  readonly event?: TimelineMessage['event'];
  /** A call in its current state. */
  readonly call?: Call;
  /** For own messages. */
  readonly state?: MessageState;
}

export interface ConversationItem {
  readonly id: string;
  /** The other person; for a crew its own id, with the title of its job as the name. */
  readonly person: Person;
  /** In a crew: everybody whose name is known. Absent in a pair. */
  readonly people?: readonly Person[];
  readonly job?: Job;
  /** The last message, unsent ones included. */
  readonly preview?: ConversationPreview;
  /** The newest call in it, in its current state, whatever was written since. */
  readonly call?: Call;
  /** When it was written: Unix milliseconds. */
  readonly at: number;
  readonly unread: number;
  /** The number of unsent messages. */
  readonly pending: number;
  /** The number of refused messages. */
  readonly failed: number;
  readonly draft?: string;
  /** Until when the user has muted it, in Unix milliseconds: no mail and no notifications. May have passed. */
  readonly mutedUntil?: number;
}

export interface ConversationsState {
  /** `loading` until the cache has been read, and on a new device until the server has answered. */
  readonly status: 'loading' | 'ready';
  /** All conversations, the most recent first. On a new device they arrive during the first seconds. */
  readonly items: readonly ConversationItem[];
  /** The user as others see them, with their name as soon as a conversation has it. */
  readonly me?: Person;
}

/**
 * `connecting` before the first answer, `online` after one, `offline` when the device says so, `reconnecting` when the
 * server cannot be reached or answers with errors, `signedOut` when a renewed token was refused, too (attempts continue), or
 * after `signOut`.
 */
export interface Connection {
  readonly state: 'connecting' | 'online' | 'offline' | 'reconnecting' | 'signedOut';
  /** Messages arrive at once, by a live connection of this tab or of another one; without it they are polled. */
  readonly live?: boolean;
  /** Unix milliseconds of the next attempt, while `reconnecting` or `signedOut`. */
  readonly nextRetryAt?: number;
  readonly problem?: Problem;
}

/** Who types: the ids of others, the one who began last at the end. Only the conversation on the screen is in it. */
export type TypingState = { readonly [conversationId: string]: readonly string[] };

/** The online status of a user. */
export interface UserPresence {
  /** `online`: active now or in the last two minutes. `recent`: active today. `away`: longer ago, or unknown. */
  readonly state: 'online' | 'recent' | 'away';
  /** When they were last active, to the hour: Unix milliseconds. */
  readonly lastActiveAt?: number;
}

/** By user id, for people who share an open job with the user. */
export type WhoIsThere = { readonly [userId: string]: UserPresence };

/** Where messages and drafts are stored. `memory`: they are lost with the page, and the reader should be told. */
export interface StorageState {
  readonly kind: 'opening' | 'durable' | 'memory';
  /** Why it is not durable. */
  readonly reason?: 'unavailable' | 'quota' | 'failed';
}
