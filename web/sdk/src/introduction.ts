/**
 * Who a chat is with, about which job, and whether one may write in it, where polls do not say so: before anything was
 * written, about another job than it was about so far, once its job is closed, and in crews. The server is asked while the
 * chat is open, and again after a minute.
 *
 * Of a crew it is asked again when something happened in it, and every while, for how far each member has read is no part of
 * what polls bring.
 */

import type { Core } from './core.ts';
import type { Conversation, ConversationDetails } from './generated/contract.ts';
import { isCrew } from './ids.ts';
import type { Member, Person } from './state.ts';
import { details, membersOf } from './telling.ts';

const AGAIN_MS = 60_000;
/** The same of a crew, at the earliest and in any case. */
const SOON_MS = 5000;
const CREW_MS = 15_000;

/** What is known of a crew. */
interface Crew {
  readonly people: readonly Person[];
  readonly members?: readonly Member[];
}

export class Introduction {
  readonly #core: Core;
  readonly #other: string;
  readonly #job: number | undefined;
  /** Asks again, if the chat is still open. */
  readonly #again: () => void;
  #told: Partial<ConversationDetails> | undefined;
  #askedAt = Number.NEGATIVE_INFINITY;
  #crew: Crew | undefined;
  #callOff = (): void => undefined;
  /** What was kept of the crew when the server was asked last, and when names were taken from it. */
  #seen: Conversation | undefined;
  #named: Conversation | undefined;

  constructor(core: Core, other: string, job: number | undefined, again: () => void) {
    this.#core = core;
    this.#other = other;
    this.#job = job;
    this.#again = again;
  }

  /** Of a crew: who is in it, and everybody of whom the name is known. `undefined` before the server has told. */
  crew(kept: Conversation | undefined): Crew | undefined {
    if (!this.#crew) return undefined;
    if (kept !== this.#named) {
      this.#named = kept;
      this.#tellCrew(kept, undefined);
    }
    return this.#crew;
  }

  /** What the server said, where `kept` does not say it. */
  get(kept: Conversation | undefined): Partial<ConversationDetails> | undefined {
    const job = kept?.job;
    const isTold = kept && job?.status !== 'closed' && (this.#job === undefined || this.#job === job?.id);
    if (isTold && !isCrew(this.#other)) this.#told = undefined;
    else return this.#told ?? {};
    return undefined;
  }

  /** Asks, unless what is kept says it or the answer is recent. Answers whether there is news. */
  async ask(kept: () => Conversation | undefined): Promise<boolean> {
    const now = this.#core.ports.clock.elapsed();
    if (!this.get(kept()) || now - this.#askedAt < this.#pause(kept())) return false;
    const askedAt = this.#askedAt;
    this.#askedAt = now;
    this.#seen = kept();
    // Nobody is told who is in a crew before something was written in it.
    const members = isCrew(this.#other) && this.#askMembers(kept() !== undefined);
    const told = await details(this.#core, this.#other, this.#job);
    if (told) this.#told = told;
    else this.#askedAt = askedAt;
    if (members) this.#tellCrew(kept(), await members);
    return told !== undefined || members !== false;
  }

  /** How old an answer is, at least, before the server is asked again. */
  #pause(kept: Conversation | undefined): number {
    if (!isCrew(this.#other)) return AGAIN_MS;
    return kept === this.#seen ? CREW_MS : SOON_MS;
  }

  async #askMembers(hasBegun: boolean): Promise<readonly Member[] | undefined> {
    this.#callOff();
    this.#callOff = this.#core.ports.clock.after(CREW_MS, this.#again);
    return hasBegun ? membersOf(this.#core, this.#other) : undefined;
  }

  /** If the server cannot be asked, its last answer applies. */
  #tellCrew(kept: Conversation | undefined, members: readonly Member[] | undefined): void {
    const named = [this.#crew?.people, this.#told?.conversation?.people, kept?.people, members];
    const people = new Map<string, Person>();
    for (const { id, name, avatarUrl } of named.flatMap(some => some ?? []))
      people.set(id, { id, name, avatarUrl });
    const told = { people: [...people.values()], members: members ?? this.#crew?.members };
    // Views that depend on names are drawn anew when these are others, and not with each answer.
    this.#crew = {
      people: unless(this.#crew?.people, told.people),
      members: unless(this.#crew?.members, told.members),
    };
  }
}

/** `after`, unless `before` says the same. */
function unless<T>(before: T | undefined, after: T): T {
  return before && JSON.stringify(before) === JSON.stringify(after) ? before : after;
}
