/** What a live connection needs of the client. */

import type { Core } from '../core.ts';
import type { Poller } from '../poller.ts';
import type { PeopleCells } from './people.ts';

/** The parts of the client that a live connection uses. */
export interface LiveParts extends Core {
  readonly poller: Poller;
  readonly cells: PeopleCells;
  /** The conversation on the screen, if there is one. */
  openChat(): string | undefined;
  /** The live connection may have begun or ended. */
  connected(): void;
}
