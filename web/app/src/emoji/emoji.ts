/** Which emoji are offered, and which of them a search finds. */

import list from './generated/list.json';
import type { Group } from './words.ts';

export interface Emoji {
  /** As the server takes it. */
  readonly text: string;
  /** The same in the five colours of skin, the lightest first; empty where it has none. */
  readonly coloured: readonly string[];
  /** What it is called in the reader's language. */
  readonly name: string;
  /** Its name and the words for it, as {@link plain} writes them. */
  readonly words: string;
}

/** The names of emoji in a language, each with the words that it is found by behind it: `thumbs up|+1|yes`. */
export type Names = Readonly<Record<string, string>>;

/** The emoji of each group, in Unicode's order. */
export function groups(names: Names): { readonly group: Group; readonly emoji: readonly Emoji[] }[] {
  return list.map(({ group, emoji }) => ({
    group: group as Group,
    emoji: emoji.map(entry => {
      const [text = '', ...coloured] = entry.split(' ');
      const all = names[text] ?? text;
      return {
        text,
        coloured,
        name: all.split('|')[0] ?? text,
        words: ` ${plain(all.replaceAll('|', ' '))}`,
      };
    }),
  }));
}

/** Those for which each word that is searched begins one of their words. */
export function found(all: readonly Emoji[], search: string): readonly Emoji[] {
  const terms = plain(search).split(/\s+/u).filter(Boolean);
  const typed = search.trim();
  return all.filter(
    ({ text, words }) => terms.every(term => words.includes(` ${term}`)) || (typed !== '' && text === typed),
  );
}

/** Without capitals, accents and vowel marks, which people leave out when they search. */
const plain = (text: string) => text.normalize('NFD').replace(/\p{M}/gu, '').toLocaleLowerCase();
