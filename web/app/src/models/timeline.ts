import type { TimelineMessage } from '@jobline/sdk';
import { dayNumber } from './time.ts';

/** Messages by one person with no longer pause than this between them hang together. */
const PAUSE = 5 * 60_000;

/** A line of the conversation as it is drawn. */
export type Row =
  | { readonly kind: 'day'; readonly key: string; readonly at: number }
  | { readonly kind: 'unread'; readonly key: string }
  | {
      readonly kind: 'message';
      readonly key: string;
      readonly message: TimelineMessage;
      /** The first and the last of those that hang together. */
      readonly first: boolean;
      readonly last: boolean;
      /** Whether time and status stand below it. */
      readonly meta: boolean;
    };

/**
 * The rows of `messages` from `from` up to but not including `to`: a heading before the first message of a day, a line
 * before the message `firstUnread`, and how messages hang together. Neighbours outside that part count too, so a row
 * looks the same wherever the part begins.
 */
export function rows(
  messages: readonly TimelineMessage[],
  from: number,
  to: number,
  firstUnread?: string,
): Row[] {
  const found: Row[] = [];
  for (let at = from; at < to; at++) {
    const message = messages[at];
    if (!message) break;
    const before = messages[at - 1];
    const after = messages[at + 1];
    if (!before || dayNumber(before.at) !== dayNumber(message.at)) {
      found.push({ kind: 'day', key: `day-${dayNumber(message.at)}`, at: message.at });
    }
    if (message.key === firstUnread) found.push({ kind: 'unread', key: 'unread' });
    const first = !before || !hangTogether(before, message) || message.key === firstUnread;
    const last = !after || !hangTogether(message, after) || after.key === firstUnread;
    const meta = last || (message.mine && message.state.is !== after?.state.is) || needsWords(message);
    found.push({ kind: 'message', key: message.key, message, first, last, meta });
  }
  return found;
}

function hangTogether(one: TimelineMessage, next: TimelineMessage): boolean {
  return one.mine === next.mine && next.at - one.at < PAUSE && dayNumber(one.at) === dayNumber(next.at);
}

/** An upload and a failure are told at the message they are about, wherever it stands. */
function needsWords({ state }: TimelineMessage): boolean {
  return state.is === 'uploading' || state.is === 'failed' || state.is === 'waiting';
}

/** `all` by day: a part begins at each heading. The first part may have none, when its day began before the part in the page. */
export function byDay(all: readonly Row[]): Row[][] {
  const days: Row[][] = [];
  for (const row of all) {
    const day = days.at(-1);
    if (!day || row.kind === 'day') days.push([row]);
    else day.push(row);
  }
  return days;
}
