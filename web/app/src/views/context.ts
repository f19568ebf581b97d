import type { Jobline } from '@jobline/sdk';
import { type ComponentType, createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { Translator } from '../i18n/translator.ts';
import type { Navigation } from '../platform/navigation.ts';
import type { Pictures } from '../platform/pictures.ts';
import type { Trays } from '../platform/trays.ts';

/** What the reader may change about the app around the chat. An embedded chat has none of it: its host has. */
export interface Menu {
  /** In a demo one does not sign out but becomes somebody else. */
  readonly demo: boolean;
  /** Who is signed in, where that is known; their id stands in for it. */
  readonly name?: string;
  /** Draws everything again, in the language that is preferred now. */
  redraw(): void;
  signOut(): void;
}

export interface CallProps {
  /** The conversation that buttons are for. Without one it is the call itself that is drawn. */
  readonly id?: string;
  /** One button with words in place of two with drawings: calls again, as before. */
  readonly again?: 'audio' | 'video';
  readonly label?: string;
}

/** What every view may use. */
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
  /** There is one chat, chosen by the page around it: no list, no way back to it. */
  readonly single?: boolean;
  /** Embedded in a page that has a `main` of its own. */
  readonly embedded?: boolean;
}

export const Around = createContext<Surroundings | undefined>(undefined);

/** The surroundings of the view that asks. */
export function useSurroundings(): Surroundings {
  const found = useContext(Around);
  if (!found) throw new Error('This view stands outside of Around.Provider.');
  return found;
}
