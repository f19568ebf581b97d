/** Rows as views see them. */

import type { Conversation, Message, MessageType, Quote } from './generated/contract.ts';
import type { ConversationRow, MessageRow, OutboxRow, ReadRow, Size } from './rows.ts';
import type {
  ConversationPreview,
  MessageFile,
  MessageQuote,
  MessageState,
  Person,
  TimelineMessage,
} from './state.ts';

/** Download URLs are valid for an hour; this is a little less, so that none expires in transit. */
const URL_MS = 55 * 60_000;
/** The sender of the marketplace's messages: no user has this id. */
const HOST = '#host';

export function viewOfMessage({ message, fetchedAt, size }: MessageRow, me: string): TimelineMessage {
  const {
    id,
    number,
    content,
    type,
    status,
    jobId,
    senderId,
    event,
    call,
    deletedAt,
    deletedBy = 'host',
  } = message;
  const mine = senderId === me;
  const clientId = mine ? message.clientId : undefined;
  const file = fileOf(message, fetchedAt, size);
  const view: TimelineMessage = {
    key: clientId ?? id,
    id,
    clientId,
    number,
    mine,
    senderId: mine ? undefined : senderId,
    host: senderId === HOST || undefined,
    event,
    call,
    text: content,
    type: typeOf(type, file),
    file,
    at: Date.parse(message.createdAt),
    jobId,
    state: { is: mine || status === 'read' ? status : 'received' },
    replyTo: message.replyTo && viewOfQuote(message.replyTo, me),
    reactions: message.reactions,
    edited: message.editedAt ? true : undefined,
  };
  return deletedAt ? emptied(view, deletedBy) : view;
}

/** For a type that this version does not know, the text is shown, and the file if there is one. */
function typeOf(type: MessageType, file: MessageFile | undefined): TimelineMessage['type'] {
  return type === 'image' || type === 'voice' || type === 'event' ? type : file ? 'file' : 'text';
}

function viewOfQuote({ id, senderId, type, content: text, deletedAt }: Quote, me: string): MessageQuote {
  const shown = type === 'file' ? type : typeOf(type, undefined);
  const deleted = deletedAt !== undefined;
  return { id, mine: senderId === me, host: senderId === HOST, senderId, type: shown, text, deleted };
}

/** A deleted message is shown only as a tombstone. */
export const emptied = (view: TimelineMessage, deleted: TimelineMessage['deleted']): TimelineMessage => ({
  ...view,
  deleted,
  text: '',
  type: 'text',
  file: undefined,
  replyTo: undefined,
  reactions: undefined,
  edited: undefined,
});

function fileOf(message: Message, fetchedAt: number, dimensions: Size | undefined): MessageFile | undefined {
  const {
    fileName: name = '',
    fileSize: size = 0,
    contentType = '',
    fileUrl: url,
    fileExpired,
    type,
    width,
    height,
    durationMs,
    waveform,
  } = message;
  if (type !== 'image' && type !== 'file' && !message.fileName) return undefined;
  const told = width && height ? { width, height } : dimensions;
  const urlExpiresAt = url === undefined ? undefined : fetchedAt + URL_MS;
  return {
    name,
    size,
    contentType,
    url,
    urlExpiresAt,
    expired: fileExpired === true,
    durationMs,
    waveform,
    ...told,
  };
}

export function viewOfEntry(row: OutboxRow, progress: MessageState | undefined, me: string): TimelineMessage {
  const { clientId, text, at, job: jobId, file, problem, accepted } = row;
  if (accepted) return viewOfMessage({ message: accepted, fetchedAt: at, size: file?.dimensions }, me);
  // The types that the server treats as images; all others are files.
  const picture = /^image\/(jpeg|png|gif|webp)$/i.test(file?.contentType ?? '');
  return {
    key: clientId,
    clientId,
    mine: true,
    text,
    type: file ? (file.voice ? 'voice' : picture ? 'image' : 'file') : 'text',
    file: file && { ...file, ...file.dimensions, ...file.voice, expired: false },
    at,
    jobId,
    state: problem ? { is: 'failed', problem } : (progress ?? { is: 'queued' }),
    replyTo: row.replyTo && viewOfQuote(row.replyTo, me),
  };
}

export function previewOf(message: TimelineMessage): ConversationPreview {
  const { text, type, mine, host, senderId, event, call, deleted, file, state } = message;
  return {
    text,
    type,
    mine,
    host,
    senderId,
    event,
    call,
    deleted: !!deleted,
    fileName: file?.name,
    state: mine ? state : undefined,
  };
}

/** The other person in a conversation, with the name that the host set; for a crew the title of its job. */
export function personIn(conversation: Conversation | undefined, id: string): Person {
  if (conversation?.id === id) return { id, name: conversation.job?.title ?? id };
  return conversation?.people.find(person => person.id === id) ?? { id, name: id };
}

/** Unread messages of a conversation: as the server says, unless more was read here than it knows. */
export function unreadIn(row: ConversationRow | undefined, read: ReadRow | undefined, me: string): number {
  const told = row?.conversation.unreadCount[me] ?? 0;
  return row && read && row.last > 0 ? Math.min(told, Math.max(0, row.last - read.number)) : told;
}
