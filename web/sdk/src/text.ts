/** The rules for the text of a message. */

import { failure } from './errors.ts';
import { CONTENT_CHARACTERS } from './generated/limits.ts';

/** `text` as the server accepts it: lines end in `\n`, no other control characters except tabs, no lone surrogates. */
export function clean(text: string): string {
  return text
    .replace(/\r\n?/g, '\n')
    .replace(/[^\P{Cc}\t\n]/gu, '')
    .replace(/\p{Surrogate}/gu, '\ufffd');
}

/** Throws if `text`, cleaned, is not a valid message. */
export function check(text: string, withFile: boolean): void {
  const field = { field: 'content' };
  if ([...text].length > CONTENT_CHARACTERS)
    throw failure('content_too_long', 'Over 2,000 characters.', field);
  if (!withFile && text.trim() === '') throw failure('content_empty', 'The text is empty.', field);
}
