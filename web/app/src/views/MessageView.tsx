import type { Timeline, TimelineMessage } from '@jobline/sdk';
import { isOnlyEmoji } from '../models/links.ts';
import type { Cell } from '../models/timeline.ts';
import { Choices } from './Choices.tsx';
import { useSurroundings } from './context.ts';
import { FileCard } from './FileCard.tsx';
import { memo } from './hooks.ts';
import { PhotoTile } from './PhotoTile.tsx';
import { Status } from './Status.tsx';
import { Text } from './Text.tsx';
import { UploadBar } from './UploadBar.tsx';

export interface MessageProps {
  readonly timeline: Timeline;
  readonly message: TimelineMessage;
  /** The name of its sender, for those who hear it. */
  readonly author: string;
  readonly first: boolean;
  readonly last: boolean;
  readonly meta: boolean;
  /** Of a photo that was sent together with others. */
  readonly cell?: Cell;
  /** Of a message that waits for the rate limit: how many wait before it. */
  readonly turn?: number;
}

/** One message: its bubble, and below it when it was written and how far it has come. */
export const MessageView = memo((props: MessageProps) => {
  const { timeline, message, author, first, last, meta, cell, turn } = props;
  const { words } = useSurroundings();
  const { state, mine, key } = message;
  const time = words.clock(message.at);
  const unsent = mine && ['queued', 'sending', 'uploading', 'waiting'].includes(state.is);
  const names = [
    'message',
    mine && 'mine',
    first && 'first',
    last && 'last',
    unsent && 'waiting',
    state.is === 'failed' && 'failed',
    cell,
  ];
  return (
    <article
      class={names.filter(Boolean).join(' ')}
      data-key={key}
      data-state={state.is}
      aria-label={words.both(author, time)}
    >
      <Bubble timeline={timeline} message={message} author={author} cell={cell} />
      {meta && (
        <div class="meta">
          <time dateTime={new Date(message.at).toISOString()}>{time}</time>
          {mine && <Status state={state} turn={turn ?? 0} />}
        </div>
      )}
      {state.is === 'uploading' && <UploadBar timeline={timeline} message={message} state={state} />}
      {state.is === 'failed' && <Choices timeline={timeline} message={message} problem={state.problem} />}
    </article>
  );
});

type BubbleProps = Pick<MessageProps, 'timeline' | 'message' | 'author' | 'cell'>;

function Bubble({ timeline, message, author, cell }: BubbleProps) {
  const { file, text, type } = message;
  const photo = file && type === 'image' && !file.expired;
  const emoji = !file && isOnlyEmoji(text);
  return (
    <div
      class={`bubble${photo ? ' has-photo' : ''}${emoji ? ' emoji' : ''}`}
      part={message.mine ? 'bubble own-bubble' : 'bubble'}
    >
      {photo && <PhotoTile timeline={timeline} message={message} file={file} author={author} cell={cell} />}
      {file && !photo && <FileCard timeline={timeline} message={message} file={file} />}
      {text && <Text text={text} />}
    </div>
  );
}
