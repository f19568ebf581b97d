/** What views see. Every object here is immutable; what did not change keeps its identity. */

import type { Code, Problem } from './errors.ts';
import type { Call } from './generated/contract.ts';

export type { Call };

export interface Person {
  readonly id: string;
  /** The name the host gave; the id where it gave none. */
  readonly name: string;
  readonly avatarUrl?: string;
}

export interface Job {
  readonly id: number;
  readonly title: string;
  readonly status: 'open' | 'closed';
}

/**
 * How far a message has come.
 *
 * Own messages, on this device: `queued` (kept, not under way), `uploading` its file, `sending`, `waiting` for the rate
 * limit until an instant in Unix milliseconds, `failed` (refused for good: retry, rewrite or discard). On the server: `sent`,
 * `delivered`, `read`. Messages of others are `received`, and `read` once they were marked as read.
 */
export type MessageState =
  | { readonly is: 'queued' | 'sending' | 'sent' | 'delivered' | 'read' | 'received' }
  | { readonly is: 'uploading'; readonly sentBytes: number; readonly totalBytes: number }
  | { readonly is: 'waiting'; readonly until: number }
  | { readonly is: 'failed'; readonly problem: Problem };

/** What is known of a recording. */
export interface Voice {
  /** How long it plays, in milliseconds; at most five minutes. */
  readonly durationMs: number;
  /** How loud each 64th of it is: 64 characters `0`–`9`, `a`–`v`, from silent to loudest. */
  readonly waveform: string;
}

/** With what is known of it, where it is a recording. */
export interface MessageFile extends Partial<Voice> {
  readonly name: string;
  /** In bytes. */
  readonly size: number;
  readonly contentType: string;
  /** Where to download it. Absent while it is on this device alone (see `Timeline.fileBytes`), and once it expired. */
  readonly url?: string;
  /** Unix milliseconds after which `url` answers an error: call `Timeline.refreshFile` then. */
  readonly urlExpiresAt?: number;
  /** The server no longer has it. */
  readonly expired: boolean;
  /** In pixels, where known: told to `sendFile`, or by `Timeline.rememberSize`. */
  readonly width?: number;
  readonly height?: number;
}

export interface TimelineMessage {
  /** The same for the message's whole life on this device, from bubble to read: the key for a list. */
  readonly key: string;
  /** The server's id, once it has one. */
  readonly id?: string;
  /** Of own messages that were sent with one: what `retry`, `rewrite` and `discard` take. */
  readonly clientId?: string;
  /** 1, 2, 3 … in its conversation, once the server has it. */
  readonly number?: number;
  readonly mine: boolean;
  /** Who wrote it, where that is somebody else. */
  readonly senderId?: string;
  /** The marketplace says it. */
  readonly host?: boolean;
  /** What a line about a crew tells: that somebody came or went. */
  readonly event?: { readonly kind: string; readonly userId?: string };
  /** A call, as it stands. `text` names it for views that show none. */
  readonly call?: Call;
  /** May be empty when a file comes with it, and of a deleted message. Never HTML. */
  readonly text: string;
  /** An `event` is a line about the conversation. Those of types that this version does not know are `text`. */
  readonly type: 'text' | 'image' | 'file' | 'voice' | 'event';
  readonly file?: MessageFile;
  /** Unix milliseconds: accepted by the server, or written on this device. */
  readonly at: number;
  readonly jobId?: number;
  readonly state: MessageState;
  /** What it replies to, as that stands now. */
  readonly replyTo?: MessageQuote;
  /** Who reacted with what; each user once. */
  readonly reactions?: readonly { readonly emoji: string; readonly userIds: readonly string[] }[];
  /** Its text was changed: `Timeline.versions` tells how. */
  readonly edited?: boolean;
  /** Who deleted it. Nothing else is left of it. */
  readonly deleted?: 'sender' | 'host';
  /** What the reader did to it last and the server refused, with the text of an edit. */
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
  /** `loading` until the cache has answered. */
  readonly status: 'loading' | 'ready';
  /** Oldest first; messages that are still on their way come last, in the order in which they will be sent. */
  readonly messages: readonly TimelineMessage[];
  readonly hasOlder: boolean;
  readonly loadingOlder: boolean;
  /** Why older messages could not be loaded the last time. */
  readonly olderProblem?: Problem;
  /** Key of the first message that was unread when the chat was opened; stays put until it is closed. */
  readonly firstUnread?: string;
  readonly unread: number;
  /** Whom it is with; a crew by its own id, with the title of its job as the name. */
  readonly person?: Person;
  /** Of a crew: all of whom the name is known, former members among them. Absent in a pair. */
  readonly people?: readonly Person[];
  /** Of a crew, once the server has told: who is in it, and how far each has read. */
  readonly members?: readonly Member[];
  readonly job?: Job;
  readonly canWrite: boolean;
  /** Why not. */
  readonly reason?: Code;
}

/** A member of a crew. */
export interface Member extends Person {
  /** Number of the last message that they have read; 0 when none. */
  readonly readUpTo: number;
}

export interface ConversationPreview {
  readonly text: string;
  readonly type: TimelineMessage['type'];
  readonly deleted?: boolean;
  readonly host?: boolean;
  readonly fileName?: string;
  readonly mine: boolean;
  /** Who wrote it, where that is somebody else. */
  readonly senderId?: string;
  /** What a line about a crew tells. */
  readonly event?: TimelineMessage['event'];
  /** A call, as it stands. */
  readonly call?: Call;
  /** Of own messages. */
  readonly state?: MessageState;
}

export interface ConversationItem {
  readonly id: string;
  /** Whom it is with; a crew by its own id, with the title of its job as the name. */
  readonly person: Person;
  /** Of a crew: those of whom the name is known. Absent in a pair. */
  readonly people?: readonly Person[];
  readonly job?: Job;
  /** The last message, own ones that are on their way included. */
  readonly preview?: ConversationPreview;
  /** The newest call in it, as it stands, whatever was written since. */
  readonly call?: Call;
  /** When it was written: Unix milliseconds. */
  readonly at: number;
  readonly unread: number;
  /** Own messages that are on their way. */
  readonly pending: number;
  /** Own messages that were refused. */
  readonly failed: number;
  readonly draft?: string;
}

export interface ConversationsState {
  /** `loading` until the cache has answered, and on a new device until the server has. */
  readonly status: 'loading' | 'ready';
  /** All there are, the one written in last first. On a new device they come over the first seconds. */
  readonly items: readonly ConversationItem[];
  /** Who the user is to the others, by name as soon as a conversation has told it. */
  readonly me?: Person;
}

/**
 * `connecting` before the first answer, `online` after one, `offline` when the device says so, `reconnecting` when the
 * server cannot be reached or answers errors, `signedOut` when the token was refused again after it was renewed (it is
 * still tried on) or after `signOut`.
 */
export interface Connection {
  readonly state: 'connecting' | 'online' | 'offline' | 'reconnecting' | 'signedOut';
  /** Messages come at once, by a live connection of this tab or of another one; without it they are polled for. */
  readonly live?: boolean;
  /** Unix milliseconds of the next attempt, while `reconnecting` or `signedOut`. */
  readonly nextRetryAt?: number;
  readonly problem?: Problem;
}

/** Who types, by conversation: the ids of others, the one who began last comes last. Of the one on the screen alone. */
export type TypingState = { readonly [conversationId: string]: readonly string[] };

/** Whether somebody is there. */
export interface UserPresence {
  /** `online`: they are there, or were in the last two minutes. `recent`: today. `away`: longer ago, or it is not known. */
  readonly state: 'online' | 'recent' | 'away';
  /** When they were there last, to the hour: Unix milliseconds. */
  readonly lastActiveAt?: number;
}

/** By user id, of those of whom it may be known: people with whom there is an open job. */
export type WhoIsThere = { readonly [userId: string]: UserPresence };

/** Where messages and drafts are kept. `memory`: they are lost with the page, and the reader should be told. */
export interface StorageState {
  readonly kind: 'opening' | 'durable' | 'memory';
  /** Why it is not durable. */
  readonly reason?: 'unavailable' | 'quota' | 'failed';
}
