/** The contract in memory: what the real server would answer, and what goes wrong between it and a client. */

import type {
  CallState,
  LiveOffer,
  Message,
  PresenceState,
  SendMessage,
  UploadFile,
} from '../src/generated/contract.ts';
import { CONTENT_CHARACTERS } from '../src/generated/limits.ts';
import { conversationOf } from '../src/ids.ts';
import type { HttpAnswer, HttpRequest } from '../src/index.ts';
import type { ManualClock } from './clock.ts';
import { Data } from './data.ts';
import { Held } from './held.ts';
import { FakeLine, type LiveFault } from './live.ts';
import { Reads } from './reads.ts';
import {
  deleted,
  edited,
  type Fault,
  instead,
  iso,
  ok,
  other,
  problem,
  Refusal,
  reacted,
  type Seen,
  type Talk,
  unread,
} from './stored.ts';

import { Uploads } from './uploads.ts';

export type { Fault, Seen } from './stored.ts';

export class FakeServer {
  /** Milliseconds that an answer takes. */
  delay = 0;
  /** Says what goes wrong with a request; nothing does by default. */
  fault: (seen: Seen) => Fault | undefined = () => undefined;
  /** Messages a minute for one sender; 0 is no limit. */
  sendRate = 0;
  nextPollMs = 3000;
  /** Cursors older than this number of the log get a fresh start. */
  forgotten = 0;
  /** The live connection that is offered. */
  live: LiveOffer | undefined;
  /** What comes of live connections; they are answered unless a test says otherwise. */
  liveFault: LiveFault | undefined;
  /** Live connections only say that there is something to poll for. */
  livePokes = false;
  /** The live connections there were, in order. */
  readonly lines: FakeLine[] = [];
  /** The longest that a poll may wait, in milliseconds; 0 where there is no room for one that waits. */
  holdsMs = 25_000;
  /** Polls that wait. */
  readonly held: Held;
  /** Who is there, for `presence`. */
  readonly seen = new Map<string, { state: PresenceState; lastActiveAt?: string }>();
  /** Procedures that were carried out, in order. */
  readonly requests: Seen[] = [];
  readonly people: Data['people'];
  readonly jobs: Data['jobs'];
  readonly #clock: ManualClock;
  readonly #data: Data;
  readonly #reads: Reads;
  readonly #uploads: Uploads;
  readonly #buckets = new Map<string, { tokens: number; at: number }>();
  readonly #tokens = new Map<string, string>();
  #made = 0;

  constructor(clock: ManualClock) {
    this.#clock = clock;
    this.held = new Held(clock);
    this.#data = new Data(clock, () => {
      for (const line of this.lines) line.moved();
      this.held.moved();
    });
    this.people = this.#data.people;
    this.jobs = this.#data.jobs;
    this.#reads = new Reads(this.#data, this);
    this.#uploads = new Uploads(this.#data);
  }

  /** A token for `user`; those given before are not accepted any more. */
  token(user: string): string {
    for (const [token, owner] of this.#tokens) if (owner === user) this.#tokens.delete(token);
    return this.anotherToken(user);
  }

  /** A token for `user`; those given before are accepted as well. */
  anotherToken(user: string): string {
    this.#made += 1;
    const claims = btoa(JSON.stringify({ sub: user, n: this.#made })).replaceAll('=', '');
    const token = `head.${claims}.signature`;
    this.#tokens.set(token, user);
    return token;
  }

  /** Whose token it is. */
  ownerOf(token: string): string | undefined {
    return this.#tokens.get(token);
  }

  /** A client opens a live connection. `run` defers to when its tab runs. */
  connect(protocols: readonly string[], run: (act: () => void) => void): FakeLine {
    const user = this.ownerOf(protocols[1]?.replace('bearer.', '') ?? '');
    const line = new FakeLine(this, this.#clock, user, run);
    this.lines.push(line);
    return line;
  }

  /** What `sync` answers to `user`, as live connections push it. */
  synced(user: string, since: string | undefined): object & { readonly cursor: string } {
    return this.#reads.sync(user, { since, limit: 20 });
  }

  /** The token in use is refused from now on. */
  expireTokens(): void {
    this.#tokens.clear();
  }

  /** A job that lets its participants write to each other. */
  job(id: number, participants: string[], status: 'open' | 'closed' = 'open', title = `Job ${id}`): void {
    this.jobs.set(id, { id, title, status, participants });
    this.#followJob(id, participants);
    for (const talk of this.#data.talks.values()) if (talk.job === id) talk.changed = ++this.#data.log;
  }

  /** Lets the crew of a job follow it: who comes or goes is told. */
  #followJob(job: number, participants: readonly string[]): void {
    const talk = this.#data.talks.get(`crew_${job}`);
    if (!talk) return;
    const before = talk.users;
    for (const user of before) if (!participants.includes(user)) this.#tell(talk, 'left', user);
    for (const user of participants) {
      if (before.includes(user)) continue;
      this.#tell(talk, 'joined', user);
      talk.since.set(user, talk.messages.length);
      talk.read.set(user, talk.messages.length);
    }
    talk.users = participants;
  }

  #tell(talk: Talk, kind: string, userId: string): void {
    const [author = ''] = talk.users;
    const { message } = this.#send(author, { conversationId: talk.id, content: `A member ${kind}.` }, false);
    const stored = this.#data.stored(author, talk.id, message.id);
    stored.message = { ...stored.message, type: 'event', senderId: '#host', event: { kind, userId } };
  }

  /** What somebody else says, without a client. */
  say(from: string, to: string, content: string, more: Partial<SendMessage> = {}): Message {
    return this.#send(from, { receiverId: to, content, ...more }, false).message;
  }

  /** Somebody reads everything, without a client. */
  reads(user: string, other: string): void {
    this.#mark(user, { conversationId: conversationOf(user, other) });
  }

  /** What has been said between two users. */
  said(one: string, other: string): readonly Message[] {
    return this.#data.talks.get(conversationOf(one, other))?.messages.map(({ message }) => message) ?? [];
  }

  /** Resolves when a request is to be answered: at once, unless it is a poll that waits. */
  async hold(request: HttpRequest): Promise<void> {
    const { user, input } = this.#see(request);
    const ms = Math.min(Number(input.wait ?? 0) * 1000, this.holdsMs);
    if (!(ms > 0) || user === undefined) return;
    const hasNews = () => {
      const { conversations, messages } = this.#reads.sync(user, input);
      return conversations.length + messages.length > 0;
    };
    await this.held.until(hasNews, ms);
  }

  /** The answer to a request; rejects where there is none. */
  answer(request: HttpRequest): HttpAnswer | 'silence' {
    const seen = this.#see(request);
    const fault = this.fault(seen);
    if (fault === 'offline') throw new TypeError('Failed to fetch');
    if (fault === 'silent') return 'silence';
    if (typeof fault === 'object') return instead(fault);
    this.requests.push(seen);
    const answer = this.#carryOut(seen, request);
    if (fault === 'lost') throw new TypeError('Failed to fetch');
    return answer;
  }

  #see({ url, body, headers }: HttpRequest): Seen {
    const { pathname, searchParams } = new URL(url, 'http://server');
    const token = headers.Authorization?.replace('Bearer ', '');
    const user = token === undefined ? undefined : this.#tokens.get(token);
    const query = Object.fromEntries(searchParams);
    const input = typeof body === 'string' ? JSON.parse(body) : query;
    const upload = pathname.startsWith('/upload/');
    const name = pathname.split('/').pop() ?? '';
    return { procedure: upload ? 'put' : name, user, input: upload ? { id: name } : input };
  }

  #carryOut({ procedure, user, input }: Seen, request: HttpRequest): HttpAnswer {
    try {
      if (procedure === 'put') return ok(this.#uploads.put(String(input.id), request));
      if (user === undefined) throw new Refusal(401, 'unauthenticated', 'This token is not accepted.');
      const procedures: Record<string, () => unknown> = {
        send: () => this.#send(user, input as SendMessage, true),
        list: () => this.#reads.list(user, input),
        conversations: () => this.#reads.conversations(user, input),
        conversation: () => this.#details(user, input),
        edit: () => this.#data.touch(user, input, edited),
        delete: () => this.#data.touch(user, input, deleted),
        react: () => this.#data.touch(user, input, reacted),
        versions: () => this.#versions(user, input),
        members: () => this.#members(user, String(input.conversationId)),
        markAsRead: () => this.#mark(user, input as { conversationId: string; upTo?: string }),
        uploadFile: () => this.#uploads.upload(user, input as unknown as UploadFile),
        sync: () => ({ ...this.#reads.sync(user, input), ...(this.live && { live: this.live }) }),
        presence: () => ({
          people: String(input.userIds)
            .split(',')
            .flatMap(id => (this.seen.has(id) ? [{ id, ...this.seen.get(id) }] : [])),
        }),
      };
      const run = procedures[procedure];
      if (!run) throw new Refusal(404, 'not_found', `There is no ${procedure}.`);
      return ok(run());
    } catch (error) {
      if (error instanceof Refusal) return problem(error.problem);
      throw error;
    }
  }

  #send(me: string, input: SendMessage, limited: boolean): { message: Message; conversationId: string } {
    const talk = this.#data.talk(me, input);
    const { content = '', clientId, fileUrl, jobId, replyTo } = input;
    const [text, fileId] = [content, fileUrl?.split('/').pop()];
    if ([...text].length > CONTENT_CHARACTERS)
      throw new Refusal(400, 'content_too_long', 'Shorten it.', { field: 'content' });
    if (!text.trim() && !fileId)
      throw new Refusal(400, 'content_empty', 'Write something.', { field: 'content' });
    const fingerprint = JSON.stringify([text, fileId, jobId, replyTo]);
    const before = clientId === undefined ? undefined : talk.sent.get(`${me}/${clientId}`);
    if (before && before.input !== fingerprint)
      throw new Refusal(409, 'client_id_reused', 'Use a new clientId.');
    if (before) return { message: this.#data.show(me, talk, before.number), conversationId: talk.id };
    const about = this.#data.permit(me, talk, jobId);
    if (replyTo !== undefined) this.#data.stored(me, talk.id, replyTo);
    const file = fileId === undefined ? undefined : this.#uploads.use(me, talk, fileId);
    if (limited) this.#take(me);
    if (!this.#data.talks.has(talk.id)) this.#data.talks.set(talk.id, talk);
    const number = talk.messages.length + 1;
    const last = talk.messages.at(-1)?.message.createdAt;
    const at = Math.max(this.#clock.now(), last ? Date.parse(last) + 1 : 0);
    const image = file?.announced.contentType.startsWith('image/');
    const type = input.type ?? (!file ? 'text' : image ? 'image' : 'file');
    const attached = file && {
      fileName: file.announced.fileName,
      fileSize: file.announced.fileSize,
      contentType: file.announced.contentType,
    };
    const message: Message = {
      id: `message_${at}_${String(++this.#made).padStart(8, 'x')}`,
      conversationId: talk.id,
      senderId: me,
      receiverId: other(talk, me),
      content: text,
      type,
      ...attached,
      ...(type === 'voice' && { durationMs: input.durationMs, waveform: input.waveform }),
      status: 'sent',
      jobId: about.id,
      ...(clientId !== undefined && { clientId }),
      number,
      createdAt: iso(at),
      updatedAt: iso(at),
    };
    if (file) file.used = true;
    talk.changed = ++this.#data.log;
    talk.job = about.id;
    const changed = this.#data.log;
    talk.messages.push({
      message,
      changed,
      changedForRecipient: changed,
      versions: [{ content: text, at: iso(at) }],
      ...(fileId !== undefined && { fileId }),
      ...(replyTo !== undefined && { replyTo }),
    });
    if (clientId !== undefined) talk.sent.set(`${me}/${clientId}`, { number, input: fingerprint });
    return { message: this.#data.show(me, talk, number), conversationId: talk.id };
  }

  /** The marketplace says something: an `event`, or a text. */
  hostSays(one: string, other: string, content: string, type: 'event' | 'text' = 'event'): void {
    const { message } = this.#send(one, { receiverId: other, content }, false);
    const talk = this.#data.mine(one, message.conversationId);
    const stored = this.#data.stored(one, talk.id, message.id);
    const event = type === 'event' ? { event: { kind: 'host' } } : {};
    stored.message = { ...message, type, senderId: '#host', receiverId: one, ...event };
  }

  /** Somebody calls somebody else, or the call between them becomes what is told. */
  calls(from: string, to: string, state: CallState): void {
    const conversationId = conversationOf(from, to);
    const known = this.#data.talks.get(conversationId)?.messages.findLast(({ message }) => message.call);
    const { id } = known?.message ?? this.#send(from, { receiverId: to, content: 'Call' }, false).message;
    this.#data.touch(from, { conversationId, messageId: id }, ({ message }, _me, _input, at) => {
      const call = {
        id,
        media: 'audio',
        startedBy: from,
        startedAt: at,
        devices: {},
        ...message.call,
      } as const;
      return { ...message, type: 'call', call: { ...call, state } };
    });
  }

  #members(me: string, id: string) {
    const talk = this.#data.mine(me, id);
    const joinedAt = iso(0);
    return {
      members: talk.users.map(user => ({
        ...this.#data.person(user),
        joinedAt,
        readUpTo: talk.read.get(user) ?? 0,
      })),
    };
  }

  #versions(me: string, { conversationId, messageId }: Record<string, unknown>) {
    const { versions } = this.#data.stored(me, String(conversationId), String(messageId));
    return { versions };
  }

  #details(me: string, { receiverId, conversationId, jobId }: Record<string, unknown>) {
    const talk = this.#data.talk(me, { receiverId, conversationId } as SendMessage);
    try {
      const job = this.#data.permit(me, talk, jobId === undefined ? undefined : Number(jobId));
      return { conversation: this.#data.conversation({ ...talk, job: job.id }), canSend: true };
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return { conversation: this.#data.conversation(talk), canSend: false, reason: error.problem.code };
    }
  }

  #mark(me: string, { conversationId, upTo }: { conversationId: string; upTo?: string }) {
    const talk = this.#data.mine(me, conversationId);
    const found =
      upTo === undefined ? talk.messages.at(-1) : talk.messages.find(({ message }) => message.id === upTo);
    if (!found) throw new Refusal(404, 'not_found', 'There is no such message.', { field: 'upTo' });
    this.#data.receipt(talk, me, found.message.number, 'read');
    return { conversationId, unreadCount: unread(talk, me) };
  }

  #take(me: string): void {
    if (this.sendRate === 0) return;
    const [now, each] = [this.#clock.now(), 60_000 / this.sendRate];
    const bucket = this.#buckets.get(me) ?? { tokens: this.sendRate, at: now };
    const tokens = Math.min(this.sendRate, bucket.tokens + (now - bucket.at) / each);
    this.#buckets.set(me, { tokens: tokens >= 1 ? tokens - 1 : tokens, at: now });
    if (tokens < 1)
      throw new Refusal(429, 'rate_limited', 'Slow down.', { retryAfterMs: Math.ceil((1 - tokens) * each) });
  }

  /** The bytes of a file are there. */
  arrive(id: string): void {
    this.#uploads.arrive(id);
  }

  /** Bytes that waited too long for their message are gone. */
  loseFiles(): void {
    this.#uploads.loseFiles();
  }
}
