/** The client: what an app holds. */

import type { Input, Output, Procedure } from './api.ts';
import type { Observable } from './observable.ts';
import type { Ports } from './ports.ts';
import type {
  Connection,
  ConversationsState,
  StorageState,
  TimelineState,
  TypingState,
  Voice,
  WhoIsThere,
} from './state.ts';

export interface JoblineOptions {
  /** Where the server is: `https://chat.example.com`, or empty for the page's own origin. */
  readonly baseUrl: string;
  /**
   * Answers a user token. Called when one is needed for the first time, and again whenever the server refuses it, as it does
   * once it has expired, or `renewToken` is called; what it answers is used until then. A rejection is retried like a lost
   * connection. A token of another user ends the session of the first, and begins theirs.
   */
  readonly getToken: () => string | Promise<string>;
  /**
   * The user's id. When left out it is read from the first token, and `conversation` cannot be called before `ready`;
   * give it, so that what is kept is there at once and offline.
   */
  readonly user?: string;
  readonly ports: Ports;
}

/** What `sendFile` needs of a file: a `File` or `Blob` is one. */
export interface FileLike {
  readonly size: number;
  readonly type: string;
  readonly name?: string;
  arrayBuffer(): Promise<ArrayBuffer>;
}

export interface FileMeta {
  /** With its extension; default: the file's own. */
  readonly name?: string;
  /** Default: the file's own. */
  readonly contentType?: string;
  /** Text that goes with it. */
  readonly text?: string;
  /** The key of a message that it replies to. */
  readonly replyTo?: string;
  /** Of images, in pixels: so that the tile has its final shape at once. */
  readonly width?: number;
  readonly height?: number;
  /** Of a voice message: the file is a recording in `audio/mp4` (AAC) or `audio/webm` (Opus). */
  readonly voice?: Voice;
}

/** A conversation by its id, or by whom it is with and, where the host knows, about which job. */
export type ConversationRef = string | { readonly with: string; readonly job?: number };

export interface Timeline extends Observable<TimelineState> {
  readonly id: string;
  /**
   * The chat is on the screen: polls quickly, loads the cached messages, remembers where the unread ones begin.
   * The returned function (or `close`) takes it off again.
   */
  open(): () => void;
  close(): void;
  /**
   * Keeps the message and shows it; resolves with its `clientId` then. It is sent as soon as that is possible, whatever
   * happens to the page. `replyTo` is the key of a message that the server has. Rejects with `content_empty` or `content_too_long` (over 2,000 characters), and keeps nothing.
   */
  send(text: string, replyTo?: string): Promise<string>;
  /** The same with a file of at most 10 MB. Also rejects with `file_too_large` and `invalid_file` (empty, or unreadable). */
  sendFile(file: FileLike, meta?: FileMeta): Promise<string>;
  /** Sends a refused message again, after those that were written since. */
  retry(clientId: string): Promise<void>;
  /** The same with another text. */
  rewrite(clientId: string, text: string): Promise<void>;
  /**
   * Drops a message that is on its way or refused; its upload stops. Should it have arrived, it is deleted on the server,
   * too. Answers `false` when it is not on its way any more.
   */
  discard(clientId: string): Promise<boolean>;
  /**
   * Replaces the text of an own message that the server has. As `delete` and `react`: takes the message's key, is shown at
   * once and done when possible, and taken back with the reason (`TimelineMessage.refused`) when the server refuses it.
   * Rejects with `content_empty`, `content_too_long`, and `not_found` when no such message is here.
   */
  edit(key: string, text: string): Promise<void>;
  /** Deletes an own message for everyone. */
  delete(key: string): Promise<void>;
  /** Sets the reader's one reaction to a message; without an emoji it is removed. */
  react(key: string, emoji?: string): Promise<void>;
  /** Forgets that something was refused of a message. */
  dismiss(key: string): Promise<void>;
  /** Every text that a message has had, the current one last. Rejects when the server cannot be asked. */
  versions(key: string): Promise<readonly { readonly text: string; readonly at: number }[]>;
  /** Loads up to 50 messages before the oldest; `olderProblem` says why not. One at a time. */
  loadOlder(): Promise<void>;
  /**
   * All that is here has been read. Call it when the chat is open and visible; offline it is reported later. Repeating
   * it costs nothing.
   */
  markAsRead(): void;
  /** The bytes of a file that is on its way; `undefined` once the server has it. */
  fileBytes(clientId: string): Promise<ArrayBuffer | undefined>;
  /** Fetches new download URLs for the message with this key and those around it, when they have expired. */
  refreshFile(key: string): Promise<void>;
  /** Remembers how large the image of a message is, for the next time it is shown. */
  rememberSize(key: string, width: number, height: number): void;
  /** The unsent text of the composer, kept per conversation. */
  readonly draft: Observable<string>;
  /** Keeps it, and tells the others that the reader types. */
  setDraft(text: string): void;
}

export interface Jobline {
  /** Settles when the user is known and what is kept has been read. */
  readonly ready: Promise<void>;
  /**
   * The user's id, once it is known. It changes when `getToken` answers a token of somebody else: then `conversation` has
   * to be called again; timelines of the first user are empty and reject with `signed_out`.
   */
  readonly user: Observable<string | undefined>;
  /** Polls while somebody subscribes to it, to `unread`, or has a chat open. */
  readonly conversations: Observable<ConversationsState>;
  /**
   * The timeline of a conversation; the same object for the same conversation and job. Throws `unauthenticated` as long
   * as the user is not known: give `user`, or wait for `ready`.
   */
  conversation(ref: ConversationRef): Timeline;
  readonly connection: Observable<Connection>;
  /** Who types in the conversation on the screen. As `presence` it is empty without a live connection. */
  readonly typing: Observable<TypingState>;
  /** Which people of the list are there. */
  readonly presence: Observable<WhoIsThere>;
  readonly storage: Observable<StorageState>;
  /** Unread messages in all conversations. */
  readonly unread: Observable<number>;
  /**
   * Calls a procedure of the server itself, such as `block` or `setPreferences`. Nothing of it is kept or repeated: it rejects
   * with a `JoblineError` when there is no connection. For messages use `conversation`.
   */
  call<P extends Procedure>(procedure: P, input: Input<P>): Promise<Output<P>>;
  /** Calls `getToken` again: when somebody else may have signed in, or to see at once that a token is good again. */
  renewToken(): void;
  /** Stops, forgets all that is kept of this user on this device, unsent messages included, in every tab. */
  signOut(): Promise<void>;
  /** Stops. The cache stays, and the next client continues from it. */
  dispose(): void;
}
