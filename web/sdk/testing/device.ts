/** Devices and their tabs: what a client needs of its surroundings, in the hands of a test. */

import { MemoryCache } from '../src/cache/memory.ts';
import {
  type Cache,
  type Channel,
  createJobline,
  type HttpAnswer,
  type HttpCall,
  type HttpRequest,
  type Jobline,
  type LifecycleEvent,
  type LiveSocket,
  type Locks,
  type Ports,
  type Random,
  type Write,
} from '../src/index.ts';
import type { ManualClock } from './clock.ts';
import type { FakeLine } from './live.ts';
import type { FakeServer } from './server.ts';

const never = <T>() => new Promise<T>(() => undefined);

/** What tabs reach over the network: a server in memory, or a real one. */
export interface Reached extends Pick<FakeServer, 'connect' | 'delay' | 'hold' | 'token'> {
  /** The answer to a request; rejects where there is none, and is `silence` where nothing is ever heard. */
  answer(request: HttpRequest): HttpAnswer | 'silence' | Promise<HttpAnswer | 'silence'>;
}

/** What all tabs of one browser share: rows, locks, channels. */
export class Device<S extends Reached = FakeServer> {
  readonly rows = new Map<string, Map<string, unknown>>();
  readonly #holders = new Map<string, Wish>();
  readonly #waiting: Wish[] = [];
  readonly tabs = new Set<Tab>();
  readonly clock: ManualClock;
  readonly server: S;
  readonly random: Random;
  /** Replaces the shared rows, as with a real database. */
  openCache: ((name: string) => Promise<Cache>) | undefined;
  /** Whether tabs have locks and channels. */
  modern = true;

  constructor(clock: ManualClock, server: S, random: Random) {
    this.clock = clock;
    this.server = server;
    this.random = random;
  }

  tab(): Tab {
    const tab = new Tab(this);
    this.tabs.add(tab);
    return tab;
  }

  /** A client in a tab of its own. */
  client(user: string): { tab: Tab; jobline: Jobline } {
    const tab = this.tab();
    const getToken = () => this.server.token(user);
    return { tab, jobline: createJobline({ baseUrl: '', user, getToken, ports: tab.ports() }) };
  }

  lock(wish: Wish, steal: boolean): () => void {
    const holder = this.#holders.get(wish.name);
    if (steal && holder) {
      this.#holders.delete(wish.name);
      // A tab that does not run hears of it when it runs again.
      holder.tab.whenRunning(holder.lost);
    }
    this.#waiting.unshift(wish);
    if (!steal) this.#waiting.push(...this.#waiting.splice(0, 1));
    this.grant();
    return () => {
      const index = this.#waiting.indexOf(wish);
      if (index >= 0) this.#waiting.splice(index, 1);
    };
  }

  /** Gives locks that no living tab holds to the tabs that wait for them. */
  grant(): void {
    for (const [name, { tab }] of this.#holders) if (!tab.isAlive) this.#holders.delete(name);
    for (const wish of [...this.#waiting]) {
      if (this.#holders.has(wish.name) || !wish.tab.isAlive) continue;
      this.#waiting.splice(this.#waiting.indexOf(wish), 1);
      this.#holders.set(wish.name, wish);
      void wish.held().then(() => {
        if (this.#holders.get(wish.name) === wish) this.#holders.delete(wish.name);
        this.grant();
      });
    }
  }
}

/** A tab that wants a lock, or has it. */
interface Wish {
  readonly name: string;
  readonly tab: Tab;
  readonly held: () => Promise<void>;
  readonly lost: () => void;
}

export class Tab {
  isAlive = true;
  visible = true;
  online = true;
  /** Tells that so many bytes of the last upload have gone out. */
  progress: (sent: number) => void = () => undefined;
  /** Told of every request, also of those that reach nobody. */
  onRequest: () => void = () => undefined;
  /** What is asked of the cache is never answered. */
  cacheHangs = false;
  /** The cache takes no more rows. */
  cacheIsFull = false;
  /** The network works, whatever `online` says. */
  lies = false;
  /** It keeps its locks, and nothing of it runs. */
  isFrozen = false;
  /** Steps that the tab may still take before it dies: each call of the cache or the server has two. */
  fuse = Number.POSITIVE_INFINITY;
  /** Steps that it has taken. */
  steps = 0;
  readonly #device: Device<Reached>;
  readonly #heard = new Set<(event: LifecycleEvent) => void>();
  readonly #later: (() => void)[] = [];
  readonly #lines = new Set<FakeLine>();
  readonly #channels = new Set<{ name: string; heard: (message: unknown) => void }>();

  constructor(device: Device<Reached>) {
    this.#device = device;
  }

  /** The tab is gone: nothing that it began is ever answered, and nothing of it runs any more. */
  kill(): void {
    this.isAlive = false;
    this.#device.tabs.delete(this);
    for (const line of this.#lines) line.leave();
    this.#device.grant();
  }

  set(state: { visible?: boolean; online?: boolean }): void {
    const back = state.online === true && !this.online;
    Object.assign(this, state);
    this.happen(back ? 'network' : 'change');
  }

  happen(event: LifecycleEvent): void {
    if (this.isAlive) for (const heard of [...this.#heard]) heard(event);
  }

  /** The tab was suspended and runs again: what waited for that happens now. */
  thaw(): void {
    this.isFrozen = false;
    for (const act of this.#later.splice(0)) act();
    this.happen('focus');
  }

  whenRunning(act: () => void): void {
    if (this.isFrozen) this.#later.push(act);
    else act();
  }

  ports(): Ports {
    const { clock, random, modern, openCache } = this.#device;
    const open = async (name: string) => this.#cache(openCache ? await openCache(name) : this.#shared(name));
    return {
      clock: {
        now: clock.now,
        elapsed: clock.elapsed,
        after: (ms, then) => clock.after(ms, () => this.isAlive && this.whenRunning(then)),
      },
      random,
      http: request => this.#http(request),
      lifecycle: {
        now: () => ({ visible: this.visible, online: this.online }),
        listen: heard => {
          this.#heard.add(heard);
          return () => this.#heard.delete(heard);
        },
      },
      socket: (url, protocols) => this.#connect(url, protocols),
      openCache: open,
      deleteCache: async name => void this.#device.rows.delete(name),
      ...(modern && { locks: this.#locks(), channel: (name: string) => this.#channel(name) }),
    };
  }

  /** Takes a step; answers `false` when the tab died of it. */
  #step(): boolean {
    if (!this.isAlive) return false;
    this.steps += 1;
    if (this.steps > this.fuse) this.kill();
    return this.isAlive;
  }

  #http(request: HttpRequest): HttpCall {
    let cancel: () => void = () => undefined;
    const cancelled = new Promise<HttpAnswer>((_, reject) => {
      cancel = () => reject(new Error('Cancelled.'));
    });
    cancelled.catch(() => undefined);
    const run = async (): Promise<HttpAnswer> => {
      await Promise.resolve();
      if (!this.#step()) return never();
      this.onRequest();
      if (request.onProgress) this.progress = request.onProgress;
      if (!this.online && !this.lies) throw new TypeError('Failed to fetch');
      const { clock, server } = this.#device;
      if (server.delay) await new Promise<void>(resolve => void clock.after(server.delay, resolve));
      await server.hold(request);
      const told = server.answer(request);
      // One in memory answers at once, and a step later as before.
      const answer = told instanceof Promise ? await told : told;
      await Promise.resolve();
      return this.#step() && answer !== 'silence' ? answer : never();
    };
    return { answer: Promise.race([run(), cancelled]), cancel };
  }

  #connect(url: string, protocols: string[]): LiveSocket {
    if (!/^wss?:/.test(url)) throw new SyntaxError('The URL is none of a WebSocket.');
    const run = (act: () => void) => this.whenRunning(() => this.isAlive && act());
    const line = this.#device.server.connect(protocols, run);
    this.#lines.add(line);
    if (!this.online && !this.lies) line.refuse();
    else line.open();
    return line;
  }

  #shared(name: string): Cache {
    const { rows } = this.#device;
    const kept = rows.get(name) ?? new Map<string, unknown>();
    rows.set(name, kept);
    return new MemoryCache(kept);
  }

  /** `cache` as this tab sees it: copies, as databases give, and an end in the middle of things. */
  #cache(cache: Cache): Cache {
    const guarded = async <T>(work: () => Promise<T>): Promise<T> => {
      if (!this.#step() || this.cacheHangs) return never();
      const answer = await work();
      return this.#step() ? answer : never();
    };
    return {
      durable: true,
      range: (...ranges) => guarded(async () => structuredClone(await cache.range(...ranges))),
      transact: (keys, decide) =>
        guarded(() =>
          cache.transact(keys, rows => this.#room(structuredClone(decide(structuredClone(rows))))),
        ),
      leave: write => cache.leave?.(write),
      close: () => cache.close(),
    };
  }

  /** `writes`, where there is room for them. */
  #room(writes: readonly Write[] | undefined): readonly Write[] | undefined {
    const full = this.cacheIsFull && writes?.some(write => 'put' in write);
    if (full) throw Object.assign(new Error('No room.'), { name: 'QuotaExceededError' });
    return writes;
  }

  #locks(): Locks {
    return {
      request: (name, held, lost, steal) => this.#device.lock({ name, tab: this, held, lost }, steal),
    };
  }

  #channel(name: string): Channel {
    const own = { name, heard: (_: unknown): void => undefined };
    this.#channels.add(own);
    return {
      post: message => {
        const copy = structuredClone(message);
        for (const tab of this.#device.tabs) if (tab !== this && this.isAlive) tab.#receive(name, copy);
      },
      listen: heard => {
        own.heard = heard;
      },
      close: () => this.#channels.delete(own),
    };
  }

  #receive(name: string, message: unknown): void {
    for (const channel of [...this.#channels]) {
      if (channel.name === name)
        queueMicrotask(() =>
          this.whenRunning(() => this.isAlive && this.#channels.has(channel) && channel.heard(message)),
        );
    }
  }
}
