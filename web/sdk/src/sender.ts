/**
 * Tells the server what the reader did: sends the outbox, one message at a time in each conversation, in order, each until
 * the server has it or has refused it; and tells what was read. Only the tab that leads does.
 *
 * A message keeps its `clientId`, so that an attempt whose answer was lost is repeated without harm. A refusal is kept
 * with the message, and those behind it go on. Everything else is tried again: after a pause that grows, or at once when
 * the device comes online.
 */

import type { Core } from './core.ts';
import { ended, failure, isRefusal, type Problem, problemOf } from './errors.ts';
import type { Message } from './generated/contract.ts';
import type { HttpCall } from './ports.ts';
import {
  bytesKey,
  type ConversationRow,
  conversationKey,
  isUnsent,
  type OutboxRow,
  outboxKey,
  readKey,
} from './rows.ts';
import type { MessageState } from './state.ts';
import { dropped } from './sync.ts';
import { Backoff } from './time.ts';
import { upload } from './uploads.ts';

/** What is wrong with a refused file when it may help to upload it once more: where its bytes are, or what arrived of them. */
const OF_THE_UPLOAD = ['fileUrl', 'fileSize', 'sha256'];

export class Sender {
  readonly #core: Core;
  readonly #backoff: Backoff;
  /** What is being worked on: conversations, and the marks of what was read. */
  readonly #lanes = new Set<string>();
  /** The uploads that are under way. */
  readonly #uploads = new Map<string, HttpCall>();
  #running = false;
  #pausedUntil = 0;
  /** The pause is the server's, who counts messages: no hurry shortens it. */
  #rateLimited = false;
  #callOff: (() => void) | undefined;

  constructor(core: Core) {
    this.#core = core;
    this.#backoff = new Backoff(core.ports.random);
  }

  start(): void {
    this.#running = true;
    this.kick();
  }

  stop(): void {
    this.#running = false;
    this.#callOff?.();
    for (const call of this.#uploads.values()) call.cancel();
  }

  /** The device is online again, or the reader is back: what waits for a connection is tried at once. */
  hurry(): void {
    if (!this.#rateLimited) this.#pausedUntil = 0;
    this.kick();
  }

  /** Looks at what there is to tell. */
  kick(): void {
    const { outbox } = this.#core.store.mirror;
    for (const [clientId, call] of this.#uploads) if (!outbox.has(clientId)) call.cancel();
    if (!this.#running) return;
    this.#callOff?.();
    const wait = this.#pausedUntil - this.#core.ports.clock.now();
    if (wait > 0) {
      this.#callOff = this.#core.ports.clock.after(wait, () => this.kick());
      if (this.#rateLimited) this.#showWaiting();
      return;
    }
    for (const id of this.#core.store.mirror.pending()) void this.#lane(id, () => this.#sendNext(id));
    void this.#lane('', () => this.#tellNext());
  }

  /** Takes step after step until there is none, or a pause is due. */
  async #lane(name: string, step: () => Promise<boolean>): Promise<void> {
    if (this.#lanes.has(name)) return;
    this.#lanes.add(name);
    try {
      while (this.#mayGoOn() && (await step())) this.#backoff.reset();
    } catch {
      // The session is over.
      this.#running = false;
    } finally {
      this.#lanes.delete(name);
    }
  }

  #mayGoOn(): boolean {
    const { ports, store } = this.#core;
    // A tab that is behind may not know of something that goes first.
    const { online } = ports.lifecycle.now();
    return this.#running && online && !store.isBehind && ports.clock.now() >= this.#pausedUntil;
  }

  async #sendNext(conversationId: string): Promise<boolean> {
    const { store, progress } = this.#core;
    const row = store.mirror.entries(conversationId).find(isUnsent);
    if (!row) return false;
    try {
      const fileUrl = row.file ? (row.fileUrl ?? (await this.#upload(row))) : undefined;
      // Dropped while its file was on its way.
      if (!this.#running || !store.mirror.outbox.has(row.clientId)) return true;
      await this.#accept(row.clientId, await this.#post(row, fileUrl));
      progress.set(row.clientId, undefined);
      return true;
    } catch (error) {
      progress.set(row.clientId, undefined);
      // Dropped, and its upload cancelled.
      if (!store.mirror.outbox.has(row.clientId)) return true;
      return this.#fail(row, problemOf(error));
    }
  }

  async #upload(row: OutboxRow): Promise<string> {
    const { clientId, file } = row;
    const bytes = await this.#core.store.get('bytes', bytesKey(clientId));
    if (!bytes || !file) throw failure('invalid_file', 'Its bytes are gone.', { status: 410 });
    const show = (sent: number) => {
      const sentBytes = Math.min(sent, file.size);
      this.#core.progress.set(clientId, { is: 'uploading', sentBytes, totalBytes: file.size });
    };
    show(0);
    try {
      const fileUrl = await upload(this.#core, row.to, file, bytes, show, call => {
        this.#uploads.set(clientId, call);
        // It may have been dropped before.
        this.kick();
      });
      await this.#change(clientId, { fileUrl });
      return fileUrl;
    } finally {
      this.#uploads.delete(clientId);
    }
  }

  async #post(row: OutboxRow, fileUrl: string | undefined): Promise<Message> {
    const { clientId, to: receiverId, text: content, job: jobId } = row;
    this.#core.progress.set(clientId, { is: 'sending' });
    const sent = await this.#core.api.call('send', { receiverId, content, clientId, jobId, fileUrl });
    return sent.message;
  }

  /** The server has it. If polls have passed its place already, the cache has it too. */
  async #accept(clientId: string, message: Message): Promise<void> {
    const keys = [outboxKey(clientId), conversationKey(message.conversationId)];
    await this.#core.store.transact(keys, ([kept, conversation]) => {
      if (!kept) return undefined;
      if (message.number <= ((conversation as ConversationRow | undefined)?.last ?? 0))
        return dropped(clientId);
      return [{ put: outboxKey(clientId), value: { ...kept, accepted: message } }];
    });
    this.#core.poller.now();
  }

  /** Answers whether to go on at once. */
  async #fail(row: OutboxRow, problem: Problem): Promise<boolean> {
    if (!isRefusal(problem)) return this.#pause(problem);
    const again = !row.uploadedAgain && OF_THE_UPLOAD.includes(problem.field ?? '');
    const verdict = { fileUrl: undefined, uploadedAgain: again, problem: again ? undefined : problem };
    await this.#change(row.clientId, verdict);
    return true;
  }

  /** Tells the server what was read in one conversation. */
  async #tellNext(): Promise<boolean> {
    const { api, store } = this.#core;
    const [conversationId, read] = [...store.mirror.read].find(([, row]) => !row.told) ?? [];
    if (conversationId === undefined || !read) return false;
    try {
      await api.call('markAsRead', { conversationId, upTo: read.id });
    } catch (error) {
      // Refused for good: the message or the conversation is gone, and so is what there was to tell.
      if (!isRefusal(problemOf(error))) return this.#pause(problemOf(error));
    }
    await store.update('read', [readKey(conversationId)], row =>
      row?.number === read.number ? { ...row, told: true } : undefined,
    );
    return true;
  }

  #pause({ code, retryAfterMs }: Problem): false {
    if (code === 'signed_out') throw ended();
    const now = this.#core.ports.clock.now();
    this.#rateLimited = code === 'rate_limited';
    this.#pausedUntil = Math.max(this.#pausedUntil, now + this.#backoff.next(retryAfterMs));
    this.kick();
    return false;
  }

  /** All that waits shows until when. */
  #showWaiting(): void {
    const waiting: MessageState = { is: 'waiting', until: this.#pausedUntil };
    for (const [clientId, row] of this.#core.store.mirror.outbox) {
      if (isUnsent(row) && !this.#uploads.has(clientId)) this.#core.progress.set(clientId, waiting);
    }
  }

  /** Changes a message that is still there. */
  #change(clientId: string, change: Partial<OutboxRow>): Promise<void> {
    return this.#core.store.update('outbox', [outboxKey(clientId)], row =>
      row && !row.accepted ? { ...row, ...change } : undefined,
    );
  }
}
