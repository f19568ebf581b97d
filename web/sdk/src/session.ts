/** A client whose user is known: connects the parts and passes events on. */

import { Api } from './api.ts';
import { MemoryCache } from './cache/memory.ts';
import type { Cache } from './cache/port.ts';
import type { LiveOffer } from './generated/contract.ts';
import { randomId } from './ids.ts';
import { ConversationList, type ListCells } from './list.ts';
import type { Live } from './live/index.ts';
import type { LiveParts } from './live/parts.ts';
import type { PeopleCells } from './live/people.ts';
import type { Change } from './mirror.ts';
import type { Cell } from './observable.ts';
import { Outbox } from './outbox.ts';
import { type Interest, Poller, type PollReport, type Watcher } from './poller.ts';
import type { LifecycleEvent, Ports } from './ports.ts';
import { Progress } from './progress.ts';
import type { MessageRow } from './rows.ts';
import type { Sender } from './sender.ts';
import type { StorageState } from './state.ts';
import { Store, type StoreEvents } from './store.ts';
import { Tabs } from './tabs.ts';
import { within } from './time.ts';
import { ConversationTimeline, type TimelineParts } from './timeline.ts';
import type { Tokens } from './tokens.ts';

/** How long opening the cache may take; some browsers never answer in private windows. */
const OPENING_MS = 5000;
/** The age from which a request, in milliseconds, is sent again when the reader comes back, since it may be dead. */
const OLD_MS = 3000;
/** The same for uploads, counted from the last bytes that were sent. */
const STILL_MS = 10_000;
/** Uploads that have sent bytes within this time continue when the device changes its connection. */
const MOVING_MS = 2000;
/** How long after a failure to load live connections it is tried again. */
const AGAIN_MS = 10 * 60_000;
/** How often the chats on the screen are fetched separately during a full sync. */
const MEANWHILE_MS = 3000;

/** The owner of a session: its state for views, and its events. */
export interface SessionListener extends ListCells, PeopleCells {
  readonly storage: Cell<StorageState>;
  reported(report: PollReport): void;
  /** The live connection may have begun or ended. */
  showConnection(): void;
  /** The user signed out in another tab. */
  sessionEnded(): void;
  /** `getToken` now returns another user's token. */
  userChanged(user: string): void;
}

/** The user and the server of a session. */
export interface SessionOptions {
  readonly user: string;
  readonly baseUrl: string;
  readonly tokens: Tokens;
  readonly ports: Ports;
}

export class Session implements TimelineParts, LiveParts, StoreEvents, Watcher {
  readonly me: string;
  readonly ports: Ports;
  readonly api: Api;
  readonly store: Store;
  readonly tabs: Tabs;
  readonly progress: Progress;
  readonly poller: Poller;
  readonly outbox: Outbox;
  readonly list: ConversationList;
  readonly cells: PeopleCells;
  readonly #name: string;
  readonly #listener: SessionListener;
  /** Absent until the script is loaded. */
  #sender: Sender | undefined;
  #loadingSender: Promise<void> | undefined;
  #leads = false;
  /** Absent until the server offers live connections, and the script is loaded. */
  #live: Live | undefined;
  #loadingLive: Promise<void> | undefined;
  readonly #timelines = new Map<string, ConversationTimeline>();
  #over = false;
  /** Whether memory has replaced the cache. */
  #inMemoryOnly = false;
  #caughtUpAt = Number.NEGATIVE_INFINITY;

  constructor({ user, baseUrl, tokens, ports }: SessionOptions, listener: SessionListener) {
    // The cache, the lock and the channel are those of one user of one server.
    const name = `jobline:${baseUrl}:${user}`;
    this.me = user;
    this.ports = ports;
    this.#name = name;
    this.#listener = listener;
    this.cells = listener;
    this.api = new Api({ baseUrl, tokens, ports, user, userChanged: other => this.#userChanged(other) });
    this.tabs = new Tabs(name, ports.clock, ports.channel?.(name), ports.locks);
    this.store = new Store(this.#openCache(), this.tabs, ports.clock, this, randomId(ports.random));
    this.progress = new Progress(this.tabs, id => this.#progressed(id));
    this.outbox = new Outbox(this);
    this.list = new ConversationList(this, listener);
    this.poller = new Poller(this, this);
    this.#sendPending();
    this.#elect();
  }

  timeline(id: string, job: number | undefined): ConversationTimeline {
    const key = `${id}/${job ?? ''}`;
    const timeline = this.#timelines.get(key) ?? new ConversationTimeline(this, id, job);
    this.#timelines.set(key, timeline);
    return timeline;
  }

  openChat(): string | undefined {
    return [...this.#timelines.values()].findLast(timeline => timeline.isOpen)?.id;
  }

  connected(): void {
    this.#listener.showConnection();
  }

  acted(id?: string, text?: string): void {
    this.poller.active();
    if (id) this.#live?.typed(id, text ?? '');
    this.#live?.refresh();
  }

  interest(): Interest {
    if (this.openChat()) return 'chat';
    const { conversations, unread } = this.#listener;
    return conversations.isWatched || unread.isWatched ? 'list' : undefined;
  }

  reported(report: PollReport): void {
    this.#listener.reported(report);
    if (report.live !== undefined) this.#offered(report.live);
    this.#live?.reported(report);
    this.#sender?.polled(!report.problem);
    if (report.problem) return;
    if (!report.more) this.#each(timeline => timeline.polled());
    // Requests succeed, so the device may have called itself offline by mistake.
    this.#sendPending();
  }

  async refreshOpenChats(): Promise<void> {
    const now = this.ports.clock.elapsed();
    if (now - this.#caughtUpAt < MEANWHILE_MS) return;
    this.#caughtUpAt = now;
    await Promise.all([...this.#timelines.values()].map(timeline => timeline.catchUp()));
  }

  /** Handles events of the device and of the reader. */
  onLifecycle(event: LifecycleEvent): void {
    const { visible } = this.ports.lifecycle.now();
    if (event === 'leave') this.#each(timeline => timeline.draft.leave());
    // A hidden page may be killed without another event.
    if (!visible) this.#each(timeline => timeline.flush());
    if (event !== 'change' && event !== 'network') this.poller.active();
    this.#live?.happened(event);
    if (event === 'activity') return;
    if (event === 'network') this.api.renew(0);
    else if (event === 'focus') this.api.renew(OLD_MS);
    const asked = this.poller.changed();
    if (!asked && (event === 'focus' || (event === 'network' && visible))) this.poller.pollNow();
    if (visible || event === 'network') {
      this.#sender?.retryNow(event === 'network' ? MOVING_MS : STILL_MS);
      // If this fails, the next poll fails in the same way.
      this.store.refresh().catch(() => undefined);
    }
    this.#each(timeline => timeline.refresh());
  }

  /** Stops. `wipe` also deletes stored data; `clear` empties the shown data. */
  async end(wipe: boolean, clear: boolean): Promise<void> {
    if (this.#over) return;
    this.#over = true;
    this.#sender?.stop();
    this.#live?.stop();
    this.poller.stop();
    this.api.close();
    // The screen is emptied at once, whatever the cache does.
    const flushed = [...this.#timelines.values()].map(timeline => !wipe && timeline.flush());
    if (clear) this.#empty();
    let wiped = true;
    try {
      if (wipe) wiped = await this.store.wipe();
      else await Promise.all(flushed);
    } finally {
      this.store.close();
      this.tabs.leave();
    }
    if (wipe && (!wiped || this.#inMemoryOnly)) await this.#deleteCache();
  }

  /** Deletes a cache that could not be emptied. */
  async #deleteCache(): Promise<void> {
    const { clock, deleteCache } = this.ports;
    // Even if it cannot be deleted either, nothing is shown any more.
    if (deleteCache) await within(clock, OPENING_MS, deleteCache(this.#name)).catch(() => undefined);
  }

  #userChanged(other: string): void {
    if (!this.#over) this.#listener.userChanged(other);
  }

  /** Shows nothing any more: the session is over, and its data is gone. */
  #empty(): void {
    this.store.mirror.clear();
    this.progress.clear();
    this.list.reload();
    this.#each(timeline => timeline.empty());
  }

  async #openCache(): Promise<Cache> {
    const open = async () => this.ports.openCache(this.#name);
    const opening = open();
    try {
      const cache = await within(this.ports.clock, OPENING_MS, opening);
      if (!this.#over) this.#listener.storage.set({ kind: cache.durable ? 'durable' : 'memory' });
      return cache;
    } catch {
      opening.then(
        cache => cache.close(),
        () => undefined,
      );
      this.#useMemory('unavailable');
      return new MemoryCache();
    }
  }

  /** Memory replaces the cache: this tab no longer shares its rows with the others. */
  #useMemory(reason: StorageState['reason']): void {
    this.#inMemoryOnly = true;
    this.tabs.part();
    if (!this.#over) this.#listener.storage.set({ kind: 'memory', reason });
  }

  changed(change: Change): void {
    if (this.#over) return;
    this.list.changed(change.conversations);
    this.#each(timeline => change.conversations.has(timeline.id) && timeline.changed(change));
    this.#sendPending();
  }

  reloaded(): void {
    if (this.#over) return;
    this.list.reload();
    this.#each(timeline => void timeline.reload());
    this.#sendPending();
  }

  touched(rows: readonly MessageRow[]): void {
    this.#each(timeline => timeline.touched(rows));
  }

  cacheFailed(reason: StorageState['reason']): void {
    if (this.#over) return;
    this.#useMemory(reason);
    this.store.opened.then(() => this.store.reload()).catch(() => undefined);
    this.#elect();
  }

  sessionEnded(): void {
    if (!this.#over) this.#listener.sessionEnded();
  }

  /** Polls and sends as soon as no other tab does. */
  #elect(): void {
    const lead = () => {
      if (this.#over) return;
      this.progress.clear();
      this.#leads = true;
      this.#sendPending();
      this.#sender?.start();
      this.poller.pollNow(false);
      this.#live?.refresh();
      // Polls bring the list in any case; this is only sooner.
      this.list.preload().catch(() => undefined);
    };
    const follow = () => {
      this.#leads = false;
      this.#sender?.stop();
      this.#live?.refresh();
    };
    // This rejects only if the session ended before it began.
    this.store.opened.then(() => this.tabs.elect({ lead, follow })).catch(() => undefined);
  }

  /** Loads the sender when this tab is ready. If that fails, the next event tries again. */
  #sendPending(): void {
    if (this.#sender) return this.#sender.sendPending();
    this.#loadingSender ??= this.#loadSender().catch(() => {
      this.#loadingSender = undefined;
    });
  }

  async #loadSender(): Promise<void> {
    const { Sender } = await import('./onDemand.ts');
    if (this.#over) return;
    this.#sender = new Sender(this, this.poller);
    if (this.#leads) this.#sender.start();
    else this.#sender.sendPending();
  }

  /** A live connection is offered, or none is. */
  #offered(offer: LiveOffer | null): void {
    if (this.#live) return this.#live.offered(offer);
    if (offer && this.ports.socket)
      this.#loadingLive ??= this.#loadLive(offer).catch(() => {
        // Polls continue. Where the page's policy forbids the script, each attempt logs an error in the console.
        this.ports.clock.after(AGAIN_MS, () => {
          this.#loadingLive = undefined;
        });
      });
  }

  async #loadLive(offer: LiveOffer): Promise<void> {
    const { Live } = await import('./live/index.ts');
    if (!this.#over) this.#live = new Live(this, offer);
  }

  #progressed(clientId: string): void {
    if (this.#over) return;
    const id = this.store.mirror.outbox.get(clientId)?.conversationId ?? '';
    this.list.changed([id]);
    this.#each(timeline => timeline.id === id && timeline.refresh());
  }

  #each(act: (timeline: ConversationTimeline) => unknown): void {
    for (const timeline of this.#timelines.values()) act(timeline);
  }
}
