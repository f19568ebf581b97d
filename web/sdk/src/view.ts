/** Rows as views see them. */

import type { Message } from './generated/contract.ts';
import type { MessageRow, OutboxRow, Size } from './rows.ts';
import type { ConversationPreview, MessageFile, MessageState, Person, TimelineMessage } from './state.ts';

/** Download URLs are good for an hour; a little less, so that none expires on its way. */
const URL_MS = 55 * 60_000;

/** The same for a message's whole life on this device. */
export function keyOf(message: Message, me: string): string {
  return message.senderId === me && message.clientId !== undefined ? message.clientId : message.id;
}

export function viewOfMessage({ message, fetchedAt, size }: MessageRow, me: string): TimelineMessage {
  const mine = message.senderId === me;
  const file = fileOf(message, fetchedAt, size);
  return {
    key: keyOf(message, me),
    id: message.id,
    ...(mine && message.clientId !== undefined && { clientId: message.clientId }),
    number: message.number,
    mine,
    text: message.content,
    type: message.type,
    ...(file && { file }),
    at: Date.parse(message.createdAt),
    ...(message.jobId !== undefined && { jobId: message.jobId }),
    state: { is: mine || message.status === 'read' ? message.status : 'received' },
  };
}

function fileOf(message: Message, fetchedAt: number, size: Size | undefined): MessageFile | undefined {
  if (message.type === 'text' && message.fileName === undefined) return undefined;
  const link =
    message.fileUrl === undefined ? {} : { url: message.fileUrl, urlExpiresAt: fetchedAt + URL_MS };
  return {
    name: message.fileName ?? '',
    size: message.fileSize ?? 0,
    contentType: message.contentType ?? 'application/octet-stream',
    ...link,
    expired: message.fileExpired === true,
    ...size,
  };
}

/** What the server shows as a picture; the rest are files. */
const PICTURES = ['image/jpeg', 'image/png', 'image/gif', 'image/webp'];

export function viewOfEntry(row: OutboxRow, progress: MessageState | undefined, me: string): TimelineMessage {
  if (row.accepted) {
    return viewOfMessage({ message: row.accepted, fetchedAt: row.at, ...sizeOf(row) }, me);
  }
  const { clientId, text, at, job, file, problem } = row;
  return {
    key: clientId,
    clientId,
    mine: true,
    text,
    type: typeOf(row),
    ...(file && {
      file: {
        name: file.name,
        size: file.size,
        contentType: file.contentType,
        expired: false,
        ...file.dimensions,
      },
    }),
    at,
    ...(job !== undefined && { jobId: job }),
    state: problem ? { is: 'failed', problem } : (progress ?? { is: 'queued' }),
  };
}

function sizeOf({ file }: OutboxRow): { size?: Size } {
  return file?.dimensions ? { size: file.dimensions } : {};
}

function typeOf({ file }: OutboxRow): 'text' | 'image' | 'file' {
  if (!file) return 'text';
  return PICTURES.includes(file.contentType.toLowerCase()) ? 'image' : 'file';
}

export function previewOf(message: TimelineMessage): ConversationPreview {
  const { text, type, mine, file, state } = message;
  return { text, type, mine, ...(file && { fileName: file.name }), ...(mine && { state }) };
}

/** The other person in a conversation, by name where the host told one. */
export function personIn(people: readonly Person[], id: string): Person {
  return people.find(person => person.id === id) ?? { id, name: id };
}
