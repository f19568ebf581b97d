import { useEffect, useRef, useState } from 'preact/hooks';
import { changeWords } from '../changes/words.ts';
import { isLanguage } from '../i18n/languages.ts';
import { useSurroundings } from './context.ts';
import { useLatest } from './hooks.ts';

interface Props {
  /** The emoji that is already chosen. */
  readonly chosen: string | undefined;
  readonly choose: (emoji: string) => void;
}

/** The choice of any emoji. The picker is loaded when it is opened for the first time. */
export function EmojiPanel({ chosen, choose }: Props) {
  const { words } = useSurroundings();
  const host = useRef<HTMLDivElement>(null);
  const latest = useLatest(choose);
  const [failed, setFailed] = useState(false);
  useEffect(() => {
    const show = async () => {
      const { showPicker } = await import('../emoji/index.ts');
      const lang = isLanguage(words.lang) ? words.lang : 'en';
      if (host.current)
        await showPicker(host.current, { lang, chosen, choose: emoji => latest.current(emoji) });
    };
    show().catch(error => {
      console.error('A part of the app could not be loaded.', error);
      setFailed(true);
    });
  }, []);
  return failed ? (
    <p role="alert">{words.fill(changeWords(words.lang).emojiFailed)}</p>
  ) : (
    <div class="emoji-picker" ref={host} />
  );
}
