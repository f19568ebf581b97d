import type { TimelineMessage } from '@jobline/sdk';

/** How many of the last messages are watched for edits, deletions and reactions. */
const WATCHED = 50;

/** What was already announced: the last number, and the last messages in that state. */
export interface Heard {
  readonly number: number;
  readonly messages: ReadonlyMap<string, TimelineMessage>;
}

/** An action of another user. */
export interface News {
  readonly is: 'wrote' | 'edited' | 'deleted' | 'reacted';
  readonly message: TimelineMessage;
  /** The reaction, and who reacted. */
  readonly emoji?: string;
  readonly by?: string;
}

/** The newest action of others since `heard`; none at first. */
export function news(
  heard: Heard | undefined,
  messages: readonly TimelineMessage[],
  me: string | undefined,
): { readonly now: Heard | undefined; readonly what?: News } {
  const watched = messages.slice(-WATCHED);
  const last = watched.findLast(({ number }) => number !== undefined);
  if (!last?.number) return { now: heard };
  const now = { number: last.number, messages: new Map(watched.map(message => [message.key, message])) };
  if (!heard) return { now };
  if (last.number > heard.number && !last.mine) return { now, what: { is: 'wrote', message: last } };
  for (const message of watched.toReversed()) {
    const before = heard.messages.get(message.key);
    const what = before && before !== message && changeOf(before, message, me);
    if (what) return { now, what };
  }
  return { now };
}

function changeOf(
  before: TimelineMessage,
  message: TimelineMessage,
  me: string | undefined,
): News | undefined {
  if (!message.mine && message.deleted) return before.deleted ? undefined : { is: 'deleted', message };
  if (!message.mine && message.text !== before.text) return { is: 'edited', message };
  const known = new Set(
    before.reactions?.flatMap(({ emoji, userIds }) => userIds.map(id => `${id} ${emoji}`)),
  );
  for (const { emoji, userIds } of message.reactions ?? []) {
    const by = userIds.find(id => id !== me && !known.has(`${id} ${emoji}`));
    if (by !== undefined) return { is: 'reacted', message, emoji, by };
  }
  return undefined;
}
