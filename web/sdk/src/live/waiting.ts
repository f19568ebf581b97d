/**
 * Polls that wait, where something in between lets no live connection through: the server holds its answer until
 * something changed. One at a time, for all tabs. What it brings is taken in as from any poll, and says when the next
 * ordinary poll is due: so those go on by themselves, soon after this brings nothing any more.
 *
 * A proxy may end requests that take long, and a server may have no room for another one that waits. Where that
 * happens again and again ordinary polls are all there is for a while.
 */

import type { LiveOffer, Synced } from '../generated/contract.ts';
import type { LiveParts } from './parts.ts';
import { Pauses } from './pauses.ts';

/** How long the server holds an answer, in seconds. */
const WAIT_S = 20;
/** An answer that brings nothing and comes sooner than this, in milliseconds, was not held. */
const HELD_MS = 5000;
/** How long after an answer an ordinary poll is made, in milliseconds: later than the next answer comes. */
const REST_MS = 30_000;
/** What a connection ends with that breaks. */
const BROKEN = 1006;

/** What waiting is told by the live connection that is in its place otherwise. */
export interface Blocked {
  /** Whether polls are to wait now. */
  waits(): boolean;
  /** A poll was answered, with this offer or with none. */
  offered(offer: LiveOffer | null): void;
  /** One has failed: ordinary polls say when the server is there again. */
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

  /** Begins, if that is wanted now. It ends by itself when it is not wanted any more. */
  look(): void {
    if (this.#isRunning || !this.#blocked.waits()) return;
    this.#callOff();
    const wait = this.#notBefore - this.#now();
    if (wait > 0) this.#callOff = this.#parts.ports.clock.after(wait, () => this.look());
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
      // Ordinary polls tell of what lasts, and keep the pauses that a server asks for.
      works = false;
    }
    this.#isRunning = false;
    if (works || !this.#blocked.waits()) return;
    this.#notBefore = this.#now() + this.#pauses.after(BROKEN, undefined, this.#now());
    this.#blocked.failed();
    this.#parts.poller.pollNow(false);
  }

  /** One poll that waits. Answers whether it was held, or brought something. */
  async #once(): Promise<boolean> {
    const { api, poller, store } = this.#parts;
    const since = store.mirror.cursor;
    const begun = this.#now();
    const answer = await api.call('sync', { since, wait: WAIT_S });
    this.#blocked.offered(answer.live ?? null);
    const wasHeld = this.#now() - begun >= HELD_MS;
    const goesOn = (wasHeld || isNews(answer)) && this.#blocked.waits();
    await poller.take(since, goesOn ? { ...answer, nextPollMs: REST_MS } : answer);
    // What was not kept would come again at once, for ever.
    return wasHeld || (isNews(answer) && store.mirror.cursor !== since);
  }
}

function isNews({ conversations, messages, hasMore }: Synced): boolean {
  return conversations.length > 0 || messages.length > 0 || hasMore;
}
