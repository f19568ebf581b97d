import type { ConversationItem } from '@jobline/sdk';
import { plain } from './plainText.ts';

/** Without case and accents: "jose" finds "José". */
function folded(text: string): string {
  return plain(text).normalize('NFKD').replace(/\p{M}/gu, '').toLocaleLowerCase();
}

/**
 * The conversations whose person or job the words of `query` name. Never by what was written: the server keeps no index of
 * content, and what only this device has would be found on one device and not on the other.
 */
export function filtered(items: readonly ConversationItem[], query: string): readonly ConversationItem[] {
  const words = folded(query).split(' ').filter(Boolean);
  if (words.length === 0) return items;
  return items.filter(({ person, job }) => {
    const names = folded(`${person.name} ${job ? `#${job.id} ${job.title}` : ''}`);
    return words.every(word => names.includes(word));
  });
}
