/** A client whose user is known: puts the parts together and passes on what happens. */

import type { Api } from './api.ts';
import { EnduringCache, type Reason } from './cache/enduring.ts';
import { MemoryCache } from './cache/memory.ts';
import type { Cache } from './cache/port.ts';
import type { Core } from './core.ts';
import { History } from './history.ts';
import { randomId } from './ids.ts';
import { ConversationList, type ListCells } from './list.ts';
import type { Change } from './mirror.ts';
import { type Draft, Outbox } from './outbox.ts';
import { type Interest, Poller, type Report } from './poller.ts';
import type { Ports } from './ports.ts';
import { Progress } from './progress.ts';
import { Receipts } from './receipts.ts';
import { EVERYTHING, type MessageRow } from './rows.ts';
import { Sender } from './sender.ts';
import type { StorageState } from './state.ts';
import { Store } from './store.ts';
import { Tabs } from './tabs.ts';
import { within } from './time.ts';
import { ConversationTimeline } from './timeline.ts';

/** How long the cache may take to open; some browsers never answer in private windows. */
const OPENING_MS = 5000;

export interface SessionParts {
  readonly me: string;
  /** Names the cache, the lock and the channel. */
  readonly name: string;
  readonly api: Api;
  readonly ports: Ports;
  readonly cells: ListCells;
  readonly reported: (report: Report) => void;
  readonly storage: (state: StorageState) => void;
  /** Somebody signed out in another tab. */
  readonly lost: () => void;
}

export class Session implements Core {
  readonly me: string;
  readonly clock;
  readonly store: Store;
  readonly outbox: Outbox;
  readonly progress: Progress;
  readonly receipts: Receipts;
  readonly history: History;
  readonly list: ConversationList;
  readonly #parts: SessionParts;
  readonly #tabs: Tabs;
  readonly #sender: Sender;
  readonly #poller: Poller;
  readonly #timelines = new Map<string, ConversationTimeline>();
  #over = false;

  constructor(parts: SessionParts) {
    const { me, name, api, ports } = parts;
    const { clock, random, http, lifecycle } = ports;
    this.#parts = parts;
    this.me = me;
    this.clock = clock;
    this.#tabs = new Tabs(name, ports.channel?.(name), ports.locks);
    this.store = new Store(this.#openCache(), this.#tabs, this.#events(), randomId(random));
    this.progress = new Progress(this.#tabs, ids => this.#progressed(ids));
    this.outbox = new Outbox(this.store, clock, random);
    this.receipts = new Receipts(api, this.store, clock, random);
    this.history = new History(api, this.store, clock);
    this.list = new ConversationList(me, api, this.store, this.progress, parts.cells);
    this.#sender = new Sender({
      api,
      http,
      store: this.store,
      clock,
      random,
      isOnline: () => lifecycle.now().online,
      progress: (clientId, state) => this.progress.set(clientId, state),
      accepted: () => this.#poller.now(),
    });
    this.#poller = new Poller({
      api,
      store: this.store,
      tabs: this.#tabs,
      clock,
      random,
      lifecycle,
      me,
      interest: () => this.#interest(),
      reported: report => this.#reported(report),
    });
    // A cache that fails has memory behind it; what can reject here is that the session was over before it began.
    this.store.opened.then(() => this.#tabs.elect(() => this.#lead())).catch(() => undefined);
  }

  timeline(id: string, job: number | undefined): ConversationTimeline {
    const key = `${id}/${job ?? ''}`;
    const known = this.#timelines.get(key);
    if (known) return known;
    const made = new ConversationTimeline(this, id, job);
    this.#timelines.set(key, made);
    return made;
  }

  async add(draft: Draft): Promise<string> {
    this.active();
    return this.outbox.add(draft);
  }

  active(): void {
    this.#poller.active();
  }

  interestChanged(): void {
    this.#poller.active();
    this.#poller.plan();
  }

  isVisible(): boolean {
    return this.#parts.ports.lifecycle.now().visible;
  }

  /** What the device and the reader do. */
  happened(event: 'change' | 'focus' | 'activity' | 'leave'): void {
    if (event === 'leave') return this.#each(timeline => timeline.flush());
    if (event === 'activity') return this.#poller.active();
    if (event === 'focus') this.#poller.active();
    this.#poller.changed();
    if (event === 'focus') this.#poller.now();
    if (this.isVisible()) {
      this.#sender.hurry();
      this.receipts.kick();
      // What cannot be read now is met again by the next poll.
      this.store.refresh().catch(() => undefined);
    }
    this.#each(timeline => timeline.refresh());
  }

  /** Stops; `wipe` also forgets what is kept. */
  async end(wipe: boolean): Promise<void> {
    if (this.#over) return;
    this.#over = true;
    if (!wipe) this.#each(timeline => timeline.flush());
    this.#sender.stop();
    this.#poller.stop();
    this.receipts.stop();
    try {
      if (wipe) await this.store.wipe();
    } finally {
      this.store.close();
      this.#tabs.leave();
    }
  }

  /** Shows nothing any more: the session is over, and its data is gone. */
  empty(): void {
    this.store.mirror.clear();
    this.progress.clear();
    this.list.reload();
    this.#each(timeline => timeline.empty());
  }

  async #openCache(): Promise<Cache> {
    const { ports, name, storage } = this.#parts;
    try {
      const opening = ports.openCache(name);
      const cache = await within(ports.clock, OPENING_MS, opening, 'The cache did not open in 5 s.');
      storage({
        kind: cache.durable ? 'durable' : 'memory',
        ...(!cache.durable && { reason: 'unavailable' }),
      });
      return new EnduringCache(
        cache,
        EVERYTHING,
        () => this.store.salvage(),
        reason => this.#fell(reason),
      );
    } catch {
      this.#tabs.part();
      storage({ kind: 'memory', reason: 'unavailable' });
      return new MemoryCache();
    }
  }

  /** Memory has taken over from the cache: this tab goes on alone. */
  #fell(reason: Reason): void {
    this.#tabs.part();
    this.#parts.storage({ kind: 'memory', reason });
    this.store.opened
      .then(() => this.store.reload())
      .then(() => this.#tabs.elect(() => this.#lead()))
      .catch(() => undefined);
  }

  #events() {
    return {
      changed: (change: Change) => this.#changed(change),
      reloaded: () => {
        this.list.reload();
        this.#each(timeline => void timeline.reload());
        this.#kick();
      },
      touched: (rows: readonly MessageRow[]) => this.#each(timeline => timeline.touched(rows)),
      lost: () => this.#parts.lost(),
    };
  }

  /** This tab polls and sends from now on. */
  #lead(): void {
    if (this.#over) return;
    this.progress.clear();
    this.#sender.start();
    this.receipts.start();
    this.#poller.now(false);
    // The list comes with the polls in any case; this is only sooner.
    this.list.preload().catch(() => undefined);
  }

  #changed(change: Change): void {
    this.list.changed(change.conversations);
    this.#each(timeline => {
      if (change.conversations.has(timeline.id)) timeline.changed(change);
    });
    this.#kick();
  }

  #progressed(clientIds: readonly string[]): void {
    const rows = clientIds.map(id => this.store.mirror.outbox.get(id));
    const ids = new Set(rows.map(row => row?.conversationId).filter(id => id !== undefined));
    this.list.changed(ids);
    this.#each(timeline => {
      if (ids.has(timeline.id)) timeline.refresh();
    });
  }

  #reported(report: Report): void {
    this.#parts.reported(report);
    if (report.problem) return;
    this.#each(timeline => timeline.polled(report.at));
    this.list.answered();
  }

  #kick(): void {
    this.#sender.kick();
    this.receipts.kick();
  }

  #interest(): Interest {
    const timelines = [...this.#timelines.values()];
    if (timelines.some(timeline => timeline.isOpen)) return 'chat';
    const { conversations, unread } = this.#parts.cells;
    return conversations.isWatched || unread.isWatched ? 'list' : undefined;
  }

  #each(act: (timeline: ConversationTimeline) => void): void {
    for (const timeline of this.#timelines.values()) act(timeline);
  }
}
