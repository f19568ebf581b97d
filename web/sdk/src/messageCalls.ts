/** Requests about single messages and conversations. */

import type { Core } from './core.ts';
import { isRefusal, problemOf } from './errors.ts';
import type { ChangedMessage, ConversationDetails, Message } from './generated/contract.ts';
import { fresher } from './history.ts';
import { isCrew } from './ids.ts';
import { type CommandRow, commandKey, type MessageRow, messageKey, outboxKey } from './rows.ts';
import type { Member } from './state.ts';

/** Sends a command to the server, and stores the answer. */
export async function sendCommand(core: Core, row: CommandRow): Promise<void> {
  const { message } = await call(core, row);
  const fresh: MessageRow = { message, fetchedAt: core.ports.clock.now() };
  const [key, kept, sent] = [
    commandKey(row),
    messageKey(row.conversationId, message.number),
    outboxKey(row.clientId ?? ''),
  ];
  await core.store.transact([key, kept, sent], ([command, known, entry]) => [
    // The reader may have replaced the command meanwhile.
    ...((command as CommandRow | undefined)?.order === row.order ? [{ drop: key }] : []),
    ...(known ? [{ put: kept, value: fresher(known as MessageRow, fresh) }] : []),
    ...(entry ? [{ put: sent, value: { ...entry, accepted: message } }] : []),
  ]);
  core.store.touch([fresh]);
}

function call({ api }: Core, { id = '', conversationId, act }: CommandRow): Promise<ChangedMessage> {
  const message = { conversationId, messageId: id };
  if (act.is === 'delete') return api.call('delete', message);
  if (act.is === 'edit') return api.call('edit', { ...message, content: act.text });
  return api.call('react', { ...message, emoji: act.emoji ?? null });
}

/** The texts that a message has had, the current one last. */
export async function versions({ api }: Core, { conversationId, id: messageId }: Message) {
  const answer = await api.call('versions', { conversationId, messageId });
  return answer.versions.map(({ content, at }) => ({ text: content, at: Date.parse(at) }));
}

/** The person and job of a conversation, and whether one may write; `undefined` if the server cannot be reached. */
export async function details(
  { api }: Core,
  other: string,
  jobId: number | undefined,
): Promise<Partial<ConversationDetails> | undefined> {
  try {
    return await api.call('getConversation', { ...addressed(other), jobId });
  } catch (error) {
    const problem = problemOf(error);
    return isRefusal(problem)
      ? { canSend: false, reason: problem.code as ConversationDetails['reason'] }
      : undefined;
  }
}

/** The members of a crew, and how far each has read; `undefined` if the server cannot be reached. */
export async function membersOf({ api }: Core, crew: string): Promise<readonly Member[] | undefined> {
  try {
    const { members } = await api.call('members', { conversationId: crew });
    return members.map(({ id, name, avatarUrl, readUpTo }) => ({ id, name, avatarUrl, readUpTo }));
  } catch {
    return undefined;
  }
}

/** The field of requests that names the recipient. */
export const addressed = (to: string): { conversationId: string } | { receiverId: string } =>
  isCrew(to) ? { conversationId: to } : { receiverId: to };
