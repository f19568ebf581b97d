/**
 * Long polls, where a proxy blocks live connections: the server holds its answer until something changed. There is one at a
 * time, for all tabs. Its answer is applied like that of any poll, and postpones the next ordinary poll; so ordinary polls
 * continue by themselves soon after long polls bring nothing any more.
 *
 * A proxy may cut long requests, and a server may refuse another one that waits. If that happens repeatedly, there are only
 * ordinary polls for a while.
 */

import type { LiveOffer, Synced } from '../generated/contract.ts';
import type { LiveParts } from './parts.ts';
import { Pauses } from './pauses.ts';

/** How long the server holds an answer, in seconds. */
const WAIT_S = 20;
/** An empty answer that comes sooner than this, in milliseconds, was not held. */
const HELD_MS = 5000;
/** How long after an answer an ordinary poll is due, in milliseconds: after the next answer normally comes. */
const REST_MS = 30_000;
/** The closing code of a broken connection. */
const BROKEN = 1006;

/** The live connection, which long polls replace. */
export interface Blocked {
  /** Whether polls are to wait now. */
  waits(): boolean;
  /** A poll was answered, with this offer or with none. */
  offered(offer: LiveOffer | null): void;
  /** A long poll has failed: ordinary polls show when the server can be reached again. */
  failed(): void;
}

export class Waiting {
  readonly #parts: LiveParts;
  readonly #blocked: Blocked;
  readonly #pauses: Pauses;
  #isRunning = false;
  #notBefore = Number.NEGATIVE_INFINITY;
  #callOff = (): void => undefined;

  constructor(parts: LiveParts, blocked: Blocked) {
    this.#parts = parts;
    this.#blocked = blocked;
    this.#pauses = new Pauses(parts.ports.random);
  }

  /** Begins, if long polls are wanted now. They end by themselves when they are not. */
  update(): void {
    if (this.#isRunning || !this.#blocked.waits()) return;
    this.#callOff();
    const wait = this.#notBefore - this.#now();
    if (wait > 0) this.#callOff = this.#parts.ports.clock.after(wait, () => this.update());
    else void this.#run();
  }

  stop(): void {
    this.#callOff();
  }

  #now(): number {
    return this.#parts.ports.clock.elapsed();
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    let works = true;
    try {
      while (works && this.#blocked.waits()) works = await this.#once();
    } catch {
      // Ordinary polls report lasting problems, and respect the pauses that a server asks for.
      works = false;
    }
    this.#isRunning = false;
    if (works || !this.#blocked.waits()) return;
    this.#notBefore = this.#now() + this.#pauses.after(BROKEN, undefined, this.#now());
    this.#blocked.failed();
    this.#parts.poller.pollNow(false);
  }

  /** One long poll. Returns whether it was held, or brought something. */
  async #once(): Promise<boolean> {
    const { api, poller, store } = this.#parts;
    const since = store.mirror.cursor;
    const begun = this.#now();
    const answer = await api.call('sync', { since, wait: WAIT_S });
    this.#blocked.offered(answer.live ?? null);
    const wasHeld = this.#now() - begun >= HELD_MS;
    const goesOn = (wasHeld || isNews(answer)) && this.#blocked.waits();
    await poller.take(since, goesOn ? { ...answer, nextPollMs: REST_MS } : answer);
    // An answer that was not stored would come again at once, for ever.
    return wasHeld || (isNews(answer) && store.mirror.cursor !== since);
  }
}

function isNews({ conversations, messages, hasMore }: Synced): boolean {
  return conversations.length > 0 || messages.length > 0 || hasMore;
}
