import type { Member, Person, Timeline, TimelineMessage } from '@jobline/sdk';
import type { ComponentType } from 'preact';
import { useCallback } from 'preact/hooks';
import { isOnlyEmoji } from '../models/links.ts';
import { tone } from '../models/plainText.ts';
import type { Cell } from '../models/timeline.ts';
import type { Acts } from './acts.ts';
import { useSurroundings } from './context.ts';
import { FileCard } from './FileCard.tsx';
import { memo, useLatest } from './hooks.ts';
import { Icon } from './Icon.tsx';
import { lazy } from './lazy.tsx';
import { PhotoTile } from './PhotoTile.tsx';
import { Quote } from './Quote.tsx';
import { Reactions } from './Reactions.tsx';
import { Status } from './Status.tsx';
import { Text } from './Text.tsx';
import { usePress } from './usePress.ts';

const VoiceCard = lazy(async () => (await import('./Voice.tsx')).VoiceCard);

type Parts = typeof import('./MessageDialog.tsx');

/** A view that is seldom needed, loaded with the menu. */
function later<P extends object>(pick: (parts: Parts) => ComponentType<P>): ComponentType<P> {
  return lazy(async () => pick(await import('./MessageDialog.tsx')));
}

const Choices = later(parts => parts.Choices);
const HostLine = later(parts => parts.HostLine);
/** It is loaded with the details of a chat, which list the same people. */
const ReadBy = lazy(async () => (await import('./DetailsDialog.tsx')).ReadBy);
const UploadBar = later(parts => parts.UploadBar);
const Refused = later(parts => parts.Refused);

export interface MessageProps {
  readonly timeline: Timeline;
  readonly message: TimelineMessage;
  /** The name of its sender, for screen readers. */
  readonly author: string;
  /** In a crew: everybody whose name is known. The view is rendered again when other names are known. */
  readonly people: readonly Person[] | undefined;
  /** For the last own message in a crew. */
  readonly readers?: readonly Member[];
  readonly acts: Acts;
  /** Whether the Tab key stops at its menu. */
  readonly stop: boolean;
  readonly first: boolean;
  readonly last: boolean;
  readonly meta: boolean;
  /** For a photo that was sent together with others. */
  readonly cell?: Cell;
  /** For a message that waits for the rate limit: how many wait before it. */
  readonly ahead?: number;
}

/** One message: its bubble, and below it its time and status. */
export const MessageView = memo((props: MessageProps) =>
  props.message.host || props.message.call ? (
    <HostLine {...props} nameOf={props.acts.nameOf} />
  ) : (
    <OfPerson {...props} />
  ),
);

function OfPerson(props: MessageProps) {
  const { timeline, message, author, people, readers, acts, first, last, meta, cell, ahead } = props;
  const { words } = useSurroundings();
  const { state, mine, key, senderId } = message;
  const time = words.clock(message.at);
  const unsent = mine && ['queued', 'sending', 'uploading', 'waiting'].includes(state.is);
  const names = [
    'message',
    mine && 'mine',
    first && 'first',
    last && 'last',
    unsent && 'waiting',
    state.is === 'failed' && 'failed',
    message.deleted && 'deleted',
    cell,
  ];
  return (
    <article
      class={names.filter(Boolean).join(' ')}
      data-key={key}
      data-state={state.is}
      aria-label={words.joined(author, time)}
    >
      {people && first && senderId && <bdi class={`sender tone-${tone(senderId)}`}>{author}</bdi>}
      <Bubble {...props} />
      <Reactions message={message} acts={acts} />
      {meta && (
        <div class="meta">
          <time dateTime={new Date(message.at).toISOString()}>{time}</time>
          {message.edited && (
            <button type="button" class="edited" onClick={() => acts.versions(message)}>
              {words.t('edited')}
            </button>
          )}
          {mine && <Status state={state} ahead={ahead ?? 0} />}
        </div>
      )}
      {readers && <ReadBy message={message} members={readers} />}
      {state.is === 'uploading' && <UploadBar timeline={timeline} message={message} state={state} />}
      {state.is === 'failed' && <Choices timeline={timeline} message={message} problem={state.problem} />}
      {message.refused && <Refused timeline={timeline} message={message} />}
    </article>
  );
}

function Bubble({ timeline, message, author, people, acts, cell, stop }: MessageProps) {
  const { words } = useSurroundings();
  const { file, text, type, deleted } = message;
  const latest = useLatest(message);
  const press = usePress(
    useCallback((at: Element) => acts.menu(latest.current, at), [acts]),
    useCallback(() => acts.reply(latest.current), [acts]),
  );
  if (deleted) {
    return (
      <div class="bubble tombstone">
        {words.t(deleted === 'host' ? 'deletedByHost' : message.mine ? 'deletedByYou' : 'deletedMessage')}
      </div>
    );
  }
  const photo = file && type === 'image' && !file.expired;
  const emoji = !file && !message.replyTo && isOnlyEmoji(text);
  const possible = message.id !== undefined || text !== '';
  return (
    <div
      class={`bubble${photo ? ' has-photo' : ''}${emoji ? ' emoji' : ''}`}
      part={message.mine ? 'bubble own-bubble' : 'bubble'}
      {...(possible && press)}
    >
      {message.replyTo && <Quote quote={message.replyTo} nameOf={acts.nameOf} jump={acts.jump} />}
      {photo && <PhotoTile timeline={timeline} message={message} file={file} author={author} cell={cell} />}
      {file && type === 'voice' && (
        <VoiceCard timeline={timeline} message={message} file={file} author={author} />
      )}
      {file && !photo && type !== 'voice' && <FileCard timeline={timeline} message={message} file={file} />}
      {text && <Text text={text} people={people} />}
      {possible && (
        <button
          type="button"
          class="more-button"
          tabIndex={stop ? 0 : -1}
          aria-haspopup="dialog"
          aria-label={words.t('messageActions')}
          onClick={event => acts.menu(message, event.currentTarget)}
          onKeyDown={moveToNeighbour}
        >
          <Icon name="more" />
        </button>
      )}
    </div>
  );
}

/** Arrow keys move from the menu button of a message to that of its neighbours. */
function moveToNeighbour(event: KeyboardEvent): void {
  const step = event.key === 'ArrowUp' ? -1 : event.key === 'ArrowDown' ? 1 : 0;
  if (step === 0 || !(event.currentTarget instanceof Element)) return;
  const buttons = [...(event.currentTarget.closest('.log')?.querySelectorAll('.more-button') ?? [])];
  const next = buttons[buttons.indexOf(event.currentTarget) + step];
  if (!(next instanceof HTMLElement)) return;
  event.preventDefault();
  next.focus();
}
