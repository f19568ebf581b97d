import type { Timeline, TimelineMessage } from '@jobline/sdk';
import { CallLine } from '../calls/CallLine.tsx';
import { plain } from '../models/plainText.ts';
import { cameOrWent } from './cameOrWent.ts';
import { useSurroundings } from './context.ts';
import type { NameOf } from './names.tsx';
import { Text } from './Text.tsx';

interface Props {
  readonly timeline: Timeline;
  readonly message: TimelineMessage;
  readonly nameOf: NameOf;
}

/** Messages of the marketplace: an event as one line, a text as a notice. Calls are shown here, too. */
export function HostLine(props: Props) {
  return props.message.call ? <CallLine {...props} /> : <Said {...props} />;
}

function Said({ message, nameOf }: Props) {
  const { words } = useSurroundings();
  const { key, text, type, at, deleted } = message;
  const shown = deleted ? words.t('deletedMessage') : (cameOrWent(message, nameOf, words) ?? text);
  const time = words.clock(at);
  if (type === 'event') {
    return (
      <article class="event-line" data-key={key} aria-label={words.joined(words.t('marketplace'), time)}>
        <span dir="auto">{plain(shown)}</span>
        <time dateTime={new Date(at).toISOString()}>{time}</time>
      </article>
    );
  }
  return (
    <article
      class={deleted ? 'host-notice deleted' : 'host-notice'}
      data-key={key}
      aria-label={words.joined(words.t('marketplace'), time)}
    >
      <strong>{words.t('marketplace')}</strong>
      <Text text={shown} />
      <time dateTime={new Date(at).toISOString()}>{time}</time>
    </article>
  );
}
