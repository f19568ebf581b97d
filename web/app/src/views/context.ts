import type { Jobline } from '@jobline/sdk';
import { type ComponentType, createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { Translator } from '../i18n/translator.ts';
import type { Navigation } from '../platform/navigation.ts';
import type { Pictures } from '../platform/pictures.ts';
import type { Trays } from '../platform/trays.ts';

/** The settings of the app around the chat. An embedded chat has none; its host has them. */
export interface Menu {
  /** Whether this is a demo, in which the reader does not sign out but becomes another user. */
  readonly demo: boolean;
  /** The name of the signed-in user, if it is known; otherwise their id is used. */
  readonly name?: string;
  /** Renders everything again, in the currently preferred language. */
  redraw(): void;
  signOut(): void;
}

export interface CallProps {
  /** The conversation of the buttons. Without one the call itself is rendered. */
  readonly id?: string;
  /** One button with words instead of two with icons: calls again, in the same way. */
  readonly again?: 'audio' | 'video';
  readonly label?: string;
}

/** The context of every view. */
export interface Surroundings {
  readonly client: Jobline;
  readonly words: Translator;
  readonly navigation: Navigation;
  readonly pictures: Pictures;
  readonly trays: Trays;
  readonly menu?: Menu;
  /** The view of calls. An embedded chat has none. */
  readonly Calls?: ComponentType<CallProps>;
  /** A token of the reader, where there are calls. */
  readonly getToken?: () => string | Promise<string>;
  /** There is only one chat, chosen by the embedding page: no list, and no way back to one. */
  readonly single?: boolean;
  /** Embedded in a page that has its own `main`. */
  readonly embedded?: boolean;
}

export const Around = createContext<Surroundings | undefined>(undefined);

/** The surroundings of the calling view. */
export function useSurroundings(): Surroundings {
  const found = useContext(Around);
  if (!found) throw new Error('This view stands outside of Around.Provider.');
  return found;
}
