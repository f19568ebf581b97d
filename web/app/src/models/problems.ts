import type { Code } from '@jobline/sdk';
import type { Key, Translator } from '../i18n/translator.ts';
import { CONTENT_LIMIT, FILE_LIMIT } from './limits.ts';

/** `job_closed` as `JobClosed`. */
type Pascal<Text extends string> = Text extends `${infer Word}_${infer Rest}`
  ? `${Capitalize<Word>}${Pascal<Rest>}`
  : Capitalize<Text>;

/** Each code of the contract and of the client has words of its own: without them this does not compile. */
type KeyOf<OneCode extends Code> = `error${Pascal<OneCode>}` & Key;

function keyOf(code: Code): KeyOf<Code> {
  return `error_${code}`.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase()) as KeyOf<Code>;
}

/** What a problem means for the reader, in their words. The server's own are for developers, in English. */
export function wordsFor(code: string, words: Translator): string {
  const key = keyOf(code as Code);
  // A later server may have others.
  return words.t(words.has(key) ? key : 'errorUnknown', {
    limit: CONTENT_LIMIT,
    size: words.size(FILE_LIMIT),
  });
}
