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
  type Lifecycle,
  type Locks,
  type Ports,
  type Random,
} from '../src/index.ts';
import type { ManualClock } from './clock.ts';
import type { FakeServer } from './server.ts';

const never = <T>() => new Promise<T>(() => undefined);

/** What all tabs of one browser share: rows, locks, channels. */
export class Device {
  readonly rows = new Map<string, Map<string, unknown>>();
  readonly #holders = new Map<string, Tab>();
  readonly #waiting: { name: string; tab: Tab; held: () => Promise<void> }[] = [];
  readonly tabs = new Set<Tab>();
  readonly clock: ManualClock;
  readonly server: FakeServer;
  readonly random: Random;
  /** Replaces the shared rows, as with a real database. */
  openCache: ((name: string) => Promise<Cache>) | undefined;
  /** Whether tabs have locks and channels. */
  modern = true;

  constructor(clock: ManualClock, server: FakeServer, random: Random) {
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

  lock(name: string, tab: Tab, held: () => Promise<void>): () => void {
    const wish = { name, tab, held };
    this.#waiting.push(wish);
    this.grant();
    return () => {
      const index = this.#waiting.indexOf(wish);
      if (index >= 0) this.#waiting.splice(index, 1);
    };
  }

  /** Gives locks that nobody alive holds to whoever waits. */
  grant(): void {
    for (const [name, holder] of this.#holders) if (!holder.isAlive) this.#holders.delete(name);
    for (const wish of [...this.#waiting]) {
      if (this.#holders.has(wish.name) || !wish.tab.isAlive) continue;
      this.#waiting.splice(this.#waiting.indexOf(wish), 1);
      this.#holders.set(wish.name, wish.tab);
      void wish.held().then(() => {
        if (this.#holders.get(wish.name) === wish.tab) this.#holders.delete(wish.name);
        this.grant();
      });
    }
  }
}

type Event = Parameters<Parameters<Lifecycle['listen']>[0]>[0];

export class Tab {
  isAlive = true;
  visible = true;
  online = true;
  /** It keeps its locks, and nothing of it runs. */
  isFrozen = false;
  /** Steps that the tab may still take before it dies: each call of the cache or the server has two. */
  fuse = Number.POSITIVE_INFINITY;
  /** Steps that it has taken. */
  steps = 0;
  readonly #device: Device;
  readonly #heard = new Set<(event: Event) => void>();
  readonly #channels = new Set<{ name: string; heard: (message: unknown) => void }>();

  constructor(device: Device) {
    this.#device = device;
  }

  /** The tab is gone: nothing that it began is ever answered, and nothing of it runs any more. */
  kill(): void {
    this.isAlive = false;
    this.#device.tabs.delete(this);
    this.#device.grant();
  }

  set(state: { visible?: boolean; online?: boolean }): void {
    Object.assign(this, state);
    this.happen('change');
  }

  happen(event: Event): void {
    if (this.isAlive) for (const heard of [...this.#heard]) heard(event);
  }

  ports(): Ports {
    const { clock, random, modern, openCache } = this.#device;
    const open = async (name: string) => this.#cache(openCache ? await openCache(name) : this.#shared(name));
    return {
      clock: {
        now: clock.now,
        after: (ms, then) => clock.after(ms, () => this.isAlive && !this.isFrozen && then()),
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
      openCache: open,
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
      if (!this.online) throw new TypeError('Failed to fetch');
      const answer = this.#device.server.answer(request);
      await Promise.resolve();
      return this.#step() && answer !== 'silence' ? answer : never();
    };
    return { answer: Promise.race([run(), cancelled]), cancel };
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
      if (!this.#step()) return never();
      const answer = await work();
      return this.#step() ? answer : never();
    };
    return {
      durable: true,
      range: (...ranges) => guarded(async () => structuredClone(await cache.range(...ranges))),
      transact: (keys, decide) =>
        guarded(() => cache.transact(keys, rows => structuredClone(decide(structuredClone(rows))))),
      close: () => cache.close(),
    };
  }

  #locks(): Locks {
    return { request: (name, held) => this.#device.lock(name, this, held) };
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
        queueMicrotask(
          () => this.isAlive && !this.isFrozen && this.#channels.has(channel) && channel.heard(message),
        );
    }
  }
}
