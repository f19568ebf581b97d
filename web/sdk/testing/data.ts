/** Conversations, jobs and people of the server in memory, and how each user sees them. */

import type { Conversation, Job, Message } from '../src/generated/contract.ts';
import { conversationOf } from '../src/ids.ts';
import { quoteOf } from '../src/quotes.ts';
import type { ManualClock } from './clock.ts';
import { isCrew, iso, Refusal, type Stored, type Talk, type Touch, unread } from './stored.ts';

export class Data {
  readonly people = new Map<string, { name: string; avatarUrl?: string }>();
  readonly jobs = new Map<number, Job & { participants: string[] }>();
  readonly talks = new Map<string, Talk>();
  readonly clock: ManualClock;
  readonly #moved: () => void;
  #count = 0;

  /** `moved` is called after every change. */
  constructor(clock: ManualClock, moved: () => void) {
    this.clock = clock;
    this.#moved = moved;
  }

  /** How many changes there were, in all conversations. */
  get log(): number {
    return this.#count;
  }

  set log(count: number) {
    this.#count = count;
    // Once what changed is in place.
    queueMicrotask(this.#moved);
  }

  /** A message as `me` gets it. */
  show(me: string, talk: Talk, number: number): Message {
    const stored = talk.messages[number - 1];
    if (!stored) throw new Error(`There is no message ${number}.`);
    const { clientId, ...plain } = stored.message;
    const original = talk.messages.find(({ message }) => message.id === stored.replyTo)?.message;
    const rest = { ...plain, ...(original && !plain.deletedAt && { replyTo: quoteOf(original) }) };
    const url =
      stored.fileId === undefined || plain.deletedAt
        ? {}
        : { fileUrl: `/download/${stored.fileId}?made=${this.clock.now()}` };
    const others = talk.users.filter(user => user !== rest.senderId);
    const read = others.every(user => (talk.read.get(user) ?? 0) >= number);
    if (isCrew(talk)) rest.status = read ? 'read' : 'sent';
    if (rest.senderId === me) return { ...rest, ...url, ...(clientId !== undefined && { clientId }) };
    if (isCrew(talk)) return { ...rest, ...url };
    return { ...rest, ...url, status: rest.status === 'sent' ? 'delivered' : rest.status };
  }

  conversation(talk: Talk): Conversation {
    const last = talk.messages.at(-1)?.message;
    const job = talk.job === undefined ? undefined : this.jobs.get(talk.job);
    return {
      id: talk.id,
      kind: isCrew(talk) ? 'crew' : 'pair',
      participants: [...talk.users],
      people: talk.users.slice(0, 5).map(id => this.person(id)),
      ...(job && { jobId: job.id, job: { id: job.id, title: job.title, status: job.status } }),
      ...(last && { lastMessage: last.content, lastMessageAt: last.createdAt }),
      unreadCount: Object.fromEntries(talk.users.map(user => [user, unread(talk, user)])),
      createdAt: talk.messages[0]?.message.createdAt ?? iso(0),
      updatedAt: last?.updatedAt ?? iso(0),
    };
  }

  person(id: string) {
    return { id, name: id, ...this.people.get(id) };
  }

  /** The conversation that an input names; a new one where there is none yet. */
  talk(me: string, input: { receiverId?: string; conversationId?: string }): Talk {
    const crew = this.jobs.get(Number(/^crew_(\d+)$/.exec(input.conversationId ?? '')?.[1]));
    const begins = crew?.participants.includes(me) && !this.talks.has(`crew_${crew.id}`);
    if (input.conversationId !== undefined && !begins) return this.mine(me, input.conversationId);
    const to = input.receiverId ?? '';
    const id = crew ? `crew_${crew.id}` : conversationOf(me, to);
    const users = crew?.participants ?? [me, to].sort();
    const made = {
      messages: [],
      since: new Map(),
      sent: new Map(),
      read: new Map(),
      delivered: new Map(),
      changed: 0,
      job: crew?.id,
    };
    return this.talks.get(id) ?? { id, users, ...made };
  }

  /** A conversation of `me`; refused where they are not in it. */
  mine(me: string, id: string): Talk {
    const talk = this.talks.get(id);
    if (!talk?.users.includes(me)) throw new Refusal(404, 'not_found', 'There is no such conversation.');
    return talk;
  }

  /** All conversations of `me`. */
  talksOf(me: string): Talk[] {
    return [...this.talks.values()].filter(({ users }) => users.includes(me));
  }

  /** The open job that lets `me` write; refused without one. */
  permit(me: string, talk: Talk, jobId: number | undefined): Job {
    const isShared = ({ id, participants }: Job & { participants: string[] }) =>
      isCrew(talk) ? talk.id === `crew_${id}` : talk.users.every(user => participants.includes(user));
    const shared = [...this.jobs.values()].filter(isShared);
    const wanted = jobId === undefined ? shared : shared.filter(({ id }) => id === jobId);
    const open = wanted.filter(({ status }) => status === 'open');
    const found = open.find(({ id }) => id === talk.job) ?? open[0];
    if (found) return found;
    if (wanted.length > 0) throw new Refusal(403, 'job_closed', `The job that ${me} shares is closed.`);
    throw new Refusal(403, 'not_job_participant', 'You share no open job.');
  }

  stored(me: string, conversationId: string, id: string): Stored {
    const found = this.mine(me, conversationId).messages.find(({ message }) => message.id === id);
    if (!found) throw new Refusal(404, 'not_found', 'There is no such message.', { field: 'messageId' });
    return found;
  }

  /** Moves how far `me` has received or read, and what that changes. */
  receipt(talk: Talk, me: string, upTo: number, status: 'delivered' | 'read'): void {
    const marks = status === 'read' ? talk.read : talk.delivered;
    const before = marks.get(me) ?? 0;
    if (upTo <= before) return;
    if (isCrew(talk) && status === 'delivered') return;
    marks.set(me, upTo);
    this.log += 1;
    for (const stored of talk.messages.slice(before, upTo)) {
      if (
        isCrew(talk) ||
        stored.message.senderId === me ||
        stored.message.status === 'read' ||
        stored.message.status === status
      )
        continue;
      stored.message = { ...stored.message, status, updatedAt: iso(this.clock.now()) };
      stored.changed = this.log;
      if (status === 'read') stored.changedForRecipient = this.log;
    }
    talk.changed = this.log;
  }

  /** An edit, a deletion or a reaction: a change for both. */
  touch(me: string, input: Record<string, unknown>, act: Touch) {
    const { conversationId, messageId } = input as { conversationId: string; messageId: string };
    const talk = this.mine(me, conversationId);
    const stored = this.stored(me, conversationId, messageId);
    const changed = act(stored, me, input, iso(this.clock.now()));
    if (changed) {
      stored.message = { ...changed, updatedAt: iso(this.clock.now()) };
      stored.changed = ++this.log;
      stored.changedForRecipient = this.log;
      talk.changed = this.log;
    }
    return { message: this.show(me, talk, stored.message.number) };
  }
}
