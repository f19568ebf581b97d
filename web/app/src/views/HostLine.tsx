import type { TimelineMessage } from '@jobline/sdk';
import { plain } from '../models/plainText.ts';
import { cameOrWent } from './cameOrWent.ts';
import { useSurroundings } from './context.ts';
import type { NameOf } from './names.ts';
import { Text } from './Text.tsx';

/** What the marketplace says: an event in one line, a text as a notice. */
export function HostLine({ message, nameOf }: { message: TimelineMessage; nameOf: NameOf }) {
  const { words } = useSurroundings();
  const { key, text, type, at, deleted } = message;
  const shown = deleted ? words.t('deletedMessage') : (cameOrWent(message, nameOf, words) ?? text);
  const time = words.clock(at);
  if (type === 'event') {
    return (
      <article class="event-line" data-key={key} aria-label={words.both(words.t('marketplace'), time)}>
        <span dir="auto">{plain(shown)}</span>
        <time dateTime={new Date(at).toISOString()}>{time}</time>
      </article>
    );
  }
  return (
    <article
      class={deleted ? 'host-notice deleted' : 'host-notice'}
      data-key={key}
      aria-label={words.both(words.t('marketplace'), time)}
    >
      <strong>{words.t('marketplace')}</strong>
      <Text text={shown} />
      <time dateTime={new Date(at).toISOString()}>{time}</time>
    </article>
  );
}
