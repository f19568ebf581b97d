/**
 * Invisible characters, and those that change the layout of the text around them. In a name or a file name they can only
 * deceive: a name with U+202E in it can read as "exe.jpg" backwards. Joiners (U+200C, U+200D) stay, since Persian and emoji
 * need them.
 */
const DECEIVING = /[\p{Cc}\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/gu;

/** `text` on one line, without anything that could make it look like another text. */
export function plain(text: string): string {
  return text
    .replace(/[\t\n\r\u2028\u2029]+/g, ' ')
    .replace(DECEIVING, '')
    .replace(/\s+/g, ' ')
    .trim();
}

/**
 * A person's name to show; empty if it has no visible character, or is only the id, which the server and the SDK give where
 * the host set no name. An id means nothing to readers: show "Somebody" then.
 */
export function personName(name: string | undefined, id: string): string {
  return name === id ? '' : plain(name ?? '');
}

/** One or two letters for a person without a picture. */
export function initials(name: string): string {
  const words = plain(name)
    .split(/[\s._-]+/u)
    .filter(word => /[\p{L}\p{N}]/u.test(word));
  const chosen = words.length > 1 ? [words[0], words[words.length - 1]] : words;
  return chosen.map(word => firstLetter(word ?? '')).join('') || '#';
}

function firstLetter(word: string): string {
  const found = /[\p{L}\p{N}]\p{M}*/u.exec(word);
  return found ? found[0].toLocaleUpperCase() : '';
}

/** How many colours avatars have; the style sheet defines `tone-0` to `tone-7`. */
export const TONES = 8;

/** The colour of a person's avatar: the same on every device, since it depends only on the id. */
export function tone(id: string): number {
  let hash = 0x811c9dc5;
  for (const character of id) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193) >>> 0;
  return (hash >>> 24) % TONES;
}
