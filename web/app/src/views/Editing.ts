import type { TimelineMessage } from '@jobline/sdk';
import { createContext } from 'preact';
import { useContext } from 'preact/hooks';

/** What is written in the composer besides a new message: another text of a message, or a reply to one. */
export interface Editing {
  /** A message that was refused, and is sent again with this text. */
  readonly clientId?: string;
  /** A message that the server has, by its key. */
  readonly key?: string;
  /** The text to begin with. */
  readonly text?: string;
  readonly reply?: TimelineMessage;
  /** Whether there is a composer to write it in. */
  readonly possible: boolean;
  /** Changes a refused message. */
  begin(clientId: string, text: string): void;
  /** Changes a message that the server has. */
  change(key: string, text: string): void;
  replyTo(message: TimelineMessage): void;
  end(): void;
}

const nothing = () => undefined;

export const EditingContext = createContext<Editing>({
  possible: false,
  begin: nothing,
  change: nothing,
  replyTo: nothing,
  end: nothing,
});

export const useEditing = (): Editing => useContext(EditingContext);
