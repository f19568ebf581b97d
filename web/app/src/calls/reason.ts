import type { CurrentCall } from '@jobline/sdk/calls';
import type { Translator } from '../i18n/translator.ts';
import { wordsFor } from '../models/problems.ts';
import { buttonWords } from './buttonWords.ts';
import { callWords } from './words.ts';

/** Why a call is over, in the reader's words: an obstacle on this device, a refusal of the server, or how it ended. */
export function reason(
  { obstacle, outcome = 'ended', problem }: Pick<CurrentCall, 'obstacle' | 'outcome' | 'problem'>,
  words: Translator,
): string {
  const said = callWords(words);
  if (obstacle) return said(obstacle);
  if (outcome !== 'failed' || !problem) return said(outcome);
  // If calls are not offered at all there is no button, so `not_offered` means that this call cannot be joined.
  if (problem.code !== 'not_offered') return wordsFor(problem.code, words);
  return problem.field === 'callId' ? buttonWords(words.lang).fourAlready : said('before');
}
