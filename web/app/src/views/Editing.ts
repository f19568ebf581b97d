import type { TimelineMessage } from '@jobline/sdk';
import { createContext } from 'preact';
import { useContext } from 'preact/hooks';

/** What the composer edits other than a new message: another text of a message, or a reply to one. */
export interface Editing {
  /** A refused message that will be sent again with this text. */
  readonly clientId?: string;
  /** A message that the server has, by its key. */
  readonly key?: string;
  /** The initial text. */
  readonly text?: string;
  readonly reply?: TimelineMessage;
  /** Whether there is a composer. */
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
