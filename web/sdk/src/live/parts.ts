/** What a live connection needs of the client. */

import type { Core } from '../core.ts';
import type { Poller } from '../poller.ts';
import type { PeopleCells } from './people.ts';

/** What a live connection works with. */
export interface LiveParts extends Core {
  readonly poller: Poller;
  readonly cells: PeopleCells;
  /** The conversation on screen, if one is. */
  openChat(): string | undefined;
  /** Whether it is live may have changed. */
  connected(): void;
}
