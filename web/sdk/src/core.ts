/** What every part of a signed-in client needs. `session.ts` is above it and knows the parts. */

import type { Api } from './api.ts';
import type { Ports } from './ports.ts';
import type { Progress } from './progress.ts';
import type { Store } from './store.ts';
import type { Tabs } from './tabs.ts';

export interface Core {
  /** The user's id. */
  readonly me: string;
  readonly ports: Ports;
  readonly api: Api;
  readonly store: Store;
  readonly tabs: Tabs;
  readonly progress: Progress;
}
