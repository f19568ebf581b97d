import type { TimelineMessage } from '@jobline/sdk';
import { dayNumber } from './time.ts';

/** Messages of one person with no longer pause than this between them are one group. */
const PAUSE = 5 * 60_000;
/** Photos of one person with no longer pause than this between them count as sent together. */
const TOGETHER = 60_000;

/** The cell of a photo in the grid of those that were sent with it: a whole row or half of one. */
export type Cell = 'wide' | 'half';

export interface MessageRow {
  readonly kind: 'message';
  readonly key: string;
  readonly message: TimelineMessage;
  /** The day of its heading, as `dayNumber` counts. */
  readonly day: number;
  /** Whether it is the first or the last of its group. */
  readonly first: boolean;
  readonly last: boolean;
  /** Whether time and status are below it. */
  readonly meta: boolean;
  /** For a photo that was sent together with others: its cell in their grid. */
  readonly cell?: Cell;
  /** For a message that waits for the rate limit: how many wait before it. */
  readonly ahead?: number;
}

/** A row of the rendered conversation. */
export type Row =
  | { readonly kind: 'day'; readonly key: string; readonly at: number; readonly day: number }
  | { readonly kind: 'unread'; readonly key: string }
  | MessageRow;

/**
 * The rows of `messages` from `from` up to but not including `to`: a heading before the first message of a day, a line
 * before the message `firstUnread`, and groups of messages. Neighbours outside that part count too, so a row looks the same
 * wherever the part begins; photos that were sent together are never separated.
 *
 * No day occurs twice and none is after `today`, whatever the clocks of the devices say.
 */
export function rows(
  messages: readonly TimelineMessage[],
  from: number,
  to: number,
  firstUnread?: string,
  today = Number.POSITIVE_INFINITY,
): Row[] {
  const days = daysOf(messages, today);
  const joined = (at: number) => sentTogether(messages[at - 1], messages[at], firstUnread);
  let [start, end] = [from, Math.min(to, messages.length)];
  while (start > 0 && joined(start)) start--;
  while (end < messages.length && joined(end)) end++;
  const found: Row[] = [];
  let ahead = 0;
  for (let at = start; at < end; at++) {
    const message = messages[at];
    if (!message) break;
    const [before, after] = [messages[at - 1], messages[at + 1]];
    const day = days[at] ?? 0;
    if (!before || days[at - 1] !== day) found.push({ kind: 'day', key: `day-${day}`, at: message.at, day });
    if (message.key === firstUnread) found.push({ kind: 'unread', key: 'unread' });
    const first =
      !before || days[at - 1] !== day || !hangTogether(before, message) || message.key === firstUnread;
    const last = !after || days[at + 1] !== day || !hangTogether(message, after) || after.key === firstUnread;
    const meta = last || (message.mine && message.state.is !== after?.state.is) || needsWords(message);
    const inAlbum = joined(at) || joined(at + 1);
    found.push({
      kind: 'message',
      key: message.key,
      message,
      day,
      first,
      last,
      meta: joined(at + 1) ? false : meta,
      ...(inAlbum && { cell: cellOf(messages, at, joined) }),
      ...(message.state.is === 'waiting' && { ahead: ahead++ }),
    });
  }
  return found;
}

/** The day of each message's heading. */
function daysOf(messages: readonly TimelineMessage[], today: number): number[] {
  let latest = Number.NEGATIVE_INFINITY;
  return messages.map(({ at }) => {
    latest = Math.max(latest, Math.min(today, dayNumber(at)));
    return latest;
  });
}

function hangTogether(one: TimelineMessage, next: TimelineMessage): boolean {
  return one.senderId === next.senderId && !one.host && !next.host && next.at - one.at < PAUSE;
}

/** Whether two messages are photos of one grid. A text ends the grid, and is below it. */
function sentTogether(
  one: TimelineMessage | undefined,
  next: TimelineMessage | undefined,
  firstUnread: string | undefined,
): boolean {
  if (!one || !next || !isPhoto(one) || !isPhoto(next)) return false;
  return (
    one.text === '' &&
    !one.reactions &&
    !next.replyTo &&
    one.senderId === next.senderId &&
    next.key !== firstUnread &&
    next.at - one.at < TOGETHER
  );
}

function isPhoto({ type, file, state }: TimelineMessage): boolean {
  return type === 'image' && file !== undefined && !file.expired && state.is !== 'failed';
}

/** A photo with a text is as wide as the grid; so is the first of the others if their number is odd. */
function cellOf(messages: readonly TimelineMessage[], at: number, joined: (at: number) => boolean): Cell {
  let [start, end] = [at, at];
  while (joined(start)) start--;
  while (joined(end + 1)) end++;
  const hasText = messages[end]?.text !== '';
  if (hasText && at === end) return 'wide';
  const halves = end - start + (hasText ? 0 : 1);
  return halves % 2 === 1 && at === start ? 'wide' : 'half';
}

/** An upload, a failure and an edit are shown at their message, wherever it is in a group. */
function needsWords({ state, edited }: TimelineMessage): boolean {
  return edited === true || state.is === 'uploading' || state.is === 'failed' || state.is === 'waiting';
}

/**
 * `all` by day: a part begins at each heading. The first part may have no heading, if its day began before the rows in the
 * page.
 */
export function byDay(all: readonly Row[]): Row[][] {
  const days: Row[][] = [];
  for (const row of all) {
    const day = days.at(-1);
    if (!day || row.kind === 'day') days.push([row]);
    else day.push(row);
  }
  return days;
}

/** The rows of a day, with photos that were sent together as one. */
export function albums(day: readonly Row[]): (Row | readonly MessageRow[])[] {
  const found: (Row | MessageRow[])[] = [];
  let open: MessageRow[] | undefined;
  for (const row of day) {
    if (row.kind !== 'message' || !row.cell) {
      open = undefined;
      found.push(row);
    } else if (open && !row.first && !endsAlbum(open.at(-1))) {
      open.push(row);
    } else {
      open = [row];
      found.push(open);
    }
  }
  return found;
}

function endsAlbum(row: MessageRow | undefined): boolean {
  return row === undefined || row.meta || row.message.text !== '';
}
