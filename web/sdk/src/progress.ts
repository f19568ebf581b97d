/** The progress of messages that are being sent: known to the sending tab, told to the others, never stored. */

import type { MessageState } from './state.ts';
import type { Tabs } from './tabs.ts';

export class Progress {
  readonly #states = new Map<string, MessageState>();
  readonly #tabs: Tabs;
  readonly #changed: (clientId: string) => void;

  constructor(tabs: Tabs, changed: (clientId: string) => void) {
    this.#tabs = tabs;
    this.#changed = changed;
    tabs.listen(message => {
      if (message.is === 'progress') this.#set(message.clientId, message.state as MessageState | undefined);
    });
  }

  get(clientId: string): MessageState | undefined {
    return this.#states.get(clientId);
  }

  set(clientId: string, state: MessageState | undefined): void {
    this.#set(clientId, state);
    this.#tabs.post({ is: 'progress', clientId, state });
  }

  /** Nothing is being sent any more by another tab. */
  clear(): void {
    for (const clientId of this.#states.keys()) this.set(clientId, undefined);
  }

  #set(clientId: string, state: MessageState | undefined): void {
    if (state) this.#states.set(clientId, state);
    else this.#states.delete(clientId);
    this.#changed(clientId);
  }
}
