import type { UserPresence } from '@jobline/sdk';
import type { Translator } from '../i18n/translator.ts';
import { dayNumber } from '../models/time.ts';
import { useSurroundings } from './context.ts';

/** That a user is online, or the day on which they were last seen. */
export function LastSeen({ presence }: { presence: UserPresence }) {
  const { words } = useSurroundings();
  const { state, lastActiveAt } = presence;
  if (state === 'online') return <span class="seen">{words.t('online')}</span>;
  if (lastActiveAt === undefined) return null;
  return <span class="seen">{words.t('lastSeen', { when: day(lastActiveAt, Date.now(), words) })}</span>;
}

/** Today, yesterday, 3 days ago; a date after a week. A future time, by a wrong clock, counts as today. */
function day(at: number, now: number, words: Translator): string {
  const days = Math.max(0, dayNumber(now) - dayNumber(at));
  if (days >= 7) return words.date(at, 'short');
  return new Intl.RelativeTimeFormat(words.lang, { numeric: 'auto' }).format(-days, 'day');
}
