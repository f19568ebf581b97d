/**
 * Who a chat is with, about which job, and whether one may write in it, where polls do not say so: before anything was
 * written, about another job than it was about so far, and once its job is closed. The server is asked while the chat is
 * open, and again after a minute.
 */

import type { Core } from './core.ts';
import type { Conversation, ConversationDetails } from './generated/contract.ts';
import { details } from './telling.ts';

const AGAIN_MS = 60_000;

export class Introduction {
  readonly #core: Core;
  readonly #other: string;
  readonly #job: number | undefined;
  #told: Partial<ConversationDetails> | undefined;
  #askedAt = Number.NEGATIVE_INFINITY;

  constructor(core: Core, other: string, job: number | undefined) {
    this.#core = core;
    this.#other = other;
    this.#job = job;
  }

  /** What the server said, where `kept` does not say it. */
  get(kept: Conversation | undefined): Partial<ConversationDetails> | undefined {
    const job = kept?.job;
    const isTold = kept && job?.status !== 'closed' && (this.#job === undefined || this.#job === job?.id);
    if (isTold) this.#told = undefined;
    return isTold ? undefined : (this.#told ?? {});
  }

  /** Asks, unless what is kept says it or the answer is not a minute old. Answers whether there is news. */
  async ask(kept: () => Conversation | undefined): Promise<boolean> {
    const now = this.#core.ports.clock.elapsed();
    if (!this.get(kept()) || now - this.#askedAt < AGAIN_MS) return false;
    const askedAt = this.#askedAt;
    this.#askedAt = now;
    const told = await details(this.#core, this.#other, this.#job);
    if (told) this.#told = told;
    else this.#askedAt = askedAt;
    return told !== undefined;
  }
}
