import type { ConversationItem, TimelineMessage } from '@jobline/sdk';

/** A text message of another user at noon, with the given fields. */
export function message(number: number, changes: Partial<TimelineMessage> = {}): TimelineMessage {
  return {
    key: `m${number}`,
    id: `message_${number}`,
    number,
    mine: false,
    senderId: changes.mine ? undefined : 'ben',
    text: `message ${number}`,
    type: 'text',
    at: Date.UTC(2026, 10, 14, 12, 0, number),
    state: { is: 'received' },
    ...changes,
  };
}

/** A conversation of the list. */
export function conversation(name: string, changes: Partial<ConversationItem> = {}): ConversationItem {
  return {
    id: `conv_${name}`,
    person: { id: name, name },
    at: 0,
    unread: 0,
    pending: 0,
    failed: 0,
    ...changes,
  };
}
