/** Ids of conversations, as the contract defines them, and of own messages. */

import type { Random } from './ports.ts';

const escaped = (id: string) => id.replaceAll('~', '~0').replaceAll('_', '~1');
const unescaped = (text: string) => text.replaceAll('~1', '_').replaceAll('~0', '~');

/** The conversation of two users: `conv_<a>_<b>`, the ids in byte order, `~` and `_` in them escaped. */
export function conversationOf(one: string, other: string): string {
  // User ids are ASCII, so the order of UTF-16 units is the order of bytes.
  return `conv_${[one, other].sort().map(escaped).join('_')}`;
}

/** Whether a conversation is the group chat of a job, by its id. */
export const isCrew = (conversationId: string) => conversationId.startsWith('crew_');

/** The other user in a conversation of `me`, or a crew's own id; `undefined` for text that is no conversation of theirs. */
export function otherIn(conversationId: string, me: string): string | undefined {
  if (isCrew(conversationId)) return conversationId;
  const [, a = '', b = ''] = /^conv_([^_]+)_([^_]+)$/.exec(conversationId) ?? [];
  const pair = [unescaped(a), unescaped(b)];
  return pair.includes(me) ? pair.find(id => id !== me) : undefined;
}

/** A random id of 24 letters and digits: 124 bits if `random` is good. */
export function randomId(random: Random): string {
  return Array.from({ length: 24 }, () => Math.floor(random() * 36).toString(36)).join('');
}
