/** What the server in memory answers to polls, and to requests for lists and older messages. */

import type { Message } from '../src/generated/contract.ts';
import type { Data } from './data.ts';
import { changeFor, Refusal, seenBy, type Talk } from './stored.ts';

interface Settings {
  readonly nextPollMs: number;
  /** Cursors older than this number of the log get a fresh start. */
  readonly forgotten: number;
}

export class Reads {
  readonly #data: Data;
  readonly #settings: Settings;

  constructor(data: Data, settings: Settings) {
    this.#data = data;
    this.#settings = settings;
  }

  /** Cursors: `s<log>` goes on from there; `w<log>,<next>` walks through all conversations, from the `next`-th on. */
  sync(me: string, { since, limit = 50 }: Record<string, unknown>) {
    const [, kind, at = 0, next = 0] = (/^([sw])(\d+)(?:,(\d+))?$/.exec(String(since ?? 'w-')) ?? []).map(
      (part, index) => (index > 1 && part !== undefined ? Number(part) : part),
    ) as [unknown, string | undefined, number, number];
    if (since !== undefined && (!kind || Number(at) > this.#data.log)) {
      throw new Refusal(400, 'invalid_cursor', 'This server did not give this cursor.', { field: 'since' });
    }
    if (since === undefined) return this.#walk(me, this.#data.log, 0, Number(limit), false);
    for (const talk of this.#data.talksOf(me))
      this.#prove(talk, me, Number(at), kind === 'w' ? Number(next) : undefined);
    if (kind === 'w') return this.#walk(me, Number(at), Number(next), Number(limit), false);
    if (Number(at) < this.#settings.forgotten) return this.#walk(me, this.#data.log, 0, Number(limit), true);
    return this.#follow(me, Number(at), Number(limit));
  }

  #follow(me: string, at: number, limit: number) {
    const talks = this.#data.talksOf(me).filter(talk => this.#moved(talk, me) > at);
    const messages = talks.flatMap(talk =>
      seenBy(talk, me)
        .filter(stored => changeFor(stored, me) > at)
        .map(stored => ({ talk, stored })),
    );
    messages.sort(
      (a, b) =>
        changeFor(a.stored, me) - changeFor(b.stored, me) ||
        a.stored.message.number - b.stored.message.number,
    );
    // An answer ends between two changes, never within one; so it may be longer than was asked for.
    const end = messages[limit - 1];
    const page = end
      ? messages.filter(({ stored }) => changeFor(stored, me) <= changeFor(end.stored, me))
      : messages;
    const cut = page.length < messages.length;
    const reached = cut && end ? changeFor(end.stored, me) : this.#data.log;
    const told = talks.filter(talk => !cut || page.some(one => one.talk === talk));
    return {
      conversations: told.map(talk => this.#data.conversation(talk)),
      messages: page.map(({ talk, stored }) => this.#data.show(me, talk, stored.message.number)),
      hasMore: cut,
      cursor: `s${reached}`,
      nextPollMs: this.#settings.nextPollMs,
    };
  }

  #walk(me: string, log: number, next: number, limit: number, reset: boolean) {
    const talks = this.#data.talksOf(me).sort((a, b) => (a.id < b.id ? -1 : 1));
    const shown: Talk[] = [];
    const messages: Message[] = [];
    for (const talk of talks.slice(next)) {
      const newest = seenBy(talk, me).slice(-limit);
      if (messages.length + newest.length > limit) break;
      shown.push(talk);
      messages.push(...newest.map(({ message }) => this.#data.show(me, talk, message.number)));
    }
    const reached = next + shown.length;
    const hasMore = reached < talks.length;
    return {
      conversations: shown.map(talk => this.#data.conversation(talk)),
      messages,
      hasMore,
      cursor: hasMore ? `w${log},${reached}` : `s${log}`,
      nextPollMs: this.#settings.nextPollMs,
      ...(reset && { reset }),
    };
  }

  /** A cursor proves that what it covers has arrived. */
  #prove(talk: Talk, me: string, log: number, walked: number | undefined): void {
    const order = this.#data.talksOf(me).sort((a, b) => (a.id < b.id ? -1 : 1));
    if (walked !== undefined && order.indexOf(talk) >= walked) return;
    const covered = talk.messages.filter(
      ({ message, changedForRecipient }) => message.senderId !== me && changedForRecipient <= log,
    );
    const last = covered.at(-1)?.message.number;
    if (last !== undefined) this.#data.receipt(talk, me, last, 'delivered');
  }

  #moved(talk: Talk, me: string): number {
    return talk.messages.reduce((most, stored) => Math.max(most, changeFor(stored, me)), talk.changed);
  }

  list(me: string, { conversationId, before, limit = 50 }: Record<string, unknown>) {
    const talk = this.#data.mine(me, String(conversationId));
    const at = before === undefined ? Number.POSITIVE_INFINITY : Number(String(before).split('_')[1]);
    const older = seenBy(talk, me).filter(({ message }) => Date.parse(message.createdAt) < at);
    const page = older.slice(-Number(limit)).map(({ message }) => this.#data.show(me, talk, message.number));
    return {
      messages: page,
      hasMore: older.length > page.length,
      cursor: `l${this.#data.log}`,
      nextPollMs: this.#settings.nextPollMs,
    };
  }

  conversations(me: string, { since = 'p0', limit = 50 }: Record<string, unknown>) {
    const from = Number(String(since).slice(1));
    const all = this.#data.talksOf(me).sort((a, b) => b.changed - a.changed);
    const page = all.slice(from, from + Number(limit));
    const hasMore = from + page.length < all.length;
    const cursor = `p${from + page.length}`;
    return {
      conversations: page.map(talk => this.#data.conversation(talk)),
      hasMore,
      cursor,
      nextPollMs: this.#settings.nextPollMs,
    };
  }
}
