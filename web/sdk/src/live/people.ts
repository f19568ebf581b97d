/** Typing and presence, which a live connection reports besides messages. Neither is stored. */

import type { Core } from '../core.ts';
import type { Message, Presence } from '../generated/contract.ts';
import type { Cell } from '../observable.ts';
import type { ConversationsState, TypingState, UserPresence, WhoIsThere } from '../state.ts';
import type { ServerFrame } from './frames.ts';

/** How long typing lasts after the last report, since the report of its end may be lost. */
const TYPES_MS = 6000;
/** The most people in one request for online status, and the most in all. */
const ASKED = 50;
const MOST = 500;

/** The state for views. */
export interface PeopleCells {
  readonly typing: Cell<TypingState>;
  readonly presence: Cell<WhoIsThere>;
  /** The people whose presence is requested: the people of the list. */
  readonly conversations: Cell<ConversationsState>;
}

export class People {
  readonly #core: Core;
  readonly #cells: PeopleCells;
  /** Tells the other tabs. */
  readonly #changed: () => void;
  /** Timers that end typing unless it is reported again, by conversation and user. */
  readonly #ends = new Map<string, () => void>();
  readonly #asked = new Set<string>();
  /** People for whom a frame came during a request: the frame is newer. */
  readonly #newer = new Set<string>();
  #asking = false;

  constructor(core: Core, cells: PeopleCells, changed: () => void) {
    this.#core = core;
    this.#cells = cells;
    this.#changed = changed;
  }

  received(frame: ServerFrame): void {
    if (frame.op === 'typing') this.#types(frame.conversationId, frame.userId, frame.typing);
    if (frame.op !== 'presence') return;
    this.#newer.add(frame.userId);
    this.#show({ [frame.userId]: presenceOf(frame) });
  }

  /** A message arrived, so its sender has stopped typing. */
  wrote(messages: readonly Message[]): void {
    for (const { conversationId, senderId } of messages) this.#types(conversationId, senderId, false);
  }

  /** Takes over the state of the connected tab. */
  follow(typing: TypingState, presence: WhoIsThere): void {
    this.#cells.typing.set(typing);
    this.#cells.presence.set(presence);
  }

  /** Another conversation is on the screen, or none: typing in others is not reported. */
  watch(conversationId: string | undefined): void {
    for (const [id, users] of Object.entries(this.#cells.typing.get())) {
      if (id !== conversationId) for (const user of users) this.#types(id, user, false);
    }
  }

  /** A new connection is live: everybody's presence is requested again. */
  begin(): void {
    this.#asked.clear();
    this.ask();
  }

  /** Requests the status of people in the list for whom it was not requested yet. */
  ask(): void {
    const { items } = this.#cells.conversations.get();
    const pairs = items.filter(({ people }) => !people);
    const all = [...new Set(pairs.slice(0, MOST).map(({ person }) => person.id))];
    const people = all.filter(id => !this.#asked.has(id));
    // After a failure it is requested with the next connection.
    if (people.length > 0 && !this.#asking) this.#ask(people.slice(0, ASKED)).catch(() => undefined);
  }

  /** Clears everything: without a connection nothing is known. */
  forget(): void {
    for (const end of this.#ends.values()) end();
    this.#ends.clear();
    this.follow({}, {});
    this.#changed();
  }

  async #ask(ids: readonly string[]): Promise<void> {
    this.#asking = true;
    this.#newer.clear();
    for (const id of ids) this.#asked.add(id);
    try {
      const { people } = await this.#core.api.call('presence', { userIds: ids.join(',') });
      const known = new Map(people.map(person => [person.id, presenceOf(person)]));
      const asked = ids.filter(id => !this.#newer.has(id));
      this.#show(Object.fromEntries(asked.map(id => [id, known.get(id)])));
    } finally {
      this.#asking = false;
    }
    this.ask();
  }

  #show(changed: Readonly<Record<string, UserPresence | undefined>>): void {
    const all = Object.entries({ ...this.#cells.presence.get(), ...changed });
    this.#cells.presence.set(Object.fromEntries(all.filter(([, presence]) => presence)) as WhoIsThere);
    this.#changed();
  }

  #types(conversationId: string, userId: string, typing: boolean): void {
    const key = `${conversationId}/${userId}`;
    const before = this.#cells.typing.get();
    const users = before[conversationId] ?? [];
    this.#ends.get(key)?.();
    this.#ends.delete(key);
    if (typing) {
      const over = () => this.#types(conversationId, userId, false);
      this.#ends.set(key, this.#core.ports.clock.after(TYPES_MS, over));
    }
    if (users.includes(userId) === typing) return;
    const { [conversationId]: _, ...others } = before;
    const rest = typing ? [...users, userId] : users.filter(user => user !== userId);
    this.#cells.typing.set(rest.length > 0 ? { ...others, [conversationId]: rest } : others);
    this.#changed();
  }
}

function presenceOf({ state, lastActiveAt }: Pick<Presence, 'state' | 'lastActiveAt'>): UserPresence {
  const at = Date.parse(lastActiveAt ?? '');
  return { state, lastActiveAt: Number.isNaN(at) ? undefined : at };
}
