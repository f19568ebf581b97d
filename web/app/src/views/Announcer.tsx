import type { TimelineMessage } from '@jobline/sdk';
import { useEffect, useRef } from 'preact/hooks';
import { type Heard, news } from '../models/announcing.ts';
import { useSurroundings } from './context.ts';
import { nameIn, summary } from './Quote.tsx';

interface Props {
  readonly messages: readonly TimelineMessage[];
  readonly name: string;
  /** The reader's id. */
  readonly me: string | undefined;
}

/** Says what others do while the chat is open: what they write, edit, delete, and react. What was there before is not read out. */
export function Announcer({ messages, name, me }: Props) {
  const { words } = useSurroundings();
  const region = useRef<HTMLDivElement>(null);
  const heard = useRef<Heard>(undefined);
  useEffect(() => {
    const { now, what } = news(heard.current, messages, me);
    heard.current = now;
    if (!what || !region.current) return;
    const { message, emoji } = what;
    const text = summary(message, false, words);
    const author = emoji ? name : nameIn(message, name, words);
    const said = {
      wrote: () => words.t('announce', { name: author, text }),
      edited: () => words.t('announceEdited', { name: author, text }),
      deleted: () => words.t('announceDeleted', { name: author }),
      reacted: () => words.t('announceReacted', { name: author, emoji: emoji ?? '', text }),
    };
    region.current.textContent = said[what.is]();
  }, [messages]);
  return <div class="hidden" aria-live="polite" ref={region} />;
}
