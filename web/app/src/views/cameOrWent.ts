import type { TimelineMessage } from '@jobline/sdk';
import type { Translator } from '../i18n/translator.ts';
import type { NameOf } from './names.tsx';

/** The text of a join or leave event; `undefined` for other events. */
export function cameOrWent(
  { event }: Pick<TimelineMessage, 'event'>,
  nameOf: NameOf,
  words: Translator,
): string | undefined {
  const key = ({ joined: 'memberJoined', left: 'memberLeft' } as const)[event?.kind ?? ''];
  return key && event?.userId ? words.t(key, { name: nameOf(event.userId) }) : undefined;
}
