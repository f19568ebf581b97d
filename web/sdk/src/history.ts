/** Pages of a conversation that the cache does not hold. */

import type { Core } from './core.ts';
import type { MessageRow } from './rows.ts';

export interface Page {
  /** Oldest first. */
  readonly rows: readonly MessageRow[];
  readonly hasOlder: boolean;
  /** For `since`. */
  readonly cursor: string;
}

/** The page before a message, or the newest; or, with the cursor of an earlier page, what changed since. */
export async function pageOf(
  { api, ports }: Core,
  conversationId: string,
  before: string | undefined,
  since?: string,
): Promise<Page> {
  const { messages, hasMore, cursor } = await api.call('list', { conversationId, before, since });
  const fetchedAt = ports.clock.now();
  return { rows: messages.map(message => ({ message, fetchedAt })), hasOlder: hasMore, cursor };
}

/** `row`, unless a poll has brought a later state of its message; in any case with the newer URL and the known size. */
export function fresher(known: MessageRow | undefined, row: MessageRow): MessageRow {
  const size = row.size ?? known?.size;
  if (!known || known.message.updatedAt <= row.message.updatedAt) return { ...row, size };
  return { ...row, size, message: { ...known.message, fileUrl: row.message.fileUrl } };
}
