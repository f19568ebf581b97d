/** Messages with the reader's commands applied, before the server has done so. */

import type { CommandRow } from './rows.ts';
import type { TimelineMessage } from './state.ts';
import { emptied } from './view.ts';

/** `view` with the commands in `rows` applied, in their order. The same object if there are none for it. */
export function withCommands(
  view: TimelineMessage,
  rows: readonly CommandRow[],
  me: string,
): TimelineMessage {
  let shown = view;
  for (const row of rows) {
    const isFor = row.id === view.id || (row.clientId && row.clientId === view.clientId);
    shown = isFor ? withCommand(shown, row, me) : withQuoteOf(shown, row);
  }
  return shown;
}

function withCommand(view: TimelineMessage, { act, problem }: CommandRow, me: string): TimelineMessage {
  if (problem) return { ...view, refused: { is: act.is, problem, text: textAfter(act) } };
  if (act.is === 'edit') return { ...view, text: act.text, edited: true };
  if (act.is === 'delete') return emptied(view, 'sender');
  return { ...view, reactions: reacted(view.reactions ?? [], me, act.emoji) };
}

/** `view` with its quote as it will be once a command for the original is done. */
function withQuoteOf(view: TimelineMessage, { id, act, problem }: CommandRow): TimelineMessage {
  const text = textAfter(act);
  if (problem || text === undefined || !view.replyTo || view.replyTo.id !== id) return view;
  return { ...view, replyTo: { ...view.replyTo, text, deleted: act.is === 'delete' } };
}

/** The text of a message after an edit or a deletion. */
function textAfter(act: CommandRow['act']): string | undefined {
  if (act.is === 'edit') return act.text;
  return act.is === 'delete' ? '' : undefined;
}

type Reactions = NonNullable<TimelineMessage['reactions']>;

function reacted(before: Reactions, me: string, emoji: string | undefined): Reactions {
  const others = before.map(one => ({ ...one, userIds: one.userIds.filter(id => id !== me) }));
  const mine = others.find(one => one.emoji === emoji);
  if (mine) mine.userIds.push(me);
  else if (emoji) others.push({ emoji, userIds: [me] });
  return others.filter(({ userIds }) => userIds.length > 0);
}
