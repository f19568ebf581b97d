/**
 * When to ask the server what is new, and asking it: one poll for everything, one in flight, one tab that does it.
 *
 * A tab wants to know every 3 s while a chat is open, every 10 s in the background or with only the list in view, every
 * 30 s after five minutes in which nobody did anything, and not at all when nothing is in view or it has been hidden for
 * an hour. After a poll that brought messages of others the next one comes in 3 s wherever it is wanted: its cursor is
 * what tells the server, and so the sender, that they were delivered. The server's `nextPollMs` is the shortest pause
 * between two polls: it says how lively the conversations are, and asks for longer pauses when it is short of capacity.
 * What cannot wait is asked at once: coming back, coming online, opening a chat, having sent something. Only `Retry-After`
 * holds that up.
 *
 * A tab that does not lead asks the leader; when no word comes (it may be frozen) it polls itself.
 */

import type { Core } from './core.ts';
import { type Problem, problemOf } from './errors.ts';
import type { Synced } from './generated/contract.ts';
import { SYNC } from './rows.ts';
import { absorb } from './sync.ts';
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
  /** When the server, or the pause after a failure, lets the next one be made; before that only what cannot wait is. */
  readonly due: number;
  /** Whether it brought messages of others, of which the server does not know yet that they are here. */
  readonly news?: boolean;
  /** What went wrong. */
  readonly problem?: Problem;
}

export class Poller {
  readonly #core: Core;
  readonly #backoff: Backoff;
  #report: Report = { at: Number.NEGATIVE_INFINITY, due: 0 };
  #running: Promise<void> | undefined;
  #again = false;
  #stopped = false;
  #activeAt: number;
  #hiddenAt = Number.POSITIVE_INFINITY;
  #wasThere = true;
  #callOff: (() => void) | undefined;

  constructor(core: Core) {
    this.#core = core;
    this.#backoff = new Backoff(core.ports.random);
    this.#activeAt = this.#now();
    core.tabs.listen(word => {
      if (word.is === 'polled') {
        this.#note(word.report as Report);
        this.plan();
      } else if (word.is === 'poll' && core.tabs.isLeading) this.#poll(word.urgent);
    });
    this.changed();
  }

  /** Somebody did something: the pauses are short again. */
  active(): void {
    this.#activeAt = this.#now();
    this.plan();
  }

  /** Visibility or being online changed. */
  changed(): void {
    const { visible, online } = this.#core.ports.lifecycle.now();
    this.#hiddenAt = visible ? Number.POSITIVE_INFINITY : Math.min(this.#hiddenAt, this.#now());
    const back = visible && online && !this.#wasThere;
    this.#wasThere = visible && online;
    if (back) this.now();
    else this.plan();
  }

  /** Asks at once; if that is `urgent` and a poll is under way, once more right after it. */
  now(urgent = true): void {
    const { tabs, ports } = this.#core;
    if (this.#stopped || !ports.lifecycle.now().online) return;
    const { at, problem } = this.#report;
    const notBefore = at + (problem?.retryAfterMs ?? 0);
    if (notBefore > this.#now()) return this.#schedule(notBefore);
    if (tabs.isLeading || !tabs.areHeard) return this.#poll(urgent);
    tabs.tell({ is: 'poll', urgent });
    this.#schedule(this.#now() + SILENCE_MS, () => this.#poll(true));
  }

  /** Plans the next poll from how things stand. */
  plan(): void {
    if (this.#stopped || this.#running) return;
    this.#callOff?.();
    const pause = this.#pause();
    const { at, due, problem } = this.#report;
    if (pause && this.#core.ports.lifecycle.now().online)
      this.#schedule(problem ? due : Math.max(at + pause, due));
  }

  stop(): void {
    this.#stopped = true;
    this.#callOff?.();
  }

  #now(): number {
    return this.#core.ports.clock.now();
  }

  /** How long this tab can do without news; `undefined` for ever. */
  #pause(): number | undefined {
    const wanted = this.#core.interest();
    const hidden = this.#now() - this.#hiddenAt;
    if (!wanted || hidden >= STOP_AFTER_MS) return undefined;
    if (this.#report.news) return OPEN_MS;
    if (this.#now() - this.#activeAt >= IDLE_AFTER_MS) return IDLE_MS;
    return wanted === 'chat' && hidden < 0 ? OPEN_MS : BACKGROUND_MS;
  }

  #schedule(at: number, then = () => this.now(false)): void {
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
    let report: Report;
    try {
      await this.#core.store.refresh();
      let answer: Synced | undefined;
      while (answer?.hasMore !== false && !this.#stopped) answer = await this.#once();
      this.#backoff.reset();
      const news = answer?.messages.some(({ senderId }) => senderId !== this.#core.me);
      report = { at: this.#now(), due: this.#now() + (answer?.nextPollMs ?? 0), news };
    } catch (error) {
      const problem = problemOf(error);
      report = { at: this.#now(), due: this.#now() + this.#backoff.next(problem.retryAfterMs), problem };
    }
    if (this.#stopped) return;
    this.#core.tabs.tell({ is: 'polled', report });
    this.#note(report);
  }

  /** One poll; `undefined` when its answer could not be taken in, and it is to be made again. */
  async #once(): Promise<Synced | undefined> {
    const { api, store } = this.#core;
    const { cursor } = store.mirror;
    try {
      const answer = await api.call('sync', { since: cursor });
      if (await absorb(this.#core, cursor, answer)) return answer;
      await store.reload();
    } catch (error) {
      if (problemOf(error).code !== 'invalid_cursor' || cursor === undefined) throw error;
      // The server does not know it, as after it was set up anew: everything is fetched again.
      await store.update('sync', [SYNC], row => row && { ...row, cursor: undefined, walking: true });
    }
    return undefined;
  }

  #note(report: Report): void {
    this.#report = report;
    this.#core.reported(report);
  }
}
