import type { MessageQuote, TimelineMessage } from '@jobline/sdk';
import type { Translator } from '../i18n/translator.ts';
import { plain } from '../models/plainText.ts';
import { useSurroundings } from './context.ts';
import type { NameOf } from './names.tsx';

/** The name of a message's sender. */
export function nameIn(
  of: Pick<MessageQuote, 'mine'> & { readonly host?: boolean; readonly senderId?: string },
  nameOf: NameOf,
  words: Translator,
) {
  return of.host ? words.t('marketplace') : nameOf(of.mine ? undefined : of.senderId);
}

/** A message in one line. */
export function summary(
  of: Pick<TimelineMessage, 'text' | 'type'>,
  deleted: boolean,
  words: Translator,
): string {
  if (deleted) return words.t('deletedMessage');
  return (
    plain(of.text) || words.t(of.type === 'voice' ? 'voiceMessage' : of.type === 'image' ? 'photo' : 'file')
  );
}

interface Props {
  readonly quote: MessageQuote;
  readonly nameOf: NameOf;
  readonly jump: (id: string) => void;
}

/** The quote at the top of a reply, which links to the original. */
export function Quote({ quote, nameOf, jump }: Props) {
  const { words } = useSurroundings();
  const author = nameIn(quote, nameOf, words);
  const gone = quote.deleted || !quote.text;
  const text = summary(quote, gone, words);
  return (
    <button
      type="button"
      class={gone ? 'quote gone' : 'quote'}
      aria-label={words.t('replyTo', { name: author, text })}
      onClick={() => jump(quote.id)}
    >
      <bdi class="author">{author}</bdi>
      <span dir="auto">{text}</span>
    </button>
  );
}
