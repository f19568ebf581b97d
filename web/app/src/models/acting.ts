import type { TimelineMessage } from '@jobline/sdk';

/** The reactions that are one press away. */
export const QUICK = ['👍', '❤️', '😂', '😮', '😢', '🙏'] as const;

/** What a reader may do with a message. The server decides, by its time limits. */
export type Action = 'reply' | 'react' | 'copy' | 'edit' | 'delete';

/** The possible actions on `message`, depending on whether the reader may write in the chat. */
export function actionsFor(message: TimelineMessage, canWrite: boolean): readonly Action[] {
  const { deleted, mine, text, type, file } = message;
  if (message.call || deleted || type === 'event') return [];
  const there = message.id !== undefined;
  return [
    ...(there && canWrite ? (['reply'] as const) : []),
    ...(there ? (['react'] as const) : []),
    ...(text ? (['copy'] as const) : []),
    ...(there && mine && canWrite && !file ? (['edit'] as const) : []),
    ...(there && mine ? (['delete'] as const) : []),
  ];
}

/** The emoji that `me` reacted with. */
export function reactionOf(message: TimelineMessage, me: string | undefined): string | undefined {
  return message.reactions?.find(({ userIds }) => me !== undefined && userIds.includes(me))?.emoji;
}

/** The last message of the reader that they may edit. */
export function lastToEdit(messages: readonly TimelineMessage[]): TimelineMessage | undefined {
  return messages.findLast(message => actionsFor(message, true).includes('edit'));
}
