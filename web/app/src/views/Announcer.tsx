import type { TimelineMessage } from '@jobline/sdk';
import { useEffect, useRef } from 'preact/hooks';
import { changeWords } from '../changes/words.ts';
import { type Heard, news } from '../models/announcing.ts';
import { cameOrWent } from './cameOrWent.ts';
import { useSurroundings } from './context.ts';
import type { NameOf } from './names.tsx';
import { nameIn, summary } from './Quote.tsx';

const SAID = {
  wrote: 'announce',
  edited: 'announceEdited',
  deleted: 'announceDeleted',
  reacted: 'announceReacted',
} as const;

interface Props {
  readonly messages: readonly TimelineMessage[];
  readonly nameOf: NameOf;
  /** The reader's id. */
  readonly me: string | undefined;
}

/**
 * Announces what others do while the chat is open: messages, edits, deletions and reactions. Earlier ones are not read
 * out.
 */
export function Announcer({ messages, nameOf, me }: Props) {
  const { words } = useSurroundings();
  const region = useRef<HTMLDivElement>(null);
  const heard = useRef<Heard>(undefined);
  useEffect(() => {
    const { now, what } = news(heard.current, messages, me);
    heard.current = now;
    if (!what || !region.current) return;
    const { message, emoji = '', by } = what;
    const text = cameOrWent(message, nameOf, words) ?? summary(message, false, words);
    const author = by ? nameOf(by) : nameIn(message, nameOf, words);
    region.current.textContent = words.fill(changeWords(words.lang)[SAID[what.is]], {
      name: author,
      emoji,
      text,
    });
  }, [messages]);
  return <div class="hidden" aria-live="polite" ref={region} />;
}
