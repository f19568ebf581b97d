/** What the text of a message may be. */

import { failure } from './errors.ts';
import { CONTENT_CHARACTERS } from './generated/limits.ts';

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
