/** A conversation as a chat shows it: messages that the server has, then unsent ones. */

import type { FileLike, FileMeta, Timeline } from './client.ts';
import type { Core } from './core.ts';
import type { Details } from './details.ts';
import { Divider } from './divider.ts';
import { Draft } from './drafts.ts';
import { failure, type Problem, problemOf } from './errors.ts';
import { read } from './files.ts';
import type { Conversation, Message } from './generated/contract.ts';
import { fresher, pageOf } from './history.ts';
import { isCrew, otherIn } from './ids.ts';
import type { ConversationList } from './list.ts';
import { LoadedMessages } from './loaded.ts';
import type { Change } from './mirror.ts';
import { Cell, share } from './observable.ts';
import type { NewMessage, Outbox } from './outbox.ts';
import { withCommands } from './overlay.ts';
import { quoteOf } from './quotes.ts';
import { refusalOf } from './refusal.ts';
import { type Act, bytesKey, type CommandRow, KEPT, type MessageRow, readKey } from './rows.ts';
import type { TimelineMessage, TimelineState } from './state.ts';
import { personIn, unreadIn, viewOfEntry } from './view.ts';

/** The parts that a timeline works with. */
export interface TimelineParts extends Core {
  readonly outbox: Outbox;
  readonly list: ConversationList;
  /** The reader was active: a chat was opened or closed, or `text` is in the composer of the conversation `id`. */
  acted(id?: string, text?: string): void;
}

const onDemand = () => import('./onDemand.ts');

export class ConversationTimeline implements Timeline {
  readonly id: string;
  readonly draft: Draft;
  readonly #core: TimelineParts;
  readonly #job: number | undefined;
  readonly #other: string | undefined;
  readonly #loaded: LoadedMessages;
  readonly #cell: Cell<TimelineState>;
  readonly #divider = new Divider();
  #details: Details | undefined;
  /** Unsent messages, and messages with commands, as they were last shown. */
  #shown = new Map<string, TimelineMessage>();
  #opened = 0;
  #status: 'loading' | 'ready' = 'loading';
  #loading: Promise<void> | undefined;
  #loadingOlder = false;
  #olderProblem: Problem | undefined;
  /** Number of the first message of the conversation, known from an answer of the server. */
  #start = 0;
  #epoch = 0;
  /** Changes that come while the stored messages are being read. */
  #missed: MessageRow[] | undefined;
  /** The cursor up to which this chat was fetched separately, before polls reached it. */
  #cursor: string | undefined;

  constructor(core: TimelineParts, id: string, job: number | undefined) {
    this.id = id;
    this.#core = core;
    this.#job = job;
    this.#other = otherIn(id, core.me);
    this.#loaded = new LoadedMessages(core.me);
    this.draft = new Draft(id, core.store, core.ports.clock);
    this.#cell = new Cell<TimelineState>(this.#state([], undefined), () => void this.load());
  }

  get = (): TimelineState => this.#cell.get();
  subscribe = (changed: () => void): (() => void) => this.#cell.subscribe(changed);

  setDraft(text: string): void {
    this.#core.acted(this.id, text);
    this.draft.write(text);
  }

  get isOpen(): boolean {
    return this.#opened > 0;
  }

  open(): () => void {
    if (++this.#opened === 1) {
      if (this.#status === 'ready') this.#divider.open(this.#unread(), this.#loaded.last);
      this.#core.acted();
      this.refresh();
      void this.load();
      // After a failure it is asked again after the next poll.
      this.#introduce().catch(() => undefined);
    }
    return () => this.close();
  }

  close(): void {
    if (!this.#opened || --this.#opened) return;
    void this.flush();
    this.#divider.open(0, this.#loaded.last);
    this.#loaded.keep(-KEPT);
    this.#core.acted();
    this.refresh();
  }

  async send(text: string, replyTo?: string): Promise<string> {
    const isDraft = () => this.draft.get().trim() === text.trim();
    // Before the message, which drops the draft: another draft may be begun meanwhile.
    void this.draft.keep();
    const clientId = await this.#add(text, replyTo, { fromDraft: isDraft() });
    if (isDraft()) this.draft.sent();
    this.#core.acted(this.id, '');
    return clientId;
  }

  async sendFile(file: FileLike, meta: FileMeta = {}): Promise<string> {
    return this.#add(meta.text ?? '', meta.replyTo, await read(file, meta));
  }

  retry(clientId: string): Promise<void> {
    return this.rewrite(clientId);
  }

  async rewrite(clientId: string, text?: string): Promise<void> {
    await (await onDemand()).again(this.#core, clientId, text);
  }

  async discard(clientId: string): Promise<boolean> {
    return (await onDemand()).discard(this.#core, clientId);
  }

  edit(key: string, text: string): Promise<void> {
    return this.#act(key, { is: 'edit', text });
  }

  delete(key: string): Promise<void> {
    return this.#act(key, { is: 'delete' });
  }

  react(key: string, emoji?: string): Promise<void> {
    return this.#act(key, { is: 'react', emoji });
  }

  async dismiss(key: string): Promise<void> {
    await (await onDemand()).dismiss(this.#core, this.#find(key).id);
  }

  async versions(key: string): Promise<readonly { readonly text: string; readonly at: number }[]> {
    return (await onDemand()).versions(this.#core, this.#find(key));
  }

  async loadOlder(): Promise<void> {
    if (this.#loadingOlder || !this.#hasOlder()) return;
    this.#loadingOlder = true;
    this.#core.acted();
    this.refresh();
    const before = this.#loaded.at(this.#loaded.first)?.message.id;
    try {
      // On a new device the list has the number of unread messages.
      const listed = before ?? this.#core.list.preload().catch(() => undefined);
      const [page] = await Promise.all([pageOf(this.#core, this.id, before), listed]);
      this.#loaded.prepend(page.rows);
      if (before === undefined) {
        this.#cursor = page.cursor;
        // The newest page was not here when the chat was opened, so it did not arrive since.
        this.#divider.open(this.#unread(), this.#loaded.last);
      }
      if (!page.hasOlder) this.#start = this.#loaded.first || -1;
      this.#olderProblem = undefined;
    } catch (error) {
      this.#olderProblem = problemOf(error);
      // A conversation that nobody has begun yet.
      if (this.#olderProblem.code === 'not_found') this.#start = -1;
    }
    this.#loadingOlder = false;
    this.refresh();
  }

  markAsRead(): void {
    const { store } = this.#core;
    const { number = 0, id = '' } = this.#loaded.at(this.#loaded.last)?.message ?? {};
    if (number <= (store.mirror.read.get(this.id)?.number ?? 0) || this.#unread() === 0) return;
    // Memory replaces a cache that fails; a session that is over has nothing to report.
    store.update('read', [readKey(this.id)], () => ({ number, id, told: false })).catch(() => undefined);
  }

  fileBytes(clientId: string): Promise<ArrayBuffer | undefined> {
    return this.#core.store.get('bytes', bytesKey(clientId));
  }

  async refreshFile(key: string): Promise<void> {
    const row = this.#loaded.find(key);
    if (row) await (await onDemand()).renew(this.#core, this.id, this.#loaded, row.message.number);
  }

  rememberSize(key: string, width: number, height: number): void {
    const row = this.#loaded.find(key);
    if (!row || (row.size?.width === width && row.size.height === height)) return;
    const keep = async () => (await onDemand()).keep(this.#core, [{ ...row, size: { width, height } }]);
    keep().catch(() => undefined);
  }

  /** Reads the stored messages, once. */
  load(): Promise<void> {
    // If the session ends first, there is nothing to show.
    this.#loading ??= this.#read().catch(() => undefined);
    return this.#loading;
  }

  /** Everything may have changed. */
  async reload(): Promise<void> {
    this.draft.follow();
    if (this.#loading) await this.#read().catch(() => undefined);
  }

  /** Rows of this conversation changed. */
  changed(change: Change): void {
    const rows = change.messages.get(this.id) ?? [];
    this.draft.follow();
    if (this.#missed) this.#missed.push(...rows);
    else if (this.#loading) {
      this.#loaded.take(rows);
      // A full sync brings whole conversations, so the shown messages are read again.
      if (this.#epoch !== this.#currentEpoch()) void this.reload();
    }
    this.refresh();
  }

  /** Messages changed that may be older than the stored ones. */
  touched(rows: readonly MessageRow[]): void {
    const known = rows.filter(
      ({ message }) => message.conversationId === this.id && this.#loaded.at(message.number),
    );
    if (known.length === 0) return;
    this.#loaded.take(known.map(row => fresher(this.#loaded.at(row.message.number), row)));
    this.refresh();
  }

  /** Fetches changes of this chat if it is open, while a full sync is still running. */
  async catchUp(): Promise<void> {
    if (!this.isOpen || this.#status !== 'ready' || this.#other === undefined) return;
    // Nothing depends on it: polls bring the same.
    const page = await pageOf(this.#core, this.id, undefined, this.#cursor).catch(() => undefined);
    if (!page) return;
    this.#cursor = page.cursor;
    this.#loaded.take(page.rows.map(row => fresher(this.#loaded.at(row.message.number), row)));
    this.refresh();
  }

  /** A poll has succeeded: messages from now on are new. */
  polled(): void {
    if (this.#status === 'ready') this.#divider.settle();
    if (this.isOpen) this.#introduce().catch(() => undefined);
  }

  /** Shows the current state. */
  refresh(): void {
    const messages = this.#messages();
    const seen = this.isOpen && this.#core.ports.lifecycle.now().visible;
    const first = this.#status === 'ready' ? this.#divider.place(this.#loaded, seen) : undefined;
    const key = first === undefined ? undefined : this.#loaded.views[first - this.#loaded.first]?.key;
    this.#cell.set(this.#state(messages, key));
    if (this.isOpen && this.#divider.isSought && !this.#olderProblem) void this.loadOlder();
  }

  /** Stores at once what is normally stored with a delay. */
  flush(): Promise<void> {
    return this.draft.keep();
  }

  /** The session is over: shows nothing any more. */
  empty(): void {
    this.#loaded.keep(0, 0);
    this.draft.sent();
    this.#start = -1;
    this.refresh();
  }

  async #read(): Promise<void> {
    const missed: MessageRow[] = [];
    this.#missed = missed;
    const rows = await this.#core.store.messages(this.id);
    // A later read has begun meanwhile, and replaces this one.
    if (this.#missed !== missed) return;
    this.#epoch = this.#currentEpoch();
    // A cache that failed has lost messages that are still shown.
    if (rows.length > 0 || !this.#core.store.mirror.conversation.has(this.id)) this.#loaded.replace(rows);
    this.#loaded.take(missed.filter(({ message }) => message.number >= this.#loaded.first));
    this.#missed = undefined;
    if (this.#status === 'loading') this.#divider.open(this.#unread(), this.#loaded.last);
    if (rows.length === 0 && this.#hasOlder()) await this.loadOlder();
    this.#status = 'ready';
    this.refresh();
  }

  #add(text: string, replyTo: string | undefined, more: Partial<NewMessage>): Promise<string> {
    return this.#core.outbox.add({
      conversationId: this.id,
      to: this.#to(),
      job: this.#job,
      text,
      replyTo: replyTo === undefined ? undefined : quoteOf(this.#find(replyTo)),
      ...more,
    });
  }

  async #act(key: string, act: Act): Promise<void> {
    const message = this.#find(key);
    await (await onDemand()).addCommand(this.#core, message, act);
  }

  /** A message that the server has. */
  #find(key: string): Message {
    const message = this.#loaded.find(key)?.message ?? this.#core.store.mirror.outbox.get(key)?.accepted;
    if (!message) throw failure('not_found', 'No such message.');
    return message;
  }

  /** The recipient of messages. */
  #to(): string {
    if (!this.#other) throw failure('not_found', `${this.id} is not yours.`);
    return this.#other;
  }

  #currentEpoch(): number {
    // A preloaded conversation has no epoch yet.
    return Math.max(0, this.#core.store.mirror.conversation.get(this.id)?.epoch ?? 0);
  }

  #unread(): number {
    const { conversation, read } = this.#core.store.mirror;
    return unreadIn(conversation.get(this.id), read.get(this.id), this.#core.me);
  }

  #hasOlder(): boolean {
    if (this.#loaded.first > 0) return this.#loaded.first > 1 && this.#loaded.first !== this.#start;
    if (!this.#other || this.#start === -1) return false;
    const { conversation, isComplete } = this.#core.store.mirror;
    // A conversation that a complete sync has not brought does not exist.
    return conversation.has(this.id) || !isComplete;
  }

  /** Messages that the server has, then unsent ones. */
  #messages(): readonly TimelineMessage[] {
    const { store, progress, me } = this.#core;
    // A separate fetch of this chat may have own messages that polls have not brought back yet.
    const isHere = (clientId: string) => this.#cursor !== undefined && this.#loaded.find(clientId);
    const rows = store.mirror.entries(this.id).filter(({ clientId }) => !isHere(clientId));
    const entries = rows.map(row => {
      const view = viewOfEntry(row, progress.get(row.clientId), me);
      return share(this.#shown.get(view.key), view);
    });
    const all = [...this.#loaded.views, ...entries];
    const commands = store.mirror.commands(this.id);
    const messages = commands.length === 0 ? all : all.map(view => this.#changed(view, commands));
    const own = messages.filter((view, place) => place >= this.#loaded.views.length || view !== all[place]);
    this.#shown = new Map(own.map(view => [view.key, view]));
    return messages;
  }

  #changed(view: TimelineMessage, commands: readonly CommandRow[]): TimelineMessage {
    const changed = withCommands(view, commands, this.#core.me);
    return changed === view ? view : share(this.#shown.get(view.key), changed);
  }

  #state(messages: readonly TimelineMessage[], firstUnread: string | undefined): TimelineState {
    const row = this.#core.store.mirror.conversation.get(this.id);
    const told = this.#details?.missing(row?.conversation);
    const reason = refusalOf(told, this.#kept()?.job, this.#job, messages);
    const of = told?.conversation ?? row?.conversation;
    return {
      id: this.id,
      status: this.#status,
      messages,
      hasOlder: this.#hasOlder(),
      loadingOlder: this.#loadingOlder,
      olderProblem: this.#start === -1 ? undefined : this.#olderProblem,
      firstUnread,
      unread: this.#unread(),
      person: this.#other ? personIn(of, this.#other) : undefined,
      ...(isCrew(this.id) && {
        people: row?.conversation.people ?? [],
        ...this.#details?.crew(row?.conversation),
      }),
      job: of?.job,
      canWrite: !!this.#other && !reason,
      reason,
    };
  }

  /** Asks for the person and job, if polls have not brought them. */
  async #introduce(): Promise<void> {
    await this.#core.store.opened;
    if (!this.#other || !this.#core.store.mirror.isComplete) return;
    const { Details } = await onDemand();
    this.#details ??= new Details(this.#core, this.#other, this.#job, () => this.polled());
    if (await this.#details.ask(() => this.#kept())) this.refresh();
  }

  #kept(): Conversation | undefined {
    return this.#core.store.mirror.conversation.get(this.id)?.conversation;
  }
}
