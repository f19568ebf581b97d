/** What the reader does to own messages that were not sent: sends them again, changed or not, or drops them. */

import type { Write } from './cache/port.ts';
import type { Core } from './core.ts';
import { failure } from './errors.ts';
import { commandKey, type OutboxRow, outboxKey } from './rows.ts';
import { dropped } from './sync.ts';
import { check, clean } from './text.ts';

/** Sends a refused message again, at the end of the queue and with another text if one is given. */
export async function again(core: Core, clientId: string, text?: string): Promise<void> {
  await core.store.update('outbox', [outboxKey(clientId)], (row, _, order) => {
    if (!row?.problem) throw failure('not_found', 'No such message.');
    const changed = clean(text ?? row.text);
    check(changed, row.file !== undefined);
    return { ...row, text: changed, order, problem: undefined };
  });
}

/**
 * Drops a message. One that the server has, or may have, is deleted there too, as soon as it is known to have arrived.
 * Returns `false` if it is no longer here.
 */
export async function discard(core: Core, clientId: string): Promise<boolean> {
  let done = false;
  await core.store.transact([outboxKey(clientId)], ([kept], order) => {
    const row = kept as OutboxRow | undefined;
    done = row !== undefined;
    return row && [...dropped(clientId), ...deletion(row, order, core.ports.clock.now())];
  });
  return done;
}

function deletion(row: OutboxRow, order: number, at: number): Write[] {
  const { clientId, conversationId, accepted, tried, problem } = row;
  // The server does not have a message that it refused itself.
  if (!accepted && (!tried || (problem && problem.code !== 'proxy_refused'))) return [];
  const { id, number } = accepted ?? {};
  const value = { conversationId, clientId, id, number, act: { is: 'delete' } as const, at, order };
  return [{ put: commandKey(value), value }];
}
