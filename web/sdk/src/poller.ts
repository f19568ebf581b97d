/**
 * When to ask the server what is new, and asking it: one poll for everything, one in flight, one tab that does it.
 *
 * A tab wants to know every 3 s while a chat is open, every 10 s in the background or with only the list in view, every
 * 30 s after five minutes in which nobody did anything, and not at all when nothing is in view or it has been hidden for
 * an hour. After a poll that brought messages of others the next one comes in 3 s wherever it is wanted: its cursor is
 * what tells the server, and so the sender, that they were delivered. The server's `nextPollMs` is the shortest pause
 * between two polls: it says how lively the conversations are, and asks for longer pauses when it is short of capacity.
 * What cannot wait is asked at once: coming back, coming online, opening a chat, having sent something. Only `Retry-After`
 * holds that up, and for five minutes at most.
 *
 * All of this is measured by the time that passes: a clock that the device puts back holds nothing up. That the device
 * calls itself offline forbids nothing either: it may be wrong, and each attempt that fails makes the next pause longer.
 *
 * A tab that does not lead asks the leader, and takes its place when it does not run.
 */

import type { Core } from './core.ts';
import { type Problem, problemOf } from './errors.ts';
import type { LiveOffer, Synced } from './generated/contract.ts';
import { SYNC } from './rows.ts';
import { absorb } from './sync.ts';
import { Backoff, pauseOf } from './time.ts';

const OPEN_MS = 3000;
const BACKGROUND_MS = 10_000;
const IDLE_MS = 30_000;
const IDLE_AFTER_MS = 5 * 60_000;
const STOP_AFTER_MS = 60 * 60_000;
/** What somebody looks at in this tab. */
export type Interest = 'chat' | 'list' | undefined;

/** How a poll ended. */
interface Outcome {
  /** The pause, in milliseconds, after which the server lets the next one be made; before that only what cannot wait is. */
  readonly pause: number;
  /** Whether it brought messages of others, of which the server does not know yet that they are here. */
  readonly news?: boolean;
  /** What went wrong. */
  readonly problem?: Problem;
  /** There is more to fetch, and another poll follows at once. */
  readonly more?: boolean;
  /** The live connection that is offered; `null` when none is, `undefined` when nothing was said of it. */
  readonly live?: LiveOffer | null;
}

/** How polling stands. Times are those of `Clock.elapsed`, and differ from tab to tab. */
export interface Report extends Outcome {
  /** When the last poll ended. */
  readonly at: number;
}

/** What polling is for. */
export interface Watcher {
  interest(): Interest;
  /** A poll has ended. */
  reported(report: Report): void;
  /** A fresh start takes more requests: what is on the screen need not wait for its turn in them. */
  refreshOpenChats(): Promise<void>;
}

export class Poller {
  readonly #core: Core;
  readonly #backoff: Backoff;
  readonly #watcher: Watcher;
  #report: Report = { at: Number.NEGATIVE_INFINITY, pause: 0 };
  #succeededAt = Number.NEGATIVE_INFINITY;
  #running: Promise<void> | undefined;
  #again = false;
  #stopped = false;
  #activeAt: number;
  #hiddenAt = Number.POSITIVE_INFINITY;
  #wasVisible = true;
  #wasOnline = true;
  #offlineSince: number | undefined;
  #callOff: (() => void) | undefined;
  #relaxed: number | undefined;

  constructor(core: Core, watcher: Watcher) {
    this.#core = core;
    this.#watcher = watcher;
    this.#backoff = new Backoff(core.ports.random);
    this.#activeAt = this.#now();
    core.tabs.listen(message => {
      if (message.is === 'polled') {
        this.#note(message.outcome as Outcome);
        this.plan();
      } else if (message.is === 'poll' && core.tabs.isLeading) this.#poll(message.urgent);
    });
    this.changed();
  }

  /** When a poll was answered last, by `Clock.elapsed`. */
  get succeededAt(): number {
    return this.#succeededAt;
  }

  /** How often it polls beside a live connection, in milliseconds; `undefined` without one. */
  get relaxed(): number | undefined {
    return this.#relaxed;
  }

  /** Whether anything is to be shown, so that news are wanted at all. */
  get isWanted(): boolean {
    return this.#pause() !== undefined;
  }

  /** Polls that rarely, since a live connection brings what changes; as without one for `undefined`. */
  relax(ms: number | undefined): void {
    const before = this.#relaxed;
    this.#relaxed = ms;
    // All clients of a server lose it at one moment: they ask over the time in which they would have asked without it.
    if (this.isWanted && (ms ?? 0) < (before ?? 0))
      this.#schedule(this.#now() + this.#core.ports.random() * OPEN_MS);
    else if (ms !== before) this.plan();
  }

  /** Takes in an answer to `cursor` that came over a live connection, as one to a poll. */
  async take(cursor: string | undefined, answer: Synced): Promise<void> {
    if (!(await absorb(this.#core, cursor, answer))) return this.#core.store.refresh();
    this.#tell({ pause: pauseOf(answer.nextPollMs) });
    this.plan();
  }

  /** Something was sent. A live connection brings what came of it, unless it wants polls beside it every minute. */
  sent(): void {
    if (!((this.#relaxed ?? 0) > 60_000)) this.pollNow();
  }

  /** Somebody did something: the pauses are short again. */
  active(): void {
    this.#activeAt = this.#now();
    this.plan();
  }

  /** Since when the device says that it is offline, by `Clock.elapsed`; `undefined` when it does not, or is wrong. */
  get offlineSince(): number | undefined {
    const since = this.#offlineSince;
    return since !== undefined && this.#succeededAt > since ? undefined : since;
  }

  /** Visibility or being online may have changed. Answers whether it asks at once. */
  changed(): boolean {
    const { visible, online } = this.#core.ports.lifecycle.now();
    this.#hiddenAt = visible ? Number.POSITIVE_INFINITY : Math.min(this.#hiddenAt, this.#now());
    this.#offlineSince = online ? undefined : (this.#offlineSince ?? this.#now());
    const back = visible && (!this.#wasVisible || (online && !this.#wasOnline));
    this.#wasVisible = visible;
    this.#wasOnline = online;
    if (back) this.pollNow();
    else this.plan();
    return back;
  }

  /** Asks at once; if that is `urgent` and a poll is under way, once more right after it. */
  pollNow(urgent = true): void {
    const { tabs } = this.#core;
    if (this.#stopped) return;
    const { at, problem } = this.#report;
    const notBefore = at + (problem?.retryAfterMs ?? 0);
    if (notBefore > this.#now()) return this.#schedule(notBefore);
    if (tabs.isLeading || !tabs.areHeard) return this.#poll(urgent);
    tabs.post({ is: 'poll', urgent });
    tabs.ensureLeader();
    // Asked again in time, should that message be lost.
    this.#schedule(this.#now() + BACKGROUND_MS);
  }

  /** Plans the next poll from how things stand. */
  plan(): void {
    if (this.#stopped || this.#running) return;
    this.#callOff?.();
    const wanted = this.#pause();
    const { at, pause, problem } = this.#report;
    if (wanted) this.#schedule(at + (problem ? pause : Math.max(wanted, pause)));
  }

  stop(): void {
    this.#stopped = true;
    this.#callOff?.();
  }

  #now(): number {
    return this.#core.ports.clock.elapsed();
  }

  /** How long this tab can do without news; `undefined` for ever. */
  #pause(): number | undefined {
    const wanted = this.#watcher.interest();
    const hidden = this.#now() - this.#hiddenAt;
    if (!wanted || hidden >= STOP_AFTER_MS) return undefined;
    if (this.#relaxed) return this.#relaxed;
    if (this.#report.news) return OPEN_MS;
    if (this.#now() - this.#activeAt >= IDLE_AFTER_MS) return IDLE_MS;
    return wanted === 'chat' && hidden < 0 ? OPEN_MS : BACKGROUND_MS;
  }

  #schedule(at: number, then = () => this.pollNow(false)): void {
    this.#callOff?.();
    this.#callOff = this.#core.ports.clock.after(Math.max(0, at - this.#now()), then);
  }

  #poll(urgent: boolean): void {
    this.#callOff?.();
    if (this.#running) this.#again ||= urgent;
    this.#running ??= this.#series().finally(() => {
      const again = this.#again && !this.#report.problem && !this.#stopped;
      this.#running = undefined;
      this.#again = false;
      if (again) this.#poll(false);
      else this.plan();
    });
  }

  /** Polls until nothing more waits. */
  async #series(): Promise<void> {
    let outcome: Outcome;
    try {
      await this.#core.store.refresh();
      outcome = await this.#untilEnd();
    } catch (error) {
      const problem = problemOf(error);
      const pause = this.#backoff.next(problem.retryAfterMs);
      // Where the device says so, too, there is hardly a connection.
      outcome = { pause: this.offlineSince === undefined ? pause : 2 * pause, problem };
    }
    if (!this.#stopped) this.#tell(outcome);
  }

  async #untilEnd(): Promise<Outcome> {
    let answer: Synced | undefined;
    while (answer?.hasMore !== false && !this.#stopped) {
      answer = await this.#once();
      this.#backoff.reset();
      if (answer?.hasMore !== true || this.#stopped) continue;
      // The first of many answers is a sign of life already.
      this.#tell({ pause: 0, more: true });
      await this.#watcher.refreshOpenChats();
    }
    const news = answer?.messages.some(({ senderId }) => senderId !== this.#core.me);
    return { pause: pauseOf(answer?.nextPollMs), news, live: answer?.live ?? null };
  }

  #tell(outcome: Outcome): void {
    this.#core.tabs.post({ is: 'polled', outcome });
    this.#note(outcome);
  }

  /** One poll; `undefined` when its answer could not be taken in, and it is to be made again. */
  async #once(): Promise<Synced | undefined> {
    const { api, store } = this.#core;
    const { cursor } = store.mirror;
    try {
      const answer = await api.call('sync', { since: cursor });
      if (await absorb(this.#core, cursor, answer)) return answer;
      await store.refresh();
    } catch (error) {
      if (problemOf(error).code !== 'invalid_cursor' || cursor === undefined) throw error;
      // The server does not know it, as after it was set up anew: everything is fetched again.
      await store.update('sync', [SYNC], row => row && { ...row, cursor: undefined, walking: true });
    }
    return undefined;
  }

  #note(outcome: Outcome): void {
    const at = this.#now();
    if (!outcome.problem) this.#succeededAt = at;
    this.#report = { ...outcome, at };
    this.#watcher.reported(this.#report);
  }
}
