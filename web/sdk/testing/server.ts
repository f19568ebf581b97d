/** The contract in memory: what the real server would answer, and what goes wrong between it and a client. */

import type {
  CallState,
  Conversation,
  Job,
  LiveOffer,
  Message,
  PresenceState,
  SendMessage,
  UploadFile,
} from '../src/generated/contract.ts';
import { CONTENT_CHARACTERS, FILE_BYTES } from '../src/generated/limits.ts';
import { conversationOf } from '../src/ids.ts';
import type { HttpAnswer, HttpRequest } from '../src/index.ts';
import { quoteOf } from '../src/quotes.ts';
import type { ManualClock } from './clock.ts';
import { Held } from './held.ts';
import { FakeLine, type LiveFault } from './live.ts';
import {
  changeFor,
  deleted,
  edited,
  type Fault,
  instead,
  isCrew,
  iso,
  ok,
  other,
  problem,
  Refusal,
  reacted,
  type Seen,
  type Stored,
  type StoredFile,
  seenBy,
  type Talk,
  type Touch,
  unread,
} from './stored.ts';

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
  readonly people = new Map<string, { name: string; avatarUrl?: string }>();
  readonly jobs = new Map<number, Job & { participants: string[] }>();
  readonly #clock: ManualClock;
  readonly #talks = new Map<string, Talk>();
  readonly #files = new Map<string, StoredFile>();
  readonly #buckets = new Map<string, { tokens: number; at: number }>();
  readonly #tokens = new Map<string, string>();
  #count = 0;
  #made = 0;

  constructor(clock: ManualClock) {
    this.#clock = clock;
    this.held = new Held(clock);
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
    return this.#sync(user, { since, limit: 20 });
  }

  get #log(): number {
    return this.#count;
  }

  set #log(count: number) {
    this.#count = count;
    // Once what changed is in place.
    queueMicrotask(() => {
      for (const line of this.lines) line.moved();
      this.held.moved();
    });
  }

  /** The token in use is refused from now on. */
  expireTokens(): void {
    this.#tokens.clear();
  }

  /** A job that lets its participants write to each other. */
  job(id: number, participants: string[], status: 'open' | 'closed' = 'open', title = `Job ${id}`): void {
    this.jobs.set(id, { id, title, status, participants });
    this.#followJob(id, participants);
    for (const talk of this.#talks.values()) if (talk.job === id) talk.changed = ++this.#log;
  }

  /** Lets the crew of a job follow it: who comes or goes is told. */
  #followJob(job: number, participants: readonly string[]): void {
    const talk = this.#talks.get(`crew_${job}`);
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
    const stored = this.#stored(author, talk.id, message.id);
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
    return this.#talks.get(conversationOf(one, other))?.messages.map(({ message }) => message) ?? [];
  }

  /** Resolves when a request is to be answered: at once, unless it is a poll that waits. */
  async hold(request: HttpRequest): Promise<void> {
    const { user, input } = this.#see(request);
    const ms = Math.min(Number(input.wait ?? 0) * 1000, this.holdsMs);
    if (!(ms > 0) || user === undefined) return;
    const hasNews = () => {
      const { conversations, messages } = this.#sync(user, input);
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
      if (procedure === 'put') return ok(this.#put(String(input.id), request));
      if (user === undefined) throw new Refusal(401, 'unauthenticated', 'This token is not accepted.');
      const procedures: Record<string, () => unknown> = {
        send: () => this.#send(user, input as SendMessage, true),
        list: () => this.#list(user, input),
        conversations: () => this.#conversations(user, input),
        conversation: () => this.#details(user, input),
        edit: () => this.#touch(user, input, edited),
        delete: () => this.#touch(user, input, deleted),
        react: () => this.#touch(user, input, reacted),
        versions: () => this.#versions(user, input),
        members: () => this.#members(user, String(input.conversationId)),
        markAsRead: () => this.#mark(user, input as { conversationId: string; upTo?: string }),
        uploadFile: () => this.#upload(user, input as unknown as UploadFile),
        sync: () => ({ ...this.#sync(user, input), ...(this.live && { live: this.live }) }),
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
    const talk = this.#talk(me, input);
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
    if (before) return { message: this.#show(me, talk, before.number), conversationId: talk.id };
    const about = this.#permit(me, talk, jobId);
    if (replyTo !== undefined) this.#stored(me, talk.id, replyTo);
    const file = fileId === undefined ? undefined : this.#use(me, talk, fileId);
    if (limited) this.#take(me);
    if (!this.#talks.has(talk.id)) this.#talks.set(talk.id, talk);
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
    talk.changed = ++this.#log;
    talk.job = about.id;
    const changed = this.#log;
    talk.messages.push({
      message,
      changed,
      changedForRecipient: changed,
      versions: [{ content: text, at: iso(at) }],
      ...(fileId !== undefined && { fileId }),
      ...(replyTo !== undefined && { replyTo }),
    });
    if (clientId !== undefined) talk.sent.set(`${me}/${clientId}`, { number, input: fingerprint });
    return { message: this.#show(me, talk, number), conversationId: talk.id };
  }

  /** The marketplace says something: an `event`, or a text. */
  hostSays(one: string, other: string, content: string, type: 'event' | 'text' = 'event'): void {
    const { message } = this.#send(one, { receiverId: other, content }, false);
    const talk = this.#mine(one, message.conversationId);
    const stored = this.#stored(one, talk.id, message.id);
    const event = type === 'event' ? { event: { kind: 'host' } } : {};
    stored.message = { ...message, type, senderId: '#host', receiverId: one, ...event };
  }

  /** Somebody calls somebody else, or the call between them becomes what is told. */
  calls(from: string, to: string, state: CallState): void {
    const conversationId = conversationOf(from, to);
    const known = this.#talks.get(conversationId)?.messages.findLast(({ message }) => message.call);
    const { id } = known?.message ?? this.#send(from, { receiverId: to, content: 'Call' }, false).message;
    this.#touch(from, { conversationId, messageId: id }, ({ message }, _me, _input, at) => {
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

  #stored(me: string, conversationId: string, id: string): Stored {
    const found = this.#mine(me, conversationId).messages.find(({ message }) => message.id === id);
    if (!found) throw new Refusal(404, 'not_found', 'There is no such message.', { field: 'messageId' });
    return found;
  }

  /** An edit, a deletion or a reaction: a change for both. */
  #touch(me: string, input: Record<string, unknown>, act: Touch) {
    const { conversationId, messageId } = input as { conversationId: string; messageId: string };
    const talk = this.#mine(me, conversationId);
    const stored = this.#stored(me, conversationId, messageId);
    const changed = act(stored, me, input, iso(this.#clock.now()));
    if (changed) {
      stored.message = { ...changed, updatedAt: iso(this.#clock.now()) };
      stored.changed = ++this.#log;
      stored.changedForRecipient = this.#log;
      talk.changed = this.#log;
    }
    return { message: this.#show(me, talk, stored.message.number) };
  }

  #members(me: string, id: string) {
    const talk = this.#mine(me, id);
    const joinedAt = iso(0);
    return {
      members: talk.users.map(user => ({
        ...this.#person(user),
        joinedAt,
        readUpTo: talk.read.get(user) ?? 0,
      })),
    };
  }

  #person(id: string) {
    return { id, name: id, ...this.people.get(id) };
  }

  #versions(me: string, { conversationId, messageId }: Record<string, unknown>) {
    const { versions } = this.#stored(me, String(conversationId), String(messageId));
    return { versions };
  }

  #details(me: string, { receiverId, conversationId, jobId }: Record<string, unknown>) {
    const talk = this.#talk(me, { receiverId, conversationId } as SendMessage);
    try {
      const job = this.#permit(me, talk, jobId === undefined ? undefined : Number(jobId));
      return { conversation: this.#conversation({ ...talk, job: job.id }), canSend: true };
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return { conversation: this.#conversation(talk), canSend: false, reason: error.problem.code };
    }
  }

  #list(me: string, { conversationId, before, limit = 50 }: Record<string, unknown>) {
    const talk = this.#mine(me, String(conversationId));
    const at = before === undefined ? Number.POSITIVE_INFINITY : Number(String(before).split('_')[1]);
    const older = seenBy(talk, me).filter(({ message }) => Date.parse(message.createdAt) < at);
    const page = older.slice(-Number(limit)).map(({ message }) => this.#show(me, talk, message.number));
    return {
      messages: page,
      hasMore: older.length > page.length,
      cursor: `l${this.#log}`,
      nextPollMs: this.nextPollMs,
    };
  }

  #conversations(me: string, { since = 'p0', limit = 50 }: Record<string, unknown>) {
    const from = Number(String(since).slice(1));
    const all = this.#talksOf(me).sort((a, b) => b.changed - a.changed);
    const page = all.slice(from, from + Number(limit));
    const hasMore = from + page.length < all.length;
    const cursor = `p${from + page.length}`;
    return {
      conversations: page.map(talk => this.#conversation(talk)),
      hasMore,
      cursor,
      nextPollMs: this.nextPollMs,
    };
  }

  #mark(me: string, { conversationId, upTo }: { conversationId: string; upTo?: string }) {
    const talk = this.#mine(me, conversationId);
    const found =
      upTo === undefined ? talk.messages.at(-1) : talk.messages.find(({ message }) => message.id === upTo);
    if (!found) throw new Refusal(404, 'not_found', 'There is no such message.', { field: 'upTo' });
    this.#receipt(talk, me, found.message.number, 'read');
    return { conversationId, unreadCount: unread(talk, me) };
  }

  #upload(me: string, input: UploadFile) {
    const talk = this.#talk(me, input);
    this.#permit(me, talk, undefined);
    if (input.fileSize > FILE_BYTES)
      throw new Refusal(413, 'file_too_large', 'At most 10 MB.', { field: 'fileSize' });
    if (/html|svg|script/.test(input.contentType)) {
      throw new Refusal(400, 'invalid_file', 'This type is not accepted.', { field: 'contentType' });
    }
    const id = `file_${++this.#made}`;
    const until = this.#clock.now() + 5 * 60_000;
    const file = { owner: me, conversation: talk.id, announced: input, until, arrived: false, used: false };
    this.#files.set(id, file);
    const headers = { 'Content-Type': input.contentType };
    return {
      uploadUrl: `/upload/${id}`,
      method: 'PUT',
      headers,
      fileUrl: `/files/${id}`,
      expiresAt: iso(until),
    };
  }

  #put(id: string, { body, onProgress }: HttpRequest): object {
    const file = this.#files.get(id);
    if (!file || this.#clock.now() > file.until)
      throw new Refusal(403, 'invalid_file', 'Too late.', { field: 'fileUrl' });
    if (file.arrived) throw new Refusal(409, 'file_already_used', 'These bytes are here already.');
    const size = typeof body === 'object' ? body.byteLength : 0;
    if (size !== file.announced.fileSize)
      throw new Refusal(400, 'invalid_file', 'Wrong size.', { field: 'fileSize' });
    onProgress?.(size / 2);
    onProgress?.(size);
    file.arrived = true;
    return {};
  }

  #use(me: string, talk: Talk, id: string): StoredFile {
    const file = this.#files.get(id);
    const where = { field: 'fileUrl' };
    if (!file || file.owner !== me || file.conversation !== talk.id)
      throw new Refusal(400, 'invalid_file', 'Not yours.', where);
    if (file.used) throw new Refusal(409, 'file_already_used', 'It is in a message already.', where);
    if (!file.arrived) throw new Refusal(400, 'file_not_uploaded', 'Upload it first.', where);
    return file;
  }

  /** The bytes of a file are there. */
  arrive(id: string): void {
    const file = this.#files.get(id);
    if (file) file.arrived = true;
  }

  /** Bytes that waited too long for their message are gone. */
  loseFiles(): void {
    for (const file of this.#files.values()) if (!file.used) file.arrived = false;
  }

  /** Cursors: `s<log>` goes on from there; `w<log>,<next>` walks through all conversations, from the `next`-th on. */
  #sync(me: string, { since, limit = 50 }: Record<string, unknown>) {
    const [, kind, at = 0, next = 0] = (/^([sw])(\d+)(?:,(\d+))?$/.exec(String(since ?? 'w-')) ?? []).map(
      (part, index) => (index > 1 && part !== undefined ? Number(part) : part),
    ) as [unknown, string | undefined, number, number];
    if (since !== undefined && (!kind || Number(at) > this.#log)) {
      throw new Refusal(400, 'invalid_cursor', 'This server did not give this cursor.', { field: 'since' });
    }
    if (since === undefined) return this.#walk(me, this.#log, 0, Number(limit), false);
    for (const talk of this.#talksOf(me))
      this.#prove(talk, me, Number(at), kind === 'w' ? Number(next) : undefined);
    if (kind === 'w') return this.#walk(me, Number(at), Number(next), Number(limit), false);
    if (Number(at) < this.forgotten) return this.#walk(me, this.#log, 0, Number(limit), true);
    return this.#follow(me, Number(at), Number(limit));
  }

  #follow(me: string, at: number, limit: number) {
    const talks = this.#talksOf(me).filter(talk => this.#moved(talk, me) > at);
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
    const reached = cut && end ? changeFor(end.stored, me) : this.#log;
    const told = talks.filter(talk => !cut || page.some(one => one.talk === talk));
    return {
      conversations: told.map(talk => this.#conversation(talk)),
      messages: page.map(({ talk, stored }) => this.#show(me, talk, stored.message.number)),
      hasMore: cut,
      cursor: `s${reached}`,
      nextPollMs: this.nextPollMs,
    };
  }

  #walk(me: string, log: number, next: number, limit: number, reset: boolean) {
    const talks = this.#talksOf(me).sort((a, b) => (a.id < b.id ? -1 : 1));
    const shown: Talk[] = [];
    const messages: Message[] = [];
    for (const talk of talks.slice(next)) {
      const newest = seenBy(talk, me).slice(-limit);
      if (messages.length + newest.length > limit) break;
      shown.push(talk);
      messages.push(...newest.map(({ message }) => this.#show(me, talk, message.number)));
    }
    const reached = next + shown.length;
    const hasMore = reached < talks.length;
    return {
      conversations: shown.map(talk => this.#conversation(talk)),
      messages,
      hasMore,
      cursor: hasMore ? `w${log},${reached}` : `s${log}`,
      nextPollMs: this.nextPollMs,
      ...(reset && { reset }),
    };
  }

  /** A cursor proves that what it covers has arrived. */
  #prove(talk: Talk, me: string, log: number, walked: number | undefined): void {
    const order = this.#talksOf(me).sort((a, b) => (a.id < b.id ? -1 : 1));
    if (walked !== undefined && order.indexOf(talk) >= walked) return;
    const covered = talk.messages.filter(
      ({ message, changedForRecipient }) => message.senderId !== me && changedForRecipient <= log,
    );
    const last = covered.at(-1)?.message.number;
    if (last !== undefined) this.#receipt(talk, me, last, 'delivered');
  }

  #receipt(talk: Talk, me: string, upTo: number, status: 'delivered' | 'read'): void {
    const marks = status === 'read' ? talk.read : talk.delivered;
    const before = marks.get(me) ?? 0;
    if (upTo <= before) return;
    if (isCrew(talk) && status === 'delivered') return;
    marks.set(me, upTo);
    this.#log += 1;
    for (const stored of talk.messages.slice(before, upTo)) {
      if (
        isCrew(talk) ||
        stored.message.senderId === me ||
        stored.message.status === 'read' ||
        stored.message.status === status
      )
        continue;
      stored.message = { ...stored.message, status, updatedAt: iso(this.#clock.now()) };
      stored.changed = this.#log;
      if (status === 'read') stored.changedForRecipient = this.#log;
    }
    talk.changed = this.#log;
  }

  #moved(talk: Talk, me: string): number {
    return talk.messages.reduce((most, stored) => Math.max(most, changeFor(stored, me)), talk.changed);
  }

  #show(me: string, talk: Talk, number: number): Message {
    const stored = talk.messages[number - 1];
    if (!stored) throw new Error(`There is no message ${number}.`);
    const { clientId, ...plain } = stored.message;
    const original = talk.messages.find(({ message }) => message.id === stored.replyTo)?.message;
    const rest = { ...plain, ...(original && !plain.deletedAt && { replyTo: quoteOf(original) }) };
    const url =
      stored.fileId === undefined || plain.deletedAt
        ? {}
        : { fileUrl: `/download/${stored.fileId}?made=${this.#clock.now()}` };
    const others = talk.users.filter(user => user !== rest.senderId);
    const read = others.every(user => (talk.read.get(user) ?? 0) >= number);
    if (isCrew(talk)) rest.status = read ? 'read' : 'sent';
    if (rest.senderId === me) return { ...rest, ...url, ...(clientId !== undefined && { clientId }) };
    if (isCrew(talk)) return { ...rest, ...url };
    return { ...rest, ...url, status: rest.status === 'sent' ? 'delivered' : rest.status };
  }

  #conversation(talk: Talk): Conversation {
    const last = talk.messages.at(-1)?.message;
    const job = talk.job === undefined ? undefined : this.jobs.get(talk.job);
    return {
      id: talk.id,
      kind: isCrew(talk) ? 'crew' : 'pair',
      participants: [...talk.users],
      people: talk.users.slice(0, 5).map(id => this.#person(id)),
      ...(job && { jobId: job.id, job: { id: job.id, title: job.title, status: job.status } }),
      ...(last && { lastMessage: last.content, lastMessageAt: last.createdAt }),
      unreadCount: Object.fromEntries(talk.users.map(user => [user, unread(talk, user)])),
      createdAt: talk.messages[0]?.message.createdAt ?? iso(0),
      updatedAt: last?.updatedAt ?? iso(0),
    };
  }

  #talk(me: string, input: { receiverId?: string; conversationId?: string }): Talk {
    const crew = this.jobs.get(Number(/^crew_(\d+)$/.exec(input.conversationId ?? '')?.[1]));
    const begins = crew?.participants.includes(me) && !this.#talks.has(`crew_${crew.id}`);
    if (input.conversationId !== undefined && !begins) return this.#mine(me, input.conversationId);
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
    return this.#talks.get(id) ?? { id, users, ...made };
  }

  #mine(me: string, id: string): Talk {
    const talk = this.#talks.get(id);
    if (!talk?.users.includes(me)) throw new Refusal(404, 'not_found', 'There is no such conversation.');
    return talk;
  }

  #talksOf(me: string): Talk[] {
    return [...this.#talks.values()].filter(({ users }) => users.includes(me));
  }

  #permit(me: string, talk: Talk, jobId: number | undefined): Job {
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

  #take(me: string): void {
    if (this.sendRate === 0) return;
    const [now, each] = [this.#clock.now(), 60_000 / this.sendRate];
    const bucket = this.#buckets.get(me) ?? { tokens: this.sendRate, at: now };
    const tokens = Math.min(this.sendRate, bucket.tokens + (now - bucket.at) / each);
    this.#buckets.set(me, { tokens: tokens >= 1 ? tokens - 1 : tokens, at: now });
    if (tokens < 1)
      throw new Refusal(429, 'rate_limited', 'Slow down.', { retryAfterMs: Math.ceil((1 - tokens) * each) });
  }
}
