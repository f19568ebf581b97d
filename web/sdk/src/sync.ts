/**
 * Writes an answer of `sync` to the cache: the cursor and everything that it covers, in one transaction.
 *
 * The cursor proves to the server that this device has what it covers, so both are stored together or not at all. Of each
 * conversation a run of messages without gaps is stored, up to the newest. A full sync (after the first answer, or `reset`)
 * comes in several answers, each with whole conversations; rows of the older epoch stay on the screen until their
 * conversation comes, and those that never come are dropped at the end.
 */

import type { Write } from './cache/port.ts';
import { meeting, outdated } from './commands.ts';
import type { Core } from './core.ts';
import { failure } from './errors.ts';
import type { Call, Conversation, Message, Synced } from './generated/contract.ts';
import { fresher } from './history.ts';
import type { Mirror } from './mirror.ts';
import { isChanged, requoted } from './quotes.ts';
import {
  bytesKey,
  type ConversationRow,
  commandKey,
  conversationKey,
  draftKey,
  KEPT,
  type MessageRow,
  messageKey,
  outboxKey,
  readKey,
  SYNC,
  type SyncRow,
  under,
} from './rows.ts';

/** The stored messages of one conversation, whose numbers have no gaps. */
interface Run {
  first: number;
  last: number;
  newest?: Message;
  call?: Call;
}

/**
 * Applies the answer to a poll with `cursor`. Returns `false`, and changes nothing, if another tab has applied an answer in
 * the meantime.
 */
export async function absorb(core: Core, cursor: string | undefined, answer: Synced): Promise<boolean> {
  const { conversations, messages } = answer;
  if (cursor === answer.cursor && messages.length + conversations.length === 0) return true;
  const ids = [
    ...new Set([...conversations.map(({ id }) => id), ...messages.map(message => message.conversationId)]),
  ];
  const messageKeys = messages.map(message => messageKey(message.conversationId, message.number));
  const quoting = messages.flatMap(message => laterKeys(core.store.mirror, message));
  const keys = [...new Set([SYNC, ...ids.map(conversationKey), ...messageKeys, ...quoting])];
  let intake: Intake | undefined;
  await core.store.transact(keys, rows => {
    intake = undefined;
    const before = (rows[0] as SyncRow | undefined) ?? { epoch: 0, walking: false };
    if (before.cursor !== cursor) return undefined;
    const fresh = cursor === undefined || answer.reset === true;
    const sync = {
      cursor: answer.cursor,
      epoch: before.epoch + (fresh ? 1 : 0),
      walking: fresh || before.walking,
    };
    intake = new Intake(core, sync, new Map(keys.map((key, index) => [key, rows[index]])));
    return intake.take(answer, ids);
  });
  if (intake?.touched.length) core.store.touch(intake.touched);
  return intake !== undefined;
}

/** Turns one answer into writes to the cache. */
class Intake {
  /** Changed messages that are older than the stored ones. */
  readonly touched: MessageRow[] = [];
  readonly #writes: Write[] = [];
  readonly #core: Core;
  readonly #sync: SyncRow;
  /** The stored rows that the answer may change. */
  readonly #kept: ReadonlyMap<string, unknown>;

  constructor(core: Core, sync: SyncRow, kept: ReadonlyMap<string, unknown>) {
    this.#core = core;
    this.#sync = sync;
    this.#kept = kept;
  }

  /** The writes for an answer about the conversations `ids`. */
  take({ conversations, messages, hasMore }: Synced, ids: readonly string[]): Write[] {
    for (const id of ids) {
      const row = this.#kept.get(conversationKey(id)) as ConversationRow | undefined;
      const told = conversations.find(one => one.id === id);
      const conversation = told ? withPeople(told, row) : row?.conversation;
      // An inconsistent answer is not applied at all; the poll is repeated.
      if (!conversation) throw failure('network', `${id} is not described.`);
      const run = this.#follow(
        id,
        row,
        messages.filter(message => message.conversationId === id),
      );
      this.#writes.push({
        put: conversationKey(id),
        value: { ...run, conversation, epoch: this.#sync.epoch },
      });
    }
    if (this.#sync.walking && !hasMore) {
      for (const [id, { epoch }] of this.#core.store.mirror.conversation) {
        if (epoch < this.#sync.epoch && !ids.includes(id)) this.#forget(id);
      }
    }
    this.#writes.push(...outdated(this.#core.store.mirror, this.#core.ports.clock.now()));
    this.#writes.push({ put: SYNC, value: { ...this.#sync, walking: this.#sync.walking && hasMore } });
    return this.#writes;
  }

  /** The run of a conversation after `messages`, which come in the order of their changes. */
  #follow(id: string, row: ConversationRow | undefined, messages: Message[]): Run {
    const run: Run = { first: 0, last: 0, ...row };
    if (this.#sync.walking && row?.epoch !== this.#sync.epoch) this.#restart(run, id);
    for (const message of messages.sort((a, b) => a.number - b.number)) this.#place(run, id, message);
    for (const message of messages) if (isChanged(message)) this.#requote(run, message, messages);
    if (run.first && run.last - run.first >= KEPT) {
      run.first = run.last - KEPT + 1;
      this.#writes.push({ dropFrom: under(`message/${id}`)[0], to: messageKey(id, run.first) });
    }
    for (const { clientId, accepted } of this.#core.store.mirror.entries(id)) {
      if (accepted && accepted.number <= run.last) this.#writes.push(...dropped(clientId));
    }
    return run;
  }

  #place(run: Run, id: string, message: Message): void {
    const { number, clientId = '', senderId } = message;
    const key = messageKey(id, number);
    const entry = senderId === this.#core.me ? this.#core.store.mirror.outbox.get(clientId) : undefined;
    const known = this.#kept.get(key) as MessageRow | undefined;
    const value: MessageRow = {
      message,
      fetchedAt: this.#core.ports.clock.now(),
      size: known?.size ?? entry?.file?.dimensions,
    };
    // An own message that has come back leaves the outbox.
    if (clientId && senderId === this.#core.me) this.#writes.push(...dropped(clientId));
    this.#writes.push(...meeting(this.#core.store.mirror, message));
    if (number < run.first) {
      this.touched.push(value);
      return;
    }
    // An exact cursor never leaves a gap; if there is one, older messages are fetched again when they are viewed.
    if (run.last && number > run.last + 1) this.#restart(run, id);
    run.first ||= number;
    run.last = Math.max(run.last, number);
    if (number === run.last) run.newest = message;
    // There is one call at a time, so the last one that changes is the newest.
    run.call = message.call ?? run.call;
    // The answer to a command may have brought a later state than this poll.
    const same = known?.message.id === message.id && !this.#sync.walking;
    this.#writes.push({ put: key, value: same ? fresher(known, value) : value });
  }

  /** Updates stored messages that quote `original`; the quotes in the answer are already current. */
  #requote(run: Run, original: Message, answered: readonly Message[]): void {
    for (const key of laterKeys(this.#core.store.mirror, original)) {
      const row = this.#kept.get(key) as MessageRow | undefined;
      const message = requoted(row?.message, original);
      if (!row || !message || message.number < run.first) continue;
      if (answered.some(({ number }) => number === message.number)) continue;
      this.#writes.push({ put: key, value: { ...row, message } });
    }
    run.newest = requoted(run.newest, original) ?? run.newest;
    for (const row of this.#core.store.mirror.entries(original.conversationId)) {
      const value = requoted(row, original);
      if (value) this.#writes.push({ put: outboxKey(row.clientId), value });
    }
  }

  /** Restarts a run: none of its messages stays stored. */
  #restart(run: Run, id: string): void {
    const [dropFrom, to] = under(`message/${id}`);
    Object.assign(run, { first: 0, last: 0, newest: undefined });
    this.#writes.push({ dropFrom, to });
  }

  #forget(id: string): void {
    this.#restart({ first: 0, last: 0 }, id);
    this.#writes.push({ drop: conversationKey(id) }, { drop: readKey(id) }, { drop: draftKey(id) });
    for (const row of this.#core.store.mirror.commands(id)) this.#writes.push({ drop: commandKey(row) });
  }
}

/** Adds the people whom earlier answers named: each names only some members of a crew, whose number is limited. */
function withPeople(told: Conversation, row: ConversationRow | undefined): Conversation {
  if (told.kind !== 'crew' || !row) return told;
  const people = new Map([...row.conversation.people, ...told.people].map(one => [one.id, one]));
  return { ...told, people: [...people.values()] };
}

/** The keys of the stored messages after one that was edited or deleted, since they may quote it. */
function laterKeys({ conversation }: Mirror, message: Message): string[] {
  const { conversationId: id, number } = message;
  const { first = 0, last = 0 } = (isChanged(message) && conversation.get(id)) || {};
  const from = Math.max(first, number + 1);
  return Array.from({ length: Math.max(0, last - from + 1) }, (_, place) => messageKey(id, from + place));
}

/** Drops a message from the outbox, and its file. */
export function dropped(clientId: string): Write[] {
  return [{ drop: outboxKey(clientId) }, { drop: bytesKey(clientId) }];
}
