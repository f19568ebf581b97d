/** What a signed-in client is made of, for those of its parts that need the others. */

import type { History } from './history.ts';
import type { Draft, Outbox } from './outbox.ts';
import type { Clock } from './ports.ts';
import type { Progress } from './progress.ts';
import type { Receipts } from './receipts.ts';
import type { Store } from './store.ts';

export interface Core {
  readonly me: string;
  readonly clock: Clock;
  readonly store: Store;
  readonly outbox: Outbox;
  readonly progress: Progress;
  readonly receipts: Receipts;
  readonly history: History;
  /** Keeps a message to be sent. */
  add(draft: Draft): Promise<string>;
  /** Somebody did something. */
  active(): void;
  /** A chat was opened or closed. */
  interestChanged(): void;
  isVisible(): boolean;
}
