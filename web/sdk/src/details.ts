/**
 * The person and job of a chat, and whether one may write in it, where polls do not say so: before the first message, for
 * another job than before, once its job is closed, and in crews. The server is asked while the chat is open, and again after
 * a minute.
 *
 * For a crew it is asked again when something happened in it, and regularly, since polls do not bring how far each member
 * has read.
 */

import type { Core } from './core.ts';
import type { Conversation, ConversationDetails } from './generated/contract.ts';
import { isCrew } from './ids.ts';
import { details, membersOf } from './messageCalls.ts';
import type { Member, Person } from './state.ts';

const AGAIN_MS = 60_000;
/** The same for a crew: at the earliest, and at the latest. */
const SOON_MS = 5000;
/** The longest pause before the server is asked about a crew again, whatever happened. */
const CREW_MS = 15_000;

/** What is known of a crew. */
interface Crew {
  readonly people: readonly Person[];
  readonly members?: readonly Member[];
}

export class Details {
  readonly #core: Core;
  readonly #other: string;
  readonly #job: number | undefined;
  /** Asks again, if the chat is still open. */
  readonly #again: () => void;
  #answer: Partial<ConversationDetails> | undefined;
  #askedAt = Number.NEGATIVE_INFINITY;
  #crew: Crew | undefined;
  #callOff = (): void => undefined;
  /** The crew's stored row when the server was last asked, and when names were last taken from it. */
  #seen: Conversation | undefined;
  #named: Conversation | undefined;

  constructor(core: Core, other: string, job: number | undefined, again: () => void) {
    this.#core = core;
    this.#other = other;
    this.#job = job;
    this.#again = again;
  }

  /** A crew's members, and everybody whose name is known. `undefined` before the server has answered. */
  crew(kept: Conversation | undefined): Crew | undefined {
    if (!this.#crew) return undefined;
    if (kept !== this.#named) {
      this.#named = kept;
      this.#updateCrew(kept, undefined);
    }
    return this.#crew;
  }

  /**
   * The details that `kept`, the conversation as polls brought it, lacks: `undefined` if it lacks none, `{}` before the server
   * has answered.
   */
  missing(kept: Conversation | undefined): Partial<ConversationDetails> | undefined {
    const job = kept?.job;
    const isKept = kept && job?.status !== 'closed' && (this.#job === undefined || this.#job === job?.id);
    if (!isKept || isCrew(this.#other)) return this.#answer ?? {};
    // An older answer must not come back when the conversation lacks something later.
    this.#answer = undefined;
    return undefined;
  }

  /** Asks, unless the stored row has it or the answer is recent. Returns whether something changed. */
  async ask(kept: () => Conversation | undefined): Promise<boolean> {
    const now = this.#core.ports.clock.elapsed();
    if (!this.missing(kept()) || now - this.#askedAt < this.#pause(kept())) return false;
    const askedAt = this.#askedAt;
    this.#askedAt = now;
    this.#seen = kept();
    // The server does not list the members of a crew before its first message.
    const members = isCrew(this.#other) && this.#askMembers(kept() !== undefined);
    const answer = await details(this.#core, this.#other, this.#job);
    if (answer) this.#answer = answer;
    else this.#askedAt = askedAt;
    if (members) this.#updateCrew(kept(), await members);
    return answer !== undefined || members !== false;
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
  #updateCrew(kept: Conversation | undefined, members: readonly Member[] | undefined): void {
    const named = [this.#crew?.people, this.#answer?.conversation?.people, kept?.people, members];
    const people = new Map<string, Person>();
    for (const { id, name, avatarUrl } of named.flatMap(some => some ?? []))
      people.set(id, { id, name, avatarUrl });
    const fresh = { people: [...people.values()], members: members ?? this.#crew?.members };
    // Views that depend on names are rendered again only if the names differ, not with each answer.
    this.#crew = {
      people: keepIfEqual(this.#crew?.people, fresh.people),
      members: keepIfEqual(this.#crew?.members, fresh.members),
    };
  }
}

/** `before` if both are equal, so that views see no change; otherwise `after`. */
function keepIfEqual<T>(before: T | undefined, after: T): T {
  return before && JSON.stringify(before) === JSON.stringify(after) ? before : after;
}
