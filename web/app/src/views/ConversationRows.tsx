import type { ConversationItem } from '@jobline/sdk';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { rowByKey, rowsInSight, type Sight, scrolledTo } from '../models/rowsInSight.ts';
import { ConversationRow } from './ConversationRow.tsx';

/** The values until the first row is measured. */
const BEFORE: Sight = { scrollTop: 0, height: 1_000, rowHeight: 84 };

interface Props {
  readonly items: readonly ConversationItem[];
  readonly openId: string | undefined;
  /** Changes when the shown times have to be updated. */
  readonly now: number;
}

/**
 * The rows of the list. Only visible ones are in the page, so 5,000 cost as much as 20. The list is one stop of the Tab key:
 * arrow keys move within it.
 */
export function ConversationRows({ items, openId, now }: Props) {
  const area = useRef<HTMLDivElement>(null);
  const [sight, setSight] = useState(BEFORE);
  /** The conversation at which the Tab key stops. */
  const [stop, setStop] = useState(openId);
  /** The conversation that gets the focus as soon as it is rendered. */
  const wanted = useRef<string>(undefined);
  /** The reader scrolled the list or pressed something in it since the chat was opened. */
  const isUsed = useRef(false);
  /** A press in the list is opening another chat. */
  const isOpening = useRef(false);
  const openIndex = items.findIndex(item => item.id === openId);
  const stopIndex = Math.max(
    0,
    items.findIndex(item => item.id === stop),
  );

  const measure = () => {
    const list = area.current;
    const row = list?.querySelector<HTMLElement>('li');
    if (!list || !row || list.clientHeight === 0) return;
    setSight({ scrollTop: list.scrollTop, height: list.clientHeight, rowHeight: row.offsetHeight });
  };
  useLayoutEffect(() => {
    const list = area.current;
    if (!list) return;
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(list);
    const row = list.querySelector('li');
    if (row) observer.observe(row);
    return () => observer.disconnect();
  }, []);

  const show = (index: number) => {
    const list = area.current;
    if (list && list.clientHeight > 0)
      list.scrollTop = scrolledTo({ ...sight, scrollTop: list.scrollTop, height: list.clientHeight }, index);
  };
  // A chat that a link opened is shown in the list too, and stays visible while more conversations arrive above it, until
  // the reader uses the list. One that was opened in the list stays where it is.
  useLayoutEffect(() => {
    if (openId !== undefined) setStop(openId);
    isUsed.current = isOpening.current;
    isOpening.current = false;
  }, [openId]);
  useLayoutEffect(() => {
    if (openIndex >= 0 && !isUsed.current) show(openIndex);
  }, [openId, openIndex, sight.rowHeight, sight.height]);
  const used = () => {
    isUsed.current = true;
  };

  useLayoutEffect(() => {
    if (wanted.current === undefined) return;
    const row = area.current?.querySelector<HTMLElement>(
      `[data-conversation="${CSS.escape(wanted.current)}"]`,
    );
    if (!row) return;
    wanted.current = undefined;
    row.focus({ preventScroll: true });
  });

  const pressed = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
    const page = Math.max(1, Math.floor(sight.height / sight.rowHeight) - 1);
    const next = rowByKey(event.key, stopIndex, items.length, page);
    const item = next === undefined ? undefined : items[next];
    if (next === undefined || !item) return;
    event.preventDefault();
    used();
    wanted.current = item.id;
    setStop(item.id);
    show(next);
    measure();
  };

  return (
    <div
      class="conversations"
      ref={area}
      onScroll={measure}
      onWheel={used}
      onTouchMove={used}
      onPointerDown={used}
    >
      <ul
        style={{ height: `${items.length * sight.rowHeight}px` }}
        onKeyDown={pressed}
        onClick={() => {
          isOpening.current = true;
        }}
        onFocusIn={event => {
          const row = (event.target as HTMLElement).closest<HTMLElement>('[data-conversation]');
          if (row) setStop(row.dataset.conversation);
        }}
      >
        {rowsInSight(sight, items.length, stopIndex).map(index => {
          const item = items[index];
          if (!item) return null;
          return (
            <li
              key={item.id}
              style={{ transform: `translateY(${index * sight.rowHeight}px)` }}
              aria-setsize={items.length}
              aria-posinset={index + 1}
            >
              <ConversationRow item={item} now={now} open={item.id === openId} stop={index === stopIndex} />
            </li>
          );
        })}
      </ul>
    </div>
  );
}
