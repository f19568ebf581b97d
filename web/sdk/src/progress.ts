/** How far own messages are while they are on their way: known to the tab that sends, told to the others, never kept. */

import type { MessageState } from './state.ts';
import type { Tabs } from './tabs.ts';

export class Progress {
  readonly #states = new Map<string, MessageState>();
  readonly #tabs: Tabs;
  readonly #changed: (clientIds: readonly string[]) => void;

  constructor(tabs: Tabs, changed: (clientIds: readonly string[]) => void) {
    this.#tabs = tabs;
    this.#changed = changed;
    tabs.listen(word => {
      if (word.is === 'progress') this.#set(word.clientId, word.state as MessageState | undefined);
      // What the one before it was doing is over.
      else if (word.is === 'leading') this.clear();
    });
  }

  get(clientId: string): MessageState | undefined {
    return this.#states.get(clientId);
  }

  set(clientId: string, state: MessageState | undefined): void {
    this.#set(clientId, state);
    this.#tabs.tell({ is: 'progress', clientId, state });
  }

  clear(): void {
    const ids = [...this.#states.keys()];
    this.#states.clear();
    this.#changed(ids);
  }

  #set(clientId: string, state: MessageState | undefined): void {
    if (state) this.#states.set(clientId, state);
    else this.#states.delete(clientId);
    this.#changed([clientId]);
  }
}
