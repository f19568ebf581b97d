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
   * Returns a user token. It is called when one is first needed, and again when the server refuses the token, for instance
   * because it has expired, or when `renewToken` is called. A rejection is retried like a lost connection. A token of
   * another user ends the session of the first user, and begins theirs.
   */
  readonly getToken: () => string | Promise<string>;
  /**
   * The user's id. If it is left out, it is read from the first token, and `conversation` cannot be called before `ready`.
   * Set it, so that stored messages are shown at once, also offline.
   */
  readonly user?: string;
  readonly ports: Ports;
}

/** The part of a file that `sendFile` needs; a `File` or `Blob` has it. */
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
  /** Text that is sent with it. */
  readonly text?: string;
  /** The key of a message that it replies to. */
  readonly replyTo?: string;
  /** For images, in pixels, so that the tile has its final shape at once. */
  readonly width?: number;
  readonly height?: number;
  /** For a voice message: the file is a recording in `audio/mp4` (AAC) or `audio/webm` (Opus). */
  readonly voice?: Voice;
}

/** A conversation by its id, or by the other person and, if known, the job. */
export type ConversationRef = string | { readonly with: string; readonly job?: number };

export interface Timeline extends Observable<TimelineState> {
  readonly id: string;
  /**
   * The chat is on the screen: polls quickly, loads the cached messages, and records where the unread ones begin.
   * The returned function (or `close`) ends that.
   */
  open(): () => void;
  close(): void;
  /**
   * Stores the message, shows it, and resolves with its `clientId`. It is sent as soon as possible, whatever happens to the
   * page. `replyTo` is the key of a message that the server has. Rejects with `content_empty` or `content_too_long` (over
   * 2,000 characters), and stores nothing.
   */
  send(text: string, replyTo?: string): Promise<string>;
  /** The same with a file of at most 10 MB. Also rejects with `file_too_large` and `invalid_file` (empty, or unreadable). */
  sendFile(file: FileLike, meta?: FileMeta): Promise<string>;
  /** Sends a refused message again, after those that were written since. */
  retry(clientId: string): Promise<void>;
  /** The same with another text. */
  rewrite(clientId: string, text: string): Promise<void>;
  /**
   * Drops a message that is unsent or refused; its upload stops. If it did arrive, it is deleted on the server, too. Returns
   * `false` if it is no longer in the outbox.
   */
  discard(clientId: string): Promise<boolean>;
  /**
   * Replaces the text of an own message that the server has. Like `delete` and `react` it takes the message's key, is
   * shown at once, is sent when possible, and is undone with the reason (`TimelineMessage.refused`) if the server
   * refuses it. Rejects with `content_empty`, `content_too_long`, and `not_found` if there is no such message here.
   */
  edit(key: string, text: string): Promise<void>;
  /** Deletes an own message for everyone. */
  delete(key: string): Promise<void>;
  /** Sets the reader's one reaction to a message; without an emoji it is removed. */
  react(key: string, emoji?: string): Promise<void>;
  /** Removes the refusal of an edit, deletion or reaction from a message. */
  dismiss(key: string): Promise<void>;
  /** Every text that a message has had, the current one last. Rejects if the server cannot be reached. */
  versions(key: string): Promise<readonly { readonly text: string; readonly at: number }[]>;
  /** Loads up to 50 messages before the oldest; `olderProblem` has the reason of a failure. One request at a time. */
  loadOlder(): Promise<void>;
  /**
   * Marks all messages here as read. Call it when the chat is open and visible; offline it is reported later. Repeating it
   * costs nothing.
   */
  markAsRead(): void;
  /** The bytes of an unsent file; `undefined` once the server has it. */
  fileBytes(clientId: string): Promise<ArrayBuffer | undefined>;
  /** Fetches new download URLs for the message with this key and those around it. Call it when they have expired. */
  refreshFile(key: string): Promise<void>;
  /** Stores the size of a message's image, for the next time it is shown. */
  rememberSize(key: string, width: number, height: number): void;
  /** The unsent text of the composer, stored for each conversation. */
  readonly draft: Observable<string>;
  /** Stores the draft, and tells the others that the reader types. */
  setDraft(text: string): void;
}

export interface Jobline {
  /** Settles when the user is known and the cache has been read. */
  readonly ready: Promise<void>;
  /**
   * The user's id, once it is known. It changes when `getToken` returns another user's token: then `conversation` has to be
   * called again; timelines of the first user are empty and reject with `signed_out`.
   */
  readonly user: Observable<string | undefined>;
  /** The client polls while this or `unread` has subscribers, or a chat is open. */
  readonly conversations: Observable<ConversationsState>;
  /**
   * The timeline of a conversation; the same object for the same conversation and job. Throws `unauthenticated` while the
   * user is unknown: set `user`, or wait for `ready`.
   */
  conversation(ref: ConversationRef): Timeline;
  readonly connection: Observable<Connection>;
  /** Who types in the conversation on the screen. Like `presence` it is empty without a live connection. */
  readonly typing: Observable<TypingState>;
  /** Which people in the list are online. */
  readonly presence: Observable<WhoIsThere>;
  readonly storage: Observable<StorageState>;
  /** Unread messages in all conversations. */
  readonly unread: Observable<number>;
  /**
   * Calls a procedure of the server, such as `block` or `setPreferences`. Nothing is stored or retried: it rejects with a
   * `JoblineError` if there is no connection. For messages use `conversation`.
   */
  call<P extends Procedure>(procedure: P, input: Input<P>): Promise<Output<P>>;
  /** Calls `getToken` again: if another user may have signed in, or to notice at once that a token is valid again. */
  renewToken(): void;
  /** Stops, and deletes everything of this user on this device, unsent messages included, in every tab. */
  signOut(): Promise<void>;
  /** Stops. The cache stays, and the next client continues from it. */
  dispose(): void;
}
