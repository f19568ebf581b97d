import type { Timeline, TimelineState } from '@jobline/sdk';
import type { ComponentChildren } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { dayNumber } from '../models/time.ts';
import { albums, byDay, type MessageRow, type Row, rows } from '../models/timeline.ts';
import { around, initialWindow, LATEST, newer, older, slice, type Window } from '../models/window.ts';
import { useSurroundings } from './context.ts';
import { DayHeading } from './DayHeading.tsx';
import { Edge } from './Edge.tsx';
import { useLatest } from './hooks.ts';
import { JumpButton } from './JumpButton.tsx';
import { lazy } from './lazy.tsx';
import { MessageView } from './MessageView.tsx';
import { ScrollKeeper } from './scrollKeeper.ts';
import { useActs } from './useActs.ts';
import { useSeen } from './useSeen.ts';

// Messages from before it is loaded are not read out in any case.
const Announcer = lazy(async () => (await import('./Announcer.tsx')).Announcer);
const MessageDialog = lazy(async () => (await import('./MessageDialog.tsx')).MessageDialog);

/** How many pixels before an edge the next page is added. */
const NEAR = 1200;
/** The smallest height of a message, in pixels. */
const LOWEST = 36;

interface Props {
  readonly timeline: Timeline;
  readonly state: TimelineState;
  /** The name of the other person. */
  readonly name: string;
}

/**
 * The conversation. A part of it is in the page (`models/window.ts`); the message that the reader looks at keeps its
 * position (`scrollKeeper.ts`).
 */
export function MessageList({ timeline, state, name }: Props) {
  const { client, words } = useSurroundings();
  const { messages, firstUnread } = state;
  const scroller = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const keeper = useRef<ScrollKeeper>(undefined);
  /** The initial position of the list: before this message, or at the end (''). */
  const placed = useRef<string>(undefined);
  /** Undefined until the first screen is painted. */
  const [chosen, setWindow] = useState<Window>();
  /** Undefined until the list is scrolled to its initial position: nothing counts as read before that. */
  const [atEnd, setAtEnd] = useState<boolean>();
  /** The original that the reader jumped to from a quote. */
  const [found, setFound] = useState<{ readonly key: string }>();
  /** A timer that fires when the list has not moved for a while. */
  const resting = useRef<ReturnType<typeof setTimeout>>(undefined);
  const keys = messages.map(message => message.key);
  const window = chosen ?? initialWindow(keys, firstUnread, Math.ceil(innerHeight / LOWEST));
  const { from, to } = slice(window, keys);
  const latest = useLatest({ state, keys, window });
  const last = messages[messages.length - 1];

  /** Adds the next page at the edge that the reader is near to. */
  const reach = () => {
    const area = scroller.current;
    if (!area) return;
    const { keys, window, state } = latest.current;
    if (area.scrollTop < NEAR) {
      const next = older(window, keys);
      if (next !== window) setWindow(next);
      else if (state.hasOlder && !state.loadingOlder && !state.olderProblem)
        timeline.loadOlder().catch(() => undefined);
    } else if (area.scrollHeight - area.scrollTop - area.clientHeight < NEAR) {
      // Only if it changes, since another window may be about to be rendered.
      const next = newer(window, keys);
      if (next !== window) setWindow(next);
    }
  };
  const scrolled = () => {
    keeper.current?.note();
    floatDay(scroller.current, resting, keeper.current?.atEnd);
    setAtEnd(Boolean(keeper.current?.atEnd) && latest.current.window.end === undefined);
    reach();
  };
  const jump = () => {
    setWindow(LATEST);
    if (keeper.current) keeper.current.atEnd = true;
    setAtEnd(true);
    keeper.current?.settle();
  };
  /** The button disappears when it is pressed, so the focus moves to the messages. */
  const pressed = () => {
    jump();
    scroller.current?.focus({ preventScroll: true });
  };

  useLayoutEffect(() => {
    const area = scroller.current;
    if (!area || !content.current) return;
    keeper.current = new ScrollKeeper(area);
    // The position is kept when the keyboard opens, the window is resized or a font arrives.
    const observer = new ResizeObserver(() => keeper.current?.settle());
    observer.observe(area);
    observer.observe(content.current);
    return () => observer.disconnect();
  }, []);

  // A message that was just written here is shown, wherever the reader was.
  useLayoutEffect(() => {
    if (placed.current !== undefined && last?.mine && last.number === undefined) jump();
  }, [last?.key]);

  useLayoutEffect(() => {
    const keep = keeper.current;
    if (!keep || state.status !== 'ready') return;
    if (placed.current === undefined) place(keep);
    // Older messages have arrived, and the unread ones begin further up: a reader who has not scrolled is moved there.
    else if (firstUnread && placed.current && placed.current !== firstUnread && keep.isUntouched) {
      placed.current = undefined;
      setWindow(undefined);
    } else keep.settle();
  });

  // Invisible messages are added after the visible ones were painted: a task that is posted in a frame runs after its paint.
  const starting = state.status === 'ready' && chosen === undefined;
  useEffect(() => {
    if (!starting) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const frame = requestAnimationFrame(() => {
      timer = setTimeout(() => {
        const { keys, state } = latest.current;
        setWindow(around(keys, state.firstUnread ?? ''));
      });
    });
    return () => {
      cancelAnimationFrame(frame);
      clearTimeout(timer);
    };
  }, [starting]);
  useEffect(() => {
    if (chosen) reach();
  });

  /** Scrolls to the initial position: where the unread messages begin, or the end. */
  function place(keep: ScrollKeeper): void {
    const line = content.current?.querySelector<HTMLElement>('.divider');
    placed.current = line ? firstUnread : '';
    if (line) keep.to(line);
    else keep.toEnd();
    setAtEnd(keep.atEnd && window.end === undefined);
  }

  // Everything counts as read once the reader is at the end and the end is visible.
  const wanted = atEnd === true && state.status === 'ready' && state.unread > 0;
  useSeen(scroller, wanted, () => timeline.markAsRead());
  const { acts, opened, close } = useActs(timeline, state, key => {
    const area = scroller.current;
    if (!area) return;
    if (!keys.slice(from, to).includes(key)) setWindow(around(keys, key));
    setFound({ key });
  });
  useLayoutEffect(() => showFound(found, content.current, keeper.current), [found]);
  const dialog = opened && messages.find(({ key }) => key === opened.key);
  const tabStopKey = messages.findLast(({ deleted, host, call }) => !(deleted || host || call))?.key;
  const { people, members } = state;
  const mine = people && messages.findLast(({ mine, number }) => mine && number);
  const draw = ({ key, kind: _, day: __, ...row }: MessageRow) => (
    <MessageView
      key={key}
      timeline={timeline}
      author={acts.nameOf(row.message.senderId)}
      people={people}
      readers={key === mine?.key ? members : undefined}
      acts={acts}
      stop={key === tabStopKey}
      {...row}
    />
  );
  return (
    <div class="conversation-body">
      {/*
       * A log, which assistive technology reads aloud as it grows. This one also grows at its beginning, with old messages;
       * so it is silent, and the Announcer announces new ones.
       */}
      <div
        class="log"
        part="log"
        role="log"
        aria-live="off"
        aria-label={words.t('conversationWith', { name })}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls can be scrolled with the keyboard.
        tabIndex={0}
        ref={scroller}
        onScroll={scrolled}
      >
        <div class="messages" ref={content}>
          {(state.status === 'ready' || state.loadingOlder) && (
            <Edge timeline={timeline} state={state} whole={from === 0} />
          )}
          {byDay(rows(messages, from, to, firstUnread, dayNumber(Date.now()))).map(day => (
            <div class="day-group" key={dayKey(day)}>
              {albums(day).map(row => drawn(row, draw))}
            </div>
          ))}
        </div>
      </div>
      {atEnd === false && <JumpButton count={state.unread} jump={pressed} />}
      {opened && dialog && (
        <MessageDialog
          key={`${opened.is} ${opened.key}`}
          timeline={timeline}
          message={dialog}
          acts={acts}
          opened={opened}
          close={() => close(opened)}
        />
      )}
      <Announcer messages={messages} nameOf={acts.nameOf} me={client.user.get()} />
    </div>
  );
}

/** Scrolls to the original of a quote, and highlights it for a moment. */
function showFound(
  found: { readonly key: string } | undefined,
  content: HTMLElement | null,
  keep: ScrollKeeper | undefined,
): void {
  const line = found && content?.querySelector<HTMLElement>(`[data-key="${CSS.escape(found.key)}"]`);
  if (!line || !keep) return;
  keep.to(line);
  line.classList.remove('found');
  // Restarts the animation if the same message was found before.
  void line.offsetWidth;
  line.classList.add('found');
}

/**
 * The day floats above the messages while they scroll, so that it covers none when they are at rest. At the end, to which
 * sending scrolls as well, it does not float.
 */
function floatDay(
  log: HTMLElement | null,
  resting: { current: ReturnType<typeof setTimeout> | undefined },
  atEnd = false,
): void {
  clearTimeout(resting.current);
  log?.classList.toggle('moving', !atEnd);
  resting.current = setTimeout(() => log?.classList.remove('moving'), 1_200);
}

/** The same day has the same key, whether or not its beginning is in the page. */
function dayKey(day: readonly Row[]): number {
  for (const row of day) if (row.kind !== 'unread') return row.day;
  return 0;
}

function drawn(row: Row | readonly MessageRow[], draw: (row: MessageRow) => ComponentChildren) {
  if ('length' in row) {
    const [first] = row;
    return (
      <div key={`album-${first?.key}`} class={first?.message.mine ? 'album mine' : 'album'}>
        {row.map(draw)}
      </div>
    );
  }
  if (row.kind === 'day') return <DayHeading key={row.key} at={row.at} />;
  return row.kind === 'unread' ? <Divider key={row.key} /> : draw(row);
}

function Divider() {
  const { words } = useSurroundings();
  return (
    // biome-ignore lint/a11y/useSemanticElements: a line with words in it; <hr> has none.
    <div class="divider" role="separator" aria-label={words.t('newMessages')}>
      {words.t('newMessages')}
    </div>
  );
}
