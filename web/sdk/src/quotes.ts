/** Quotes: the beginnings of messages that are replied to, with the current text, and empty once it is deleted. */

import type { Message, Quote } from './generated/contract.ts';

/** Characters of a quote, as many as in the server's quotes. */
const CHARACTERS = 120;

export function quoteOf({ id, number, senderId, type, content, fileName, deletedAt }: Message): Quote {
  const text = content || fileName || '';
  return { id, number, senderId, type, content: [...text].slice(0, CHARACTERS).join(''), deletedAt };
}

/** Whether the quotes of a message may have to change. */
export const isChanged = ({ deletedAt, editedAt }: Message) => deletedAt ?? editedAt;

/** `quoting` with the current text of `original`; `undefined` if it does not quote it. */
export function requoted<T extends { readonly replyTo?: Quote }>(
  quoting: T | undefined,
  original: Message,
): T | undefined {
  return quoting?.replyTo?.id === original.id ? { ...quoting, replyTo: quoteOf(original) } : undefined;
}
