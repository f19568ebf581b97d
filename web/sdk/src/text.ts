/** What the text of a message may be. */

import { failure } from './errors.ts';

/** Unicode scalar values in a message. */
export const CONTENT_CHARACTERS = 2000;
/** Bytes in a file: 10 MB. */
export const FILE_BYTES = 10_485_760;

/** `text` as the server accepts it: lines end in `\n`, no other control characters but tabs, no halves of characters. */
export function clean(text: string): string {
  return text
    .replace(/\r\n?/g, '\n')
    .replace(/[^\P{Cc}\t\n]/gu, '')
    .replace(/\p{Surrogate}/gu, '\ufffd');
}

/** Throws what is wrong with `text`, cleaned, as a message. */
export function check(text: string, withFile: boolean): void {
  const field = { field: 'content' };
  if ([...text].length > CONTENT_CHARACTERS)
    throw failure('content_too_long', 'Over 2,000 characters.', field);
  if (!withFile && text.trim() === '') throw failure('content_empty', 'The text is empty.', field);
}
