import type { TimelineMessage } from '@jobline/sdk';
import type { NameOf } from './names.tsx';

/** What can be done at a message. The object stays the same while the chat is open. */
export interface Acts {
  /** Opens the menu, beside `at`. */
  menu(message: TimelineMessage, at: Element): void;
  /** Shows what an edited message said before. */
  versions(message: TimelineMessage): void;
  /** Takes the reader's reaction back where it is this one, and sets it where it is not. */
  toggle(message: TimelineMessage, emoji: string): void;
  /** Begins a reply, where one can be written to this message. */
  reply(message: TimelineMessage): void;
  /** Scrolls to the message with this id; older ones are loaded until it is here. */
  jump(id: string): void;
  /** Who somebody is, by name; without an id the reader. */
  nameOf: NameOf;
}

/** What is open over a chat: the menu of a message, or what it said before. */
export interface Opened {
  readonly is: 'menu' | 'versions';
  readonly key: string;
  /** Where the menu was asked for. */
  readonly at?: Element;
}
