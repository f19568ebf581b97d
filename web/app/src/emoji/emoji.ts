/** The offered emoji, and the search among them. */

import list from './generated/list.json';
import type { Group } from './words.ts';

export interface Emoji {
  /** As the server accepts it. */
  readonly text: string;
  /** The same in the five skin tones, the lightest first; empty if it has none. */
  readonly coloured: readonly string[];
  /** Its name in the reader's language. */
  readonly name: string;
  /** Its name and search words, normalised by {@link plain}. */
  readonly words: string;
}

/** The names of emoji in a language, each followed by its search words: `thumbs up|+1|yes`. */
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

/** Those for which each search word begins one of their words. */
export function found(all: readonly Emoji[], search: string): readonly Emoji[] {
  const terms = plain(search).split(/\s+/u).filter(Boolean);
  const typed = search.trim();
  return all.filter(
    ({ text, words }) => terms.every(term => words.includes(` ${term}`)) || (typed !== '' && text === typed),
  );
}

/** Without capitals, accents and vowel marks, which people leave out when they search. */
const plain = (text: string) => text.normalize('NFD').replace(/\p{M}/gu, '').toLocaleLowerCase();
