/**
 * When to ask the server what is new, and asking it: one poll for everything, one in flight, one tab that does it.
 *
 * A tab wants to know every 3 s while a chat is open, every 10 s in the background or with only the list in view, every
 * 30 s after five minutes in which nobody did anything, and not at all when nothing is in view or it has been hidden for
 * an hour. The server's `nextPollMs` is the shortest pause between two polls: it says how lively the conversations are,
 * and asks for longer pauses when it is short of capacity. What cannot wait is asked at once: coming back, coming online,
 * opening a chat, having sent something. Only `Retry-After` holds that up.
 *
 * A tab that does not lead asks the leader; when no word comes (it may be frozen) it polls itself.
 */

import type { Api } from './api.ts';
import { type Problem, problemOf } from './errors.ts';
import type { Clock, Lifecycle, Random } from './ports.ts';
import { SYNC, type SyncRow } from './rows.ts';
import type { Store } from './store.ts';
import { absorb } from './sync.ts';
import type { Tabs } from './tabs.ts';
import { Backoff } from './time.ts';

const OPEN_MS = 3000;
const BACKGROUND_MS = 10_000;
const IDLE_MS = 30_000;
const IDLE_AFTER_MS = 5 * 60_000;
const STOP_AFTER_MS = 60 * 60_000;
/** How long the leader may stay silent when it was asked. */
const SILENCE_MS = 5000;

/** How polling stands; the same in all tabs. */
export interface Report {
  /** When the last poll ended, Unix milliseconds. */
  readonly at: number;
  readonly nextPollMs: number;
  /** What went wrong, and when the next attempt is made. */
  readonly problem?: Problem;
  readonly retryAt?: number;
  /** No attempt before: the server said so. */
  readonly notBefore?: number;
}

/** What somebody looks at in this tab. */
export type Interest = 'chat' | 'list' | undefined;

export interface PollerParts {
  readonly api: Api;
  readonly store: Store;
  readonly tabs: Tabs;
  readonly clock: Clock;
  readonly random: Random;
  readonly lifecycle: Lifecycle;
  readonly me: string;
  readonly interest: () => Interest;
  readonly reported: (report: Report) => void;
}

export class Poller {
  readonly #parts: PollerParts;
  readonly #backoff: Backoff;
  #report: Report = { at: Number.NEGATIVE_INFINITY, nextPollMs: 0 };
  #running: Promise<void> | undefined;
  #again = false;
  #stopped = false;
  #activeAt: number;
  #hiddenAt: number | undefined;
  #online: boolean;
  #callOff: (() => void) | undefined;

  constructor(parts: PollerParts) {
    this.#parts = parts;
    this.#backoff = new Backoff(parts.random);
    this.#activeAt = parts.clock.now();
    const { visible, online } = parts.lifecycle.now();
    this.#hiddenAt = visible ? undefined : this.#activeAt;
    this.#online = online;
    parts.tabs.listen(word => {
      if (word.is === 'polled') this.#told(word.report as Report);
      else if (word.is === 'poll' && parts.tabs.isLeading) this.#asked(word.urgent);
    });
  }

  /** Somebody did something: the pauses are short again. */
  active(): void {
    const was = this.#parts.clock.now() - this.#activeAt;
    this.#activeAt = this.#parts.clock.now();
    if (was >= IDLE_AFTER_MS) this.plan();
  }

  /** Visibility or being online changed. */
  changed(): void {
    const { visible, online } = this.#parts.lifecycle.now();
    const back = (visible && this.#hiddenAt !== undefined) || (online && !this.#online);
    this.#online = online;
    if (!visible) this.#hiddenAt ??= this.#parts.clock.now();
    else this.#hiddenAt = undefined;
    if (back) this.now();
    else this.plan();
  }

  /** Asks at once; if that is `urgent` and a poll is under way, once more right after it. */
  now(urgent = true): void {
    if (this.#stopped || !this.#parts.lifecycle.now().online) return;
    const { clock, tabs } = this.#parts;
    const wait = (this.#report.notBefore ?? 0) - clock.now();
    if (wait > 0) return this.#schedule(wait);
    if (tabs.isLeading || !tabs.areHeard) return this.#asked(urgent);
    tabs.tell({ is: 'poll', urgent });
    this.#schedule(SILENCE_MS, () => this.#asked(true));
  }

  /** Plans the next poll from how things stand. */
  plan(): void {
    if (this.#stopped || this.#running) return;
    this.#callOff?.();
    const pause = this.#pause();
    if (pause === undefined || !this.#parts.lifecycle.now().online) return;
    const { at, nextPollMs, retryAt } = this.#report;
    const due = retryAt ?? at + Math.max(pause, nextPollMs);
    this.#schedule(Math.max(0, due - this.#parts.clock.now()));
  }

  stop(): void {
    this.#stopped = true;
    this.#callOff?.();
  }

  /** How long this tab can do without news; `undefined` for ever. */
  #pause(): number | undefined {
    const { clock, interest } = this.#parts;
    const wanted = interest();
    const hidden = this.#hiddenAt === undefined ? 0 : clock.now() - this.#hiddenAt;
    if (!wanted || hidden >= STOP_AFTER_MS) return undefined;
    if (clock.now() - this.#activeAt >= IDLE_AFTER_MS) return IDLE_MS;
    return wanted === 'chat' && this.#hiddenAt === undefined ? OPEN_MS : BACKGROUND_MS;
  }

  #asked(urgent: boolean): void {
    this.#again ||= urgent && this.#running !== undefined;
    this.#poll();
  }

  #schedule(ms: number, then = () => this.now(false)): void {
    this.#callOff?.();
    this.#callOff = this.#parts.clock.after(ms, then);
  }

  #poll(): void {
    this.#callOff?.();
    this.#running ??= this.#series().finally(() => {
      const again = this.#again && !this.#report.problem;
      this.#running = undefined;
      this.#again = false;
      if (again && !this.#stopped) this.#poll();
      else this.plan();
    });
  }

  /** Polls until nothing more waits. */
  async #series(): Promise<void> {
    const { clock, store, tabs } = this.#parts;
    let report: Report;
    try {
      await store.refresh();
      let answer = await this.#once();
      while (answer.hasMore && !this.#stopped) answer = await this.#once();
      this.#backoff.reset();
      report = { at: clock.now(), nextPollMs: answer.nextPollMs };
    } catch (error) {
      const problem = problemOf(error);
      if (this.#stopped || problem.code === 'signed_out') return;
      const wait = this.#backoff.next(problem.retryAfterMs);
      const { nextPollMs } = this.#report;
      const notBefore =
        problem.retryAfterMs === undefined ? {} : { notBefore: clock.now() + problem.retryAfterMs };
      report = { at: clock.now(), nextPollMs, problem, retryAt: clock.now() + wait, ...notBefore };
    }
    if (this.#stopped) return;
    tabs.tell({ is: 'polled', report });
    this.#note(report);
  }

  async #once(): Promise<{ hasMore: boolean; nextPollMs: number }> {
    const { api, store, clock, me } = this.#parts;
    const { cursor } = store.mirror.sync;
    try {
      const answer = await api.call('sync', cursor === undefined ? {} : { since: cursor });
      const taken = await absorb(store, me, clock.now(), cursor, answer);
      if (!taken) await store.reload();
      return { hasMore: answer.hasMore || !taken, nextPollMs: answer.nextPollMs };
    } catch (error) {
      if (problemOf(error).code !== 'invalid_cursor' || cursor === undefined) throw error;
      await this.#startAnew(cursor);
      return { hasMore: true, nextPollMs: 0 };
    }
  }

  /** The server does not know this cursor, as after it was set up anew: everything is fetched again. */
  async #startAnew(cursor: string): Promise<void> {
    await this.#parts.store.transact([SYNC], ([kept]) => {
      const row = kept as SyncRow | undefined;
      return row?.cursor === cursor
        ? [{ put: SYNC, value: { epoch: row.epoch, walking: false } }]
        : undefined;
    });
  }

  #told(report: Report): void {
    if (report.at < this.#report.at) return;
    this.#note(report);
    this.plan();
  }

  #note(report: Report): void {
    this.#report = report;
    this.#parts.reported(report);
  }
}
