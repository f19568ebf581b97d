import type { TimelineMessage } from '@jobline/sdk';
import { useEffect, useRef } from 'preact/hooks';
import { plain } from '../models/plainText.ts';
import { useSurroundings } from './context.ts';

/** Says what somebody writes while the chat is open. What was there when it was opened is not read out. */
export function Announcer({ message, name }: { message: TimelineMessage | undefined; name: string }) {
  const { words } = useSurroundings();
  const region = useRef<HTMLDivElement>(null);
  const said = useRef<number>(undefined);
  useEffect(() => {
    const before = said.current;
    const number = message?.number;
    if (number === undefined || (before !== undefined && number <= before)) return;
    said.current = number;
    if (before === undefined || message?.mine || !message || !region.current) return;
    const text = plain(message.text) || words.t(message.type === 'image' ? 'photo' : 'file');
    region.current.textContent = words.t('announce', { name, text });
  }, [message]);
  return <div class="hidden" aria-live="polite" ref={region} />;
}
