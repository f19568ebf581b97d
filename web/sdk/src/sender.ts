/**
 * Sends what the outbox holds: one message at a time in each conversation, in order, each until the server has it or
 * has refused it. Only the tab that leads sends.
 *
 * A message keeps its `clientId`, so that an attempt whose answer was lost is repeated without harm. A refusal is kept
 * with the message, and those behind it go on. Everything else is tried again: after a pause that grows, or at once when
 * the device comes online.
 */

import type { Api } from './api.ts';
import type { Value } from './cache/port.ts';
import { failure, isRefusal, type Problem, problemOf } from './errors.ts';
import type { Message } from './generated/contract.ts';
import type { Clock, Http, Random } from './ports.ts';
import { bytesKey, type ConversationRow, conversationKey, type OutboxRow, outboxKey } from './rows.ts';
import type { MessageState } from './state.ts';
import type { Store } from './store.ts';
import { dropped } from './sync.ts';
import { Backoff } from './time.ts';
import { type Upload, upload } from './uploads.ts';

/** How often an upload may be refused before the message is. */
const REFUSALS = 3;
/** Told about an upload, these mean that the file is to be uploaded again. */
const UPLOAD_AGAIN = ['file_not_uploaded', 'file_already_used', 'invalid_file'];
/** What is wrong then: the place of the bytes, or not all of them arrived. */
const OF_THE_UPLOAD = ['fileUrl', 'fileSize', 'sha256'];

export interface SenderParts {
  readonly api: Api;
  readonly http: Http;
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly isOnline: () => boolean;
  /** How far a message is; `undefined` when it is not under way. */
  readonly progress: (clientId: string, state: MessageState | undefined) => void;
  /** The server has accepted a message. */
  readonly accepted: () => void;
}

export class Sender {
  readonly #parts: SenderParts;
  readonly #backoff: Backoff;
  readonly #lanes = new Set<string>();
  readonly #uploads = new Map<string, Upload>();
  #running = false;
  #pausedUntil = 0;
  /** The pause is the server's, who counts messages: no hurry shortens it. */
  #rateLimited = false;
  #callOff: (() => void) | undefined;

  constructor(parts: SenderParts) {
    this.#parts = parts;
    this.#backoff = new Backoff(parts.random);
  }

  start(): void {
    this.#running = true;
    this.kick();
  }

  stop(): void {
    this.#running = false;
    this.#callOff?.();
    for (const { cancel } of this.#uploads.values()) cancel();
  }

  /** The device is online again, or the reader is back: what waits for a connection is tried at once. */
  hurry(): void {
    if (!this.#rateLimited) this.#pausedUntil = 0;
    this.kick();
  }

  /** Looks at the outbox. */
  kick(): void {
    const { clock, store, isOnline } = this.#parts;
    if (!this.#running || !isOnline()) return;
    for (const [clientId, { cancel }] of this.#uploads) if (!store.mirror.outbox.has(clientId)) cancel();
    this.#callOff?.();
    const wait = this.#pausedUntil - clock.now();
    if (wait > 0) {
      this.#callOff = clock.after(wait, () => this.kick());
      if (this.#rateLimited) this.#showWaiting();
      return;
    }
    for (const id of [...store.mirror.pending()]) void this.#lane(id);
  }

  /** Sends what a conversation has, in order, until nothing is left or a pause is due. */
  async #lane(id: string): Promise<void> {
    if (this.#lanes.has(id)) return;
    this.#lanes.add(id);
    try {
      for (let row = this.#next(id); row; row = this.#next(id)) await this.#attempt(row);
    } catch {
      // The cache refused: the session is over, or what it says next time will tell.
      this.#running = false;
    } finally {
      this.#lanes.delete(id);
    }
  }

  #next(id: string): OutboxRow | undefined {
    const { clock, store, isOnline } = this.#parts;
    // Another tab may have written something that goes first.
    if (!this.#running || store.isBehind || !isOnline() || clock.now() < this.#pausedUntil) return undefined;
    return store.mirror.entries(id).find(row => !row.accepted && !row.problem);
  }

  async #attempt(row: OutboxRow): Promise<void> {
    const { clientId } = row;
    try {
      const fileUrl = row.file ? (row.fileUrl ?? (await this.#upload(row))) : undefined;
      // Dropped while its file was on its way.
      if (!this.#running || !this.#parts.store.mirror.outbox.has(clientId)) return;
      const message = await this.#post(row, fileUrl);
      this.#backoff.reset();
      await this.#accept(clientId, message);
      this.#parts.progress(clientId, undefined);
    } catch (error) {
      this.#parts.progress(clientId, undefined);
      await this.#fail(row, problemOf(error));
    }
  }

  async #upload(row: OutboxRow): Promise<string> {
    const { store, progress } = this.#parts;
    const file = row.file ?? { name: '', size: 0, contentType: '' };
    const bytes = await store.get('bytes', bytesKey(row.clientId));
    if (!bytes) throw failure('invalid_file', 'The file is not on this device any more.', { status: 410 });
    const show = (sentBytes: number) =>
      progress(row.clientId, {
        is: 'uploading',
        sentBytes: Math.min(sentBytes, file.size),
        totalBytes: file.size,
      });
    show(0);
    const running = upload(this.#parts, row.to, file, bytes, show);
    this.#uploads.set(row.clientId, running);
    try {
      const fileUrl = await running.done;
      await this.#change(row.clientId, kept => ({ ...kept, fileUrl }));
      return fileUrl;
    } finally {
      this.#uploads.delete(row.clientId);
    }
  }

  async #post(row: OutboxRow, fileUrl: string | undefined): Promise<Message> {
    const { api, progress } = this.#parts;
    const { clientId, to: receiverId, text: content, job } = row;
    progress(clientId, { is: 'sending' });
    const about = job === undefined ? {} : { jobId: job };
    const sent = await api.call('send', {
      receiverId,
      content,
      clientId,
      ...about,
      ...(fileUrl && { fileUrl }),
    });
    return sent.message;
  }

  /** The server has it. If polls have passed its place already, the cache has it too. */
  async #accept(clientId: string, message: Message): Promise<void> {
    const { store, accepted } = this.#parts;
    const { conversationId: id, number } = message;
    const keys = [outboxKey(clientId), conversationKey(id)];
    await store.transact(keys, ([kept, conversation]) => {
      const row = kept as OutboxRow | undefined;
      const { last = 0 } = (conversation as ConversationRow | undefined) ?? {};
      if (!row) return undefined;
      return number > last
        ? [{ put: outboxKey(clientId), value: { ...row, accepted: message } }]
        : dropped(clientId);
    });
    accepted();
  }

  async #fail(row: OutboxRow, problem: Problem): Promise<void> {
    if (problem.code === 'cancelled') return;
    if (problem.code === 'signed_out') throw failure('signed_out', problem.detail);
    if (!isRefusal(problem)) return this.#pause(problem);
    this.#backoff.reset();
    const uploadAgain = UPLOAD_AGAIN.includes(problem.code) && OF_THE_UPLOAD.includes(problem.field ?? '');
    await this.#change(row.clientId, ({ fileUrl: _, ...kept }) => {
      const refusals = (kept.refusals ?? 0) + 1;
      if (uploadAgain && refusals < REFUSALS) return { ...kept, refusals };
      return { ...kept, problem };
    });
    // Somebody may have sent it already from another tab; then the next poll brings it.
    if (problem.code === 'client_id_reused') this.#parts.accepted();
  }

  #pause(problem: Problem): void {
    const { clock } = this.#parts;
    this.#rateLimited = problem.code === 'rate_limited';
    const wait = this.#rateLimited
      ? (problem.retryAfterMs ?? 5000)
      : this.#backoff.next(problem.retryAfterMs);
    this.#pausedUntil = Math.max(this.#pausedUntil, clock.now() + wait);
    this.kick();
  }

  /** All that waits shows until when. */
  #showWaiting(): void {
    const { store, progress } = this.#parts;
    const waiting: MessageState = { is: 'waiting', until: this.#pausedUntil };
    for (const row of store.mirror.outbox.values()) {
      if (!row.accepted && !row.problem && !this.#uploads.has(row.clientId)) progress(row.clientId, waiting);
    }
  }

  /** Changes a message that is still there. */
  async #change(clientId: string, change: (row: OutboxRow) => OutboxRow): Promise<void> {
    await this.#parts.store.transact([outboxKey(clientId)], ([kept]: readonly Value[]) => {
      const row = kept as OutboxRow | undefined;
      return row && !row.accepted ? [{ put: outboxKey(clientId), value: change(row) }] : undefined;
    });
  }
}
