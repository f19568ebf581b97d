/**
 * When to poll, and the polls: one for all conversations, one in flight, made by one tab.
 *
 * A tab wants a poll every 3 s while a chat is open, every 10 s in the background or with only the list in view, every 30 s
 * after five minutes without activity, and none when nothing is in view or it has been hidden for an hour. After a poll that
 * brought messages of others the next one comes in 3 s if polls are wanted at all: its cursor proves to the server, and so
 * to the sender, that they were delivered. The server's `nextPollMs` is the shortest pause between two polls: it depends on
 * the activity in the conversations, and is longer when the server is overloaded. Coming back, coming online, opening a chat
 * and having sent something poll at once. Only `Retry-After` delays that, for at most five minutes.
 *
 * All of this is measured by a monotonic clock: setting the device's clock back delays nothing. A device that calls itself
 * offline may be wrong, so polls continue; each failed attempt makes the next pause longer.
 *
 * A tab that does not lead asks the leader, and takes its place if it does not run.
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
/** What is on the screen of this tab. */
export type Interest = 'chat' | 'list' | undefined;

/** The outcome of a poll. */
interface PollOutcome {
  /** The pause, in milliseconds, that the server asks for before the next poll; only urgent ones come sooner. */
  readonly pause: number;
  /** Whether it brought messages of others, whose delivery the server does not know yet. */
  readonly news?: boolean;
  /** What went wrong. */
  readonly problem?: Problem;
  /** There is more to fetch, and another poll follows at once. */
  readonly more?: boolean;
  /** The offered live connection; `null` if none is offered, `undefined` if the answer does not say. */
  readonly live?: LiveOffer | null;
}

/** The state of polling. Times are those of `Clock.elapsed`, and differ from tab to tab. */
export interface PollReport extends PollOutcome {
  /** When the last poll ended. */
  readonly at: number;
}

/** The receiver of polling's results. */
export interface Watcher {
  interest(): Interest;
  /** A poll has ended. */
  reported(report: PollReport): void;
  /** A full sync takes several requests, so the chats on the screen are fetched separately. */
  refreshOpenChats(): Promise<void>;
}

export class Poller {
  readonly #core: Core;
  readonly #backoff: Backoff;
  readonly #watcher: Watcher;
  #report: PollReport = { at: Number.NEGATIVE_INFINITY, pause: 0 };
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
        this.#note(message.outcome as PollOutcome);
        this.plan();
      } else if (message.is === 'poll' && core.tabs.isLeading) this.#poll(message.urgent);
    });
    this.changed();
  }

  /** When a poll was answered last, by `Clock.elapsed`. */
  get succeededAt(): number {
    return this.#succeededAt;
  }

  /** The interval of polls during a live connection, in milliseconds; `undefined` without one. */
  get relaxed(): number | undefined {
    return this.#relaxed;
  }

  /** Whether anything is shown, so that polls are wanted at all. */
  get isWanted(): boolean {
    return this.#pause() !== undefined;
  }

  /** Polls at this interval, since a live connection brings changes; `undefined` ends that. */
  relax(ms: number | undefined): void {
    const before = this.#relaxed;
    this.#relaxed = ms;
    // All clients of a server lose it at the same moment, so their polls are spread over an ordinary interval.
    if (this.isWanted && (ms ?? 0) < (before ?? 0))
      this.#schedule(this.#now() + this.#core.ports.random() * OPEN_MS);
    else if (ms !== before) this.plan();
  }

  /** Applies an answer to `cursor` that came over a live connection, like that of a poll. */
  async take(cursor: string | undefined, answer: Synced): Promise<void> {
    if (!(await absorb(this.#core, cursor, answer))) return this.#core.store.refresh();
    this.#tell({ pause: pauseOf(answer.nextPollMs) });
    this.plan();
  }

  /** Something was sent. A live connection brings the result, unless it only pokes and wants polls every minute. */
  sent(): void {
    if (!((this.#relaxed ?? 0) > 60_000)) this.pollNow();
  }

  /** The user was active: the pauses are short again. */
  active(): void {
    this.#activeAt = this.#now();
    this.plan();
  }

  /** Since when the device has called itself offline, by `Clock.elapsed`; `undefined` if it does not, or is wrong. */
  get offlineSince(): number | undefined {
    const since = this.#offlineSince;
    return since !== undefined && this.#succeededAt > since ? undefined : since;
  }

  /** Visibility or being online may have changed. Returns whether it polls at once. */
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

  /** Polls at once; if that is `urgent` and a poll is in flight, once more right after it. */
  pollNow(urgent = true): void {
    const { tabs } = this.#core;
    if (this.#stopped) return;
    const { at, problem } = this.#report;
    const notBefore = at + (problem?.retryAfterMs ?? 0);
    if (notBefore > this.#now()) return this.#schedule(notBefore);
    if (tabs.isLeading || !tabs.areHeard) return this.#poll(urgent);
    tabs.post({ is: 'poll', urgent });
    tabs.ensureLeader();
    // Asks again later, in case that message is lost.
    this.#schedule(this.#now() + BACKGROUND_MS);
  }

  /** Plans the next poll from the current state. */
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

  /** How long this tab can do without a poll; `undefined` for ever. */
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

  /** Polls until there is nothing more to fetch. */
  async #series(): Promise<void> {
    let outcome: PollOutcome;
    try {
      await this.#core.store.refresh();
      outcome = await this.#untilEnd();
    } catch (error) {
      const problem = problemOf(error);
      const pause = this.#backoff.next(problem.retryAfterMs);
      // If the device also calls itself offline, a connection is unlikely.
      outcome = { pause: this.offlineSince === undefined ? pause : 2 * pause, problem };
    }
    if (!this.#stopped) this.#tell(outcome);
  }

  async #untilEnd(): Promise<PollOutcome> {
    let answer: Synced | undefined;
    while (answer?.hasMore !== false && !this.#stopped) {
      answer = await this.#once();
      this.#backoff.reset();
      if (answer?.hasMore !== true || this.#stopped) continue;
      // The first of several answers already counts as a sign of life.
      this.#tell({ pause: 0, more: true });
      await this.#watcher.refreshOpenChats();
    }
    const news = answer?.messages.some(({ senderId }) => senderId !== this.#core.me);
    return { pause: pauseOf(answer?.nextPollMs), news, live: answer?.live ?? null };
  }

  #tell(outcome: PollOutcome): void {
    this.#core.tabs.post({ is: 'polled', outcome });
    this.#note(outcome);
  }

  /** One poll; `undefined` if its answer could not be applied, and it has to be repeated. */
  async #once(): Promise<Synced | undefined> {
    const { api, store } = this.#core;
    const { cursor } = store.mirror;
    try {
      const answer = await api.call('sync', { since: cursor });
      if (await absorb(this.#core, cursor, answer)) return answer;
      await store.refresh();
    } catch (error) {
      if (problemOf(error).code !== 'invalid_cursor' || cursor === undefined) throw error;
      // The server does not know the cursor, for instance because it was set up again: everything is fetched again.
      await store.update('sync', [SYNC], row => row && { ...row, cursor: undefined, walking: true });
    }
    return undefined;
  }

  #note(outcome: PollOutcome): void {
    const at = this.#now();
    if (!outcome.problem) this.#succeededAt = at;
    this.#report = { ...outcome, at };
    this.#watcher.reported(this.#report);
  }
}
