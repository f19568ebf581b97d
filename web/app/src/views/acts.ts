import type { TimelineMessage } from '@jobline/sdk';
import type { NameOf } from './names.ts';

/** What can be done at a message. The object stays the same while the chat is open. */
export interface Acts {
  /** Opens the menu, beside `at`. */
  menu(message: TimelineMessage, at: Element): void;
  /** Shows what an edited message said before. */
  versions(message: TimelineMessage): void;
  /** Takes the reader's reaction back where it is this one, and sets it where it is not. */
  toggle(message: TimelineMessage, emoji: string): void;
  /** Scrolls to the message with this id, if it is loaded. */
  jump(id: string): void;
  /** Who somebody is, by name; without an id the reader. */
  nameOf: NameOf;
}
