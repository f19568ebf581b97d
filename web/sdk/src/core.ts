/** What a signed-in client is made of, for those of its parts that need the others. */

import type { Api } from './api.ts';
import type { History } from './history.ts';
import type { ConversationList } from './list.ts';
import type { Outbox } from './outbox.ts';
import type { Poller, Report } from './poller.ts';
import type { Ports } from './ports.ts';
import type { Progress } from './progress.ts';
import type { Store } from './store.ts';
import type { Tabs } from './tabs.ts';

/** What somebody looks at in this tab. */
export type Interest = 'chat' | 'list' | undefined;

export interface Core {
  readonly me: string;
  readonly ports: Ports;
  readonly api: Api;
  readonly store: Store;
  readonly tabs: Tabs;
  readonly progress: Progress;
  readonly poller: Poller;
  readonly outbox: Outbox;
  readonly history: History;
  readonly list: ConversationList;
  interest(): Interest;
  /** A poll has ended. */
  reported(report: Report): void;
}
