/** What the server in memory keeps, and how it answers. */

import type { Message, UploadFile, Version } from '../src/generated/contract.ts';
import type { HttpAnswer } from '../src/index.ts';

/**
 * What goes wrong with a request: it never arrives (`offline`); it is carried out and its answer is lost (`lost`); nothing
 * is ever heard of it (`silent`); or something answers instead of the server.
 */
export type Fault =
  | 'offline'
  | 'lost'
  | 'silent'
  | {
      readonly status: number;
      /** Of a problem document; without it, HTML is answered, or `body`. */
      readonly code?: string;
      readonly field?: string;
      readonly retryAfterMs?: number;
      readonly body?: string;
      /** Headers as they stand. */
      readonly retryAfter?: string;
      readonly date?: string;
    };

/** A request as faults see it: its procedure, or `put` for the bytes of a file. */
export interface Seen {
  readonly procedure: string;
  readonly user: string | undefined;
  readonly input: Record<string, unknown>;
}

export interface Stored {
  message: Message;
  /** The log's number of its last change. */
  changed: number;
  /** The same for its recipient: they do not see it being delivered. */
  changedForRecipient: number;
  readonly fileId?: string;
  readonly replyTo?: string;
  versions: readonly Version[];
}

/** What a message is after something was done to it; `undefined` where that changes nothing. */
export type Touch = (
  stored: Stored,
  me: string,
  input: Record<string, unknown>,
  at: string,
) => Message | undefined;

/** How often a message may be edited. */
const EDITS = 5;

export const edited: Touch = (stored, me, { content }, at) => {
  const { message } = stored;
  ownAndThere(message, me);
  if (content === message.content) return undefined;
  const { revision = 0 } = message;
  if (revision >= EDITS) throw new Refusal(403, 'edit_window_over', 'At most 5 times.');
  stored.versions = [...stored.versions, { content: String(content), at }];
  return { ...message, content: String(content), editedAt: at, revision: revision + 1 };
};

export const deleted: Touch = (stored, me, _, at) => {
  const { message } = stored;
  if (message.deletedAt) return undefined;
  ownAndThere(message, me);
  stored.versions = [];
  const { reactions, fileName, fileSize, contentType, editedAt, revision, ...rest } = message;
  return { ...rest, content: '', deletedAt: at, deletedBy: 'sender' };
};

export const reacted: Touch = ({ message }, me, { emoji }) => {
  if (message.deletedAt) throw new Refusal(409, 'message_deleted', 'It was deleted.');
  if (emoji !== null && !/^\p{Extended_Pictographic}\ufe0f?$/u.test(String(emoji)))
    throw new Refusal(400, 'invalid_emoji', 'One emoji.', { field: 'emoji' });
  const others = (message.reactions ?? [])
    .map(one => ({ ...one, userIds: one.userIds.filter(id => id !== me) }))
    .filter(one => one.userIds.length > 0 || one.emoji === emoji);
  const mine = others.find(one => one.emoji === emoji);
  if (mine) mine.userIds.push(me);
  const reactions = mine || emoji === null ? others : [...others, { emoji: String(emoji), userIds: [me] }];
  const { reactions: _, ...rest } = message;
  return reactions.length > 0 ? { ...rest, reactions } : rest;
};

function ownAndThere(message: Message, me: string): void {
  if (message.senderId !== me) throw new Refusal(403, 'not_your_message', 'Another wrote it.');
  if (message.deletedAt) throw new Refusal(409, 'message_deleted', 'It was deleted.');
}

export interface Talk {
  readonly id: string;
  /** The two of a pair, or who is in the crew. */
  users: readonly string[];
  /** Of a crew: before which message each newcomer sees nothing, by its number. */
  readonly since: Map<string, number>;
  readonly messages: Stored[];
  readonly sent: Map<string, { number: number; input: string }>;
  readonly read: Map<string, number>;
  readonly delivered: Map<string, number>;
  changed: number;
  job: number | undefined;
}

export interface StoredFile {
  readonly owner: string;
  readonly conversation: string;
  readonly announced: UploadFile;
  readonly until: number;
  arrived: boolean;
  used: boolean;
}

/** A request that is refused, with the problem to answer. */
export class Refusal extends Error {
  readonly problem: Record<string, unknown>;
  constructor(status: number, code: string, detail: string, more: Record<string, unknown> = {}) {
    super(code);
    this.problem = { type: `urn:jobline:problem:${code}`, title: code, status, code, detail, ...more };
  }
}

export const iso = (ms: number) => new Date(ms).toISOString();

export const isCrew = (talk: Talk) => talk.id.startsWith('crew_');

/** Whom a message goes to: the other of a pair, or the crew. */
export const other = (talk: Talk, me: string) =>
  isCrew(talk) ? talk.id : (talk.users.find(user => user !== me) ?? me);

/** What somebody sees of a conversation. */
export const seenBy = (talk: Talk, me: string) => talk.messages.slice((talk.since.get(me) ?? 1) - 1);
export const changeFor = (stored: Stored, me: string) =>
  stored.message.senderId === me ? stored.changed : stored.changedForRecipient;

export function unread(talk: Talk, me: string): number {
  const read = talk.read.get(me) ?? 0;
  const counts = ({ senderId, type, deletedAt }: Message) =>
    senderId !== me && type !== 'event' && !deletedAt;
  return seenBy(talk, me).filter(({ message }) => message.number > read && counts(message)).length;
}

export function ok(output: unknown): HttpAnswer {
  return { status: 200, header: () => undefined, body: JSON.stringify(output) };
}

export function problem(body: Record<string, unknown>): HttpAnswer {
  return { status: Number(body.status), header: () => undefined, body: JSON.stringify(body) };
}

/** The answer of something in between, or of a server in trouble. */
export function instead(fault: Exclude<Fault, string>): HttpAnswer {
  const { status, code, field, retryAfterMs } = fault;
  const waits = retryAfterMs === undefined ? {} : { retryAfterMs };
  const body =
    fault.body ??
    (code === undefined
      ? '<h1>Bad gateway</h1>'
      : JSON.stringify({ code, detail: 'Injected.', status, field, ...waits }));
  const seconds = retryAfterMs === undefined ? undefined : String(Math.ceil(retryAfterMs / 1000));
  const headers = new Map([
    ['retry-after', fault.retryAfter ?? seconds],
    ['date', fault.date],
  ]);
  return { status, header: name => headers.get(name), body };
}
