import { createContext } from 'preact';
import { useContext } from 'preact/hooks';

/** The refused message that is being changed in the composer, if any. */
export interface Editing {
  readonly clientId?: string;
  readonly text?: string;
  /** Whether there is a composer to write it in. */
  readonly possible: boolean;
  begin(clientId: string, text: string): void;
  end(): void;
}

export const EditingContext = createContext<Editing>({
  possible: false,
  begin: () => undefined,
  end: () => undefined,
});

export const useEditing = (): Editing => useContext(EditingContext);
