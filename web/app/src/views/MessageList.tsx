import type { Timeline, TimelineState } from '@jobline/sdk';
import type { ComponentChildren } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { dayNumber } from '../models/time.ts';
import { albums, byDay, type MessageRow, type Row, rows } from '../models/timeline.ts';
import { around, firstSight, LATEST, newer, older, slice, type Window } from '../models/window.ts';
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

// What is here when it comes is not read out in any case.
const Announcer = lazy(async () => (await import('./Announcer.tsx')).Announcer);
const MessageDialog = lazy(async () => (await import('./MessageDialog.tsx')).MessageDialog);

/** From how many pixels before an edge the next page is put in. */
const NEAR = 1200;
/** Pixels that a message takes at least. */
const LOWEST = 36;

interface Props {
  readonly timeline: Timeline;
  readonly state: TimelineState;
  /** The name of the other one. */
  readonly name: string;
}

/**
 * The conversation. A part of it is in the page (`models/window.ts`); what the reader looks at stays in its place
 * (`scrollKeeper.ts`).
 */
export function MessageList({ timeline, state, name }: Props) {
  const { client, words } = useSurroundings();
  const { messages, firstUnread } = state;
  const scroller = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const keeper = useRef<ScrollKeeper>(undefined);
  /** Where the list was put at first: before this message, or at the end (''). */
  const placed = useRef<string>(undefined);
  /** Undefined until what is seen first is painted. */
  const [chosen, setWindow] = useState<Window>();
  /** Undefined until the first messages are in their place: nothing has been read before that. */
  const [atEnd, setAtEnd] = useState<boolean>();
  /** The message that a quote led to. */
  const [found, setFound] = useState<{ readonly key: string }>();
  /** Runs out when the list has not moved for a while. */
  const resting = useRef<ReturnType<typeof setTimeout>>(undefined);
  const keys = messages.map(message => message.key);
  const window = chosen ?? firstSight(keys, firstUnread, Math.ceil(innerHeight / LOWEST));
  const { from, to } = slice(window, keys);
  const latest = useLatest({ state, keys, window });
  const last = messages[messages.length - 1];

  /** Puts in what comes next at the edge that the reader is near to. */
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
      // Only where it changes: what is about to be drawn may be another part already.
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
  /** The button goes away with being pressed, so the focus moves on to what it led to. */
  const pressed = () => {
    jump();
    scroller.current?.focus({ preventScroll: true });
  };

  useLayoutEffect(() => {
    const area = scroller.current;
    if (!area || !content.current) return;
    keeper.current = new ScrollKeeper(area);
    // The keyboard opens, a window is made larger, a font arrives: the place is kept through all of it.
    const observer = new ResizeObserver(() => keeper.current?.settle());
    observer.observe(area);
    observer.observe(content.current);
    return () => observer.disconnect();
  }, []);

  // What was written here just now is shown, wherever the reader was.
  useLayoutEffect(() => {
    if (placed.current !== undefined && last?.mine && last.number === undefined) jump();
  }, [last?.key]);

  useLayoutEffect(() => {
    const keep = keeper.current;
    if (!keep || state.status !== 'ready') return;
    if (placed.current === undefined) place(keep);
    // Older messages have come, and the unread ones begin further up: a reader who has not scrolled is moved there.
    else if (firstUnread && placed.current && placed.current !== firstUnread && keep.isUntouched) {
      placed.current = undefined;
      setWindow(undefined);
    } else keep.settle();
  });

  // What is out of sight comes after what is seen was painted: a task that is posted in a frame runs when that was
  // drawn.
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

  /** The first time: where the unread messages begin, or the end. */
  function place(keep: ScrollKeeper): void {
    const line = content.current?.querySelector<HTMLElement>('.divider');
    placed.current = line ? firstUnread : '';
    if (line) keep.to(line);
    else keep.toEnd();
    setAtEnd(keep.atEnd && window.end === undefined);
  }

  // Read is what was seen: everything, once the reader is at the end and the end is in front of them.
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
  const stop = messages.findLast(({ deleted, host, call }) => !(deleted || host || call))?.key;
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
      stop={key === stop}
      {...row}
    />
  );
  return (
    <div class="conversation-body">
      {/*
       * A log, which assistive technology reads aloud as it grows. This one also grows at its beginning, with what was
       * written long ago; so it is silent itself, and the Announcer speaks of what is new.
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

/** Scrolls to the message that a quote led to, and marks it for a moment. */
function showFound(
  found: { readonly key: string } | undefined,
  content: HTMLElement | null,
  keep: ScrollKeeper | undefined,
): void {
  const line = found && content?.querySelector<HTMLElement>(`[data-key="${CSS.escape(found.key)}"]`);
  if (!line || !keep) return;
  keep.to(line);
  line.classList.remove('found');
  // Begins the animation anew where the same message was found before.
  void line.offsetWidth;
  line.classList.add('found');
}

/**
 * The day floats above the messages while they move, and covers none of them when they are read. At the end, where
 * sending leads to as well, it does not.
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
