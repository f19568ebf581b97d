import type { ConversationItem } from '@jobline/sdk';
import { plain } from './plainText.ts';

/**
 * Without case and accents: "jose" finds "José". It is the same in every locale: in a Turkish one a lower-case I would have
 * no dot, and "ivan" would not find "Ivan".
 */
function folded(text: string): string {
  return plain(text).normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase().replaceAll('ı', 'i');
}

/** The search text of each conversation, computed once: thousands of them are searched with every key press. */
const known = new WeakMap<ConversationItem, string>();

function namesIn(item: ConversationItem): string {
  const { person, people = [person], job } = item;
  const names =
    known.get(item) ??
    folded(`${people.map(({ name }) => name).join(' ')} ${job ? `#${job.id} ${job.title}` : ''}`);
  known.set(item, names);
  return names;
}

/**
 * The conversations whose person, members or job match the words of `query`. Message texts are not searched: the server has
 * no index of content, and a search of this device alone would differ from device to device.
 */
export function filtered(items: readonly ConversationItem[], query: string): readonly ConversationItem[] {
  const words = folded(query).split(' ').filter(Boolean);
  if (words.length === 0) return items;
  return items.filter(item => words.every(word => namesIn(item).includes(word)));
}
