import type { TimelineMessage } from '@jobline/sdk';
import type { NameOf } from './names.tsx';

/** The actions on messages. The object stays the same while the chat is open. */
export interface Acts {
  /** Opens the menu, beside `at`. */
  menu(message: TimelineMessage, at: Element): void;
  /** Shows the earlier texts of an edited message. */
  versions(message: TimelineMessage): void;
  /** Removes the reader's reaction if it is this one, and otherwise sets it. */
  toggle(message: TimelineMessage, emoji: string): void;
  /** Begins a reply, if this message can be replied to. */
  reply(message: TimelineMessage): void;
  /** Scrolls to the message with this id, and loads older ones until it is here. */
  jump(id: string): void;
  /** The name of a user; without an id that of the reader. */
  nameOf: NameOf;
}

/** The open dialog of a chat: the menu of a message, or its versions. */
export interface Opened {
  readonly is: 'menu' | 'versions';
  readonly key: string;
  /** The element beside which the menu opens. */
  readonly at?: Element;
}
