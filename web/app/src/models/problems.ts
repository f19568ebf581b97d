import type { Code } from '@jobline/sdk';
import type { Key, Translator } from '../i18n/translator.ts';
import { CONTENT_LIMIT, FILE_LIMIT } from './limits.ts';

/** `job_closed` as `JobClosed`. */
type Pascal<Text extends string> = Text extends `${infer Word}_${infer Rest}`
  ? `${Capitalize<Word>}${Pascal<Rest>}`
  : Capitalize<Text>;

/** Each code of the contract and of the client has its own text: without it this does not compile. */
type KeyOf<OneCode extends Code> = `error${Pascal<OneCode>}` & Key;

function keyOf(code: Code): KeyOf<Code> {
  return `error_${code}`.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase()) as KeyOf<Code>;
}

/** The text of a problem in the reader's language. The server's own text is for developers, in English. */
export function wordsFor(code: string, words: Translator): string {
  const key = keyOf(code as Code);
  // A later server may have other codes.
  return words.t(words.has(key) ? key : 'errorUnknown', {
    limit: CONTENT_LIMIT,
    size: words.size(FILE_LIMIT),
  });
}
