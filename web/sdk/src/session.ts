/** A client whose user is known: puts the parts together and passes on what happens. */

import type { Api } from './api.ts';
import { MemoryCache } from './cache/memory.ts';
import type { Cache } from './cache/port.ts';
import type { Core, Interest } from './core.ts';
import { History } from './history.ts';
import { randomId } from './ids.ts';
import { ConversationList, type ListCells } from './list.ts';
import type { Change } from './mirror.ts';
import type { Cell } from './observable.ts';
import { Outbox } from './outbox.ts';
import { Poller, type Report } from './poller.ts';
import type { Ports } from './ports.ts';
import { Progress } from './progress.ts';
import type { MessageRow } from './rows.ts';
import { Sender } from './sender.ts';
import type { StorageState } from './state.ts';
import { Store, type StoreEvents } from './store.ts';
import { Tabs } from './tabs.ts';
import { within } from './time.ts';
import { ConversationTimeline } from './timeline.ts';

/** How long the cache may take to open; some browsers never answer in private windows. */
const OPENING_MS = 5000;

/** Whose session it is: what it shows, and what it tells. */
export interface Owner extends ListCells {
  readonly storage: Cell<StorageState>;
  reported(report: Report): void;
  /** Somebody signed out in another tab. */
  lost(): void;
}

export class Session implements Core, StoreEvents {
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
  readonly #owner: Owner;
  readonly #sender: Sender;
  readonly #timelines = new Map<string, ConversationTimeline>();
  #over = false;

  /** `name` is that of the cache, the lock and the channel. */
  constructor(me: string, name: string, api: Api, ports: Ports, owner: Owner) {
    this.me = me;
    this.ports = ports;
    this.api = api;
    this.#owner = owner;
    this.tabs = new Tabs(name, ports.channel?.(name), ports.locks);
    this.store = new Store(this.#openCache(name), this.tabs, this, randomId(ports.random));
    this.progress = new Progress(this.tabs, id => this.#progressed(id));
    this.outbox = new Outbox(this);
    this.history = new History(this);
    this.list = new ConversationList(this, owner);
    this.#sender = new Sender(this);
    this.poller = new Poller(this);
    this.#elect();
  }

  timeline(id: string, job: number | undefined): ConversationTimeline {
    const key = `${id}/${job ?? ''}`;
    const timeline = this.#timelines.get(key) ?? new ConversationTimeline(this, id, job);
    this.#timelines.set(key, timeline);
    return timeline;
  }

  interest(): Interest {
    for (const timeline of this.#timelines.values()) if (timeline.isOpen) return 'chat';
    const { conversations, unread } = this.#owner;
    return conversations.isWatched || unread.isWatched ? 'list' : undefined;
  }

  reported(report: Report): void {
    this.#owner.reported(report);
    if (!report.problem) this.#each(timeline => timeline.polled());
  }

  /** What the device and the reader do. */
  happened(event: 'change' | 'focus' | 'activity' | 'leave'): void {
    const { visible } = this.ports.lifecycle.now();
    // A hidden page may be ended without another word.
    if (event === 'leave' || !visible) this.#each(timeline => timeline.flush());
    if (event !== 'change') this.poller.active();
    if (event === 'activity') return;
    this.poller.changed();
    if (event === 'focus') this.poller.now();
    if (visible) {
      this.#sender.hurry();
      // What cannot be read now is met again by the next poll.
      this.store.refresh().catch(() => undefined);
    }
    this.#each(timeline => timeline.refresh());
  }

  /** Stops. `wipe` also forgets what is kept; `gone`, what is shown. */
  async end(wipe: boolean, gone: boolean): Promise<void> {
    if (this.#over) return;
    this.#over = true;
    this.#sender.stop();
    this.poller.stop();
    try {
      if (wipe) await this.store.wipe();
      else await Promise.all([...this.#timelines.values()].map(timeline => timeline.flush()));
    } finally {
      this.store.close();
      this.tabs.leave();
      if (gone) this.#empty();
    }
  }

  /** Shows nothing any more: the session is over, and its data is gone. */
  #empty(): void {
    this.store.mirror.clear();
    this.progress.clear();
    this.list.reload();
    this.#each(timeline => timeline.empty());
  }

  async #openCache(name: string): Promise<Cache> {
    try {
      const cache = await within(this.ports.clock, OPENING_MS, this.ports.openCache(name));
      this.#owner.storage.set({ kind: cache.durable ? 'durable' : 'memory' });
      return cache;
    } catch {
      this.#forgetful('unavailable');
      return new MemoryCache();
    }
  }

  /** Memory is all there is: what this tab keeps is not what the others keep. */
  #forgetful(reason: StorageState['reason']): void {
    this.tabs.part();
    this.#owner.storage.set({ kind: 'memory', reason });
  }

  changed(change: Change): void {
    this.list.changed(change.conversations);
    this.#each(timeline => change.conversations.has(timeline.id) && timeline.changed(change));
    this.#sender.kick();
  }

  reloaded(): void {
    this.list.reload();
    this.#each(timeline => void timeline.reload());
    this.#sender.kick();
  }

  touched(rows: readonly MessageRow[]): void {
    this.#each(timeline => timeline.touched(rows));
  }

  fell(reason: StorageState['reason']): void {
    this.#forgetful(reason);
    this.store.opened.then(() => this.store.reload()).catch(() => undefined);
    this.#elect();
  }

  lost(): void {
    this.#owner.lost();
  }

  /** Polls and sends as soon as no other tab does. */
  #elect(): void {
    const lead = () => {
      if (this.#over) return;
      this.progress.clear();
      this.#sender.start();
      this.poller.now(false);
      // The list comes with the polls in any case; this is only sooner.
      this.list.preload().catch(() => undefined);
    };
    // What can reject here is that the session was over before it began.
    this.store.opened.then(() => this.tabs.elect(lead)).catch(() => undefined);
  }

  #progressed(clientId: string): void {
    const id = this.store.mirror.outbox.get(clientId)?.conversationId ?? '';
    this.list.changed([id]);
    this.#each(timeline => timeline.id === id && timeline.refresh());
  }

  #each(act: (timeline: ConversationTimeline) => unknown): void {
    for (const timeline of this.#timelines.values()) act(timeline);
  }
}
