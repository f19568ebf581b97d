/** Rows as views see them. */

import type { Message } from './generated/contract.ts';
import type { ConversationRow, MessageRow, OutboxRow, ReadRow, Size } from './rows.ts';
import type { ConversationPreview, MessageFile, MessageState, Person, TimelineMessage } from './state.ts';

/** Download URLs are good for an hour; a little less, so that none expires on its way. */
const URL_MS = 55 * 60_000;

export function viewOfMessage({ message, fetchedAt, size }: MessageRow, me: string): TimelineMessage {
  const { id, number, content, type, status, jobId, senderId } = message;
  const mine = senderId === me;
  const clientId = mine ? message.clientId : undefined;
  const file = fileOf(message, fetchedAt, size);
  return {
    key: clientId ?? id,
    id,
    clientId,
    number,
    mine,
    text: content,
    // Of a type that this version does not know, the text is shown, and the file if there is one.
    type: type === 'image' ? type : file ? 'file' : 'text',
    file,
    at: Date.parse(message.createdAt),
    jobId,
    state: { is: mine || status === 'read' ? status : 'received' },
  };
}

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
  } = message;
  if (type !== 'image' && type !== 'file' && !message.fileName) return undefined;
  const told = width && height ? { width, height } : dimensions;
  const urlExpiresAt = url === undefined ? undefined : fetchedAt + URL_MS;
  return { name, size, contentType, url, urlExpiresAt, expired: fileExpired === true, ...told };
}

export function viewOfEntry(row: OutboxRow, progress: MessageState | undefined, me: string): TimelineMessage {
  const { clientId, text, at, job: jobId, file, problem, accepted } = row;
  if (accepted) return viewOfMessage({ message: accepted, fetchedAt: at, size: file?.dimensions }, me);
  // What the server shows as a picture; the rest are files.
  const picture = /^image\/(jpeg|png|gif|webp)$/i.test(file?.contentType ?? '');
  return {
    key: clientId,
    clientId,
    mine: true,
    text,
    type: file ? (picture ? 'image' : 'file') : 'text',
    file: file && { ...file, ...file.dimensions, expired: false },
    at,
    jobId,
    state: problem ? { is: 'failed', problem } : (progress ?? { is: 'queued' }),
  };
}

export function previewOf({ text, type, mine, file, state }: TimelineMessage): ConversationPreview {
  return { text, type, mine, fileName: file?.name, state: mine ? state : undefined };
}

/** The other person in a conversation, by name where the host told one. */
export function personIn(row: ConversationRow | undefined, id: string): Person {
  return row?.conversation.people.find(person => person.id === id) ?? { id, name: id };
}

/** Unread messages of a conversation: as the server says, unless more was read here than it knows. */
export function unreadIn(row: ConversationRow | undefined, read: ReadRow | undefined, me: string): number {
  const told = row?.conversation.unreadCount[me] ?? 0;
  return row && read && row.last > 0 ? Math.min(told, Math.max(0, row.last - read.number)) : told;
}
