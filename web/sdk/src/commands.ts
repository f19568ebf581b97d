/**
 * What the reader does to messages that the server has: edits, deletions, reactions. A command is stored first, shown at
 * once, sent in order, and dropped in the transaction that stores its answer. A refused command is no longer shown, and
 * stays stored with the reason.
 *
 * There is one command of each kind for a message: a later one replaces it. Each may be repeated without harm.
 */

import type { Write } from './cache/port.ts';
import type { Message } from './generated/contract.ts';
import type { Mirror } from './mirror.ts';
import { commandKey } from './rows.ts';

/** How long a deletion waits, in milliseconds, for a message that may have arrived. */
const AWAITED_MS = 86_400_000;

/** The message that a command is for. */
export type Target = Pick<Message, 'id' | 'conversationId' | 'number' | 'clientId'>;

/** Updates commands when `message` arrives: waiting ones get its id, and those for a deleted message are dropped. */
export function meeting({ command }: Mirror, message: Target & Pick<Message, 'deletedAt'>): Write[] {
  const { id, number, clientId, deletedAt } = message;
  return [...command.values()].flatMap((row): Write[] => {
    const awaited = !row.id && row.clientId === clientId;
    if (!awaited && row.id !== id) return [];
    const drop = { drop: commandKey(row) };
    if (deletedAt) return [drop];
    const value = { ...row, id, number };
    return awaited ? [drop, { put: commandKey(value), value }] : [];
  });
}

/** Drops commands for messages that have not arrived, and never will. */
export function outdated({ command }: Mirror, now: number): Write[] {
  const rows = [...command.values()].filter(({ id, at }) => !id && now - at > AWAITED_MS);
  return rows.map(row => ({ drop: commandKey(row) }));
}
