import { CONTENT_CHARACTERS, FILE_BYTES } from '@jobline/sdk';

/** Unicode scalar values that a message may have: the contract's limit. */
export const CONTENT_LIMIT = CONTENT_CHARACTERS;
/** From here on the composer shows how many characters are left. */
const COUNT_FROM = 1_800;
/** Bytes that a file may have: the contract's limit. */
export const FILE_LIMIT = FILE_BYTES;

/** How many characters `text` has, as the server counts them. */
export function lengthOf(text: string): number {
  let count = 0;
  for (const _ of text) count++;
  return count;
}

/** How many characters are left, once they are few; negative if there are too many. */
export function charactersLeft(text: string): number | undefined {
  if (text.length < COUNT_FROM) return undefined;
  const length = lengthOf(text);
  return length < COUNT_FROM ? undefined : CONTENT_LIMIT - length;
}

/** `text` as it is sent: line ends are `\n`, and control characters, which the server refuses, are removed. */
export function contentOf(text: string): string {
  return text
    .replace(/\r\n?/g, '\n')
    .replace(/[^\P{Cc}\t\n]/gu, '')
    .trim();
}
