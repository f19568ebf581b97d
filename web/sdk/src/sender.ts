/**
 * Sends what the reader did: the outbox, one message at a time in each conversation, in order, each until the server has it
 * or has refused it; commands; and reads. Only the leading tab does this.
 *
 * A message keeps its `clientId`, so an attempt whose answer was lost can be repeated. A refusal is stored with the message,
 * and later messages continue. Everything else is retried: with the message's own backoff, or at once when there is a
 * connection again. A pause that the server asks for holds for all messages.
 *
 * Order is kept within a conversation only, and a file that cannot be uploaded loses its place after a minute. A message
 * that a proxy refuses, while the server itself answers polls, counts as refused after five attempts.
 */

import { Attempts } from './attempts.ts';
import { meeting } from './commands.ts';
import type { Core } from './core.ts';
import { ended, failure, isRefusal, type Problem, problemOf } from './errors.ts';
import type { Message } from './generated/contract.ts';
import { addressed, sendCommand } from './messageCalls.ts';
import type { Poller } from './poller.ts';
import {
  bytesKey,
  type CommandRow,
  type ConversationRow,
  commandKey,
  conversationKey,
  isUnsent,
  type OutboxRow,
  outboxKey,
  readKey,
} from './rows.ts';
import type { MessageState } from './state.ts';
import { dropped } from './sync.ts';
import { Backoff } from './time.ts';
import { Uploads } from './uploads.ts';

/** The fields of refusals after which another upload may help: the URL of the file, or its uploaded bytes. */
const OF_THE_UPLOAD = ['fileUrl', 'fileSize', 'sha256'];
/** The pause between attempts, in milliseconds, while the device says that it is offline. */
const OFFLINE_MS = 2 * 60_000;

export class Sender {
  readonly #core: Core;
  readonly #poller: Poller;
  readonly #attempts: Attempts;
  readonly #uploads: Uploads;
  readonly #backoff: Backoff;
  /** The running lanes: conversations, files that lost their place, reads. */
  readonly #lanes = new Set<string>();
  #running = false;
  /** By `Clock.elapsed`. */
  #pausedUntil = 0;
  #triedAt = 0;
  /** The pause is the server's rate limit, so coming back does not shorten it. */
  #rateLimited = false;
  #callOff: (() => void) | undefined;
  /** The last poll failed. */
  #lost = false;

  constructor(core: Core, poller: Poller) {
    this.#core = core;
    this.#poller = poller;
    this.#attempts = new Attempts(core.ports);
    this.#uploads = new Uploads(core.api, core.ports);
    this.#backoff = new Backoff(core.ports.random);
  }

  start(): void {
    this.#running = true;
    this.sendPending();
  }

  stop(): void {
    this.#running = false;
    this.#callOff?.();
    this.#uploads.keep(() => false);
  }

  /**
   * There is a connection again, or the reader is back: waiting messages are tried at once, and uploads that have
   * stalled for `still` milliseconds start over.
   */
  retryNow(still: number): void {
    this.#uploads.renew(still);
    this.#attempts.retryNow();
    if (!this.#rateLimited) this.#pausedUntil = 0;
    this.sendPending();
  }

  /**
   * A poll has ended. With the first one that is answered again, backoffs end and waiting messages are due. A pause that the
   * server asked for continues.
   */
  polled(answered: boolean): void {
    if (answered && this.#lost) this.#attempts.retryNow();
    this.#lost = !answered;
  }

  /** Starts a lane for everything that is pending. */
  sendPending(): void {
    const { outbox, command, read } = this.#core.store.mirror;
    this.#uploads.keep(clientId => outbox.has(clientId));
    const unsent = [...outbox.values()].filter(isUnsent);
    const commands = [...command.values()].filter(isDue);
    const untold = [...read].filter(([, { told }]) => !told);
    if (unsent.length + commands.length + untold.length === 0) return;
    if (!this.#running) return this.#core.tabs.ensureLeader();
    const wait = this.#notBefore() - this.#now();
    if (wait > 0) {
      this.#plan(wait);
      if (this.#rateLimited) this.#showWaiting();
      return;
    }
    for (const id of new Set([...unsent, ...commands].map(row => row.conversationId)))
      void this.#lane(id, () => this.#sendNext(id));
    for (const row of unsent)
      if (this.#isOvertaken(row)) void this.#lane(row.clientId, () => this.#sendOvertaken(row.clientId));
    for (const [id] of untold) void this.#lane(readKey(id), () => this.#tell(id));
  }

  #now(): number {
    return this.#core.ports.clock.elapsed();
  }

  /** When the next attempt may be made, by `Clock.elapsed`. */
  #notBefore(): number {
    const { offlineSince } = this.#poller;
    const probe = offlineSince === undefined ? 0 : Math.max(offlineSince, this.#triedAt) + OFFLINE_MS;
    return Math.max(this.#pausedUntil, probe);
  }

  #plan(wait = this.#attempts.wait()): void {
    this.#callOff?.();
    if (wait !== undefined && this.#running)
      this.#callOff = this.#core.ports.clock.after(wait, () => this.sendPending());
  }

  /** Takes steps until there is none, or a pause. */
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
      if (this.#pausedUntil <= this.#now()) this.#plan();
    }
  }

  #mayGoOn(): boolean {
    // A tab that is behind may not know of a message that goes first.
    return this.#running && !this.#core.store.isBehind && this.#now() >= this.#pausedUntil;
  }

  #isOvertaken({ file, clientId, order }: OutboxRow): boolean {
    return file !== undefined && this.#attempts.isOvertaken(clientId, order);
  }

  async #sendNext(conversationId: string): Promise<boolean> {
    const { mirror } = this.#core.store;
    const row = mirror.entries(conversationId).find(one => isUnsent(one) && !this.#isOvertaken(one));
    const command = mirror.commands(conversationId).find(isDue);
    if (!command || (row && row.order < command.order)) return this.#send(row);
    // A command that waits for the limit of edits and reactions does not delay messages.
    if (!this.#attempts.isDue(commandKey(command), command.order)) return this.#send(row);
    return this.#perform(command);
  }

  /** Sends a command. Returns whether to continue at once. */
  async #perform(row: CommandRow): Promise<boolean> {
    const name = commandKey(row);
    this.#triedAt = this.#now();
    try {
      await sendCommand(this.#core, row);
    } catch (error) {
      const problem = problemOf(error);
      if (isForAll(problem) && problem.code !== 'rate_limited') return this.#pause(problem);
      if (!isRefusal(problem) && !this.#isFinal(name, row.order, problem)) return true;
      await this.#core.store.update('command', [name], kept =>
        kept?.order === row.order ? { ...kept, problem: finalOf(problem) } : undefined,
      );
    }
    this.#attempts.forget(name);
    this.#poller.sent();
    return true;
  }

  async #sendOvertaken(clientId: string): Promise<boolean> {
    const row = this.#core.store.mirror.outbox.get(clientId);
    return this.#send(row && isUnsent(row) ? row : undefined);
  }

  /** Sends a message, if there is one and it is due. Returns whether to continue at once. */
  async #send(row: OutboxRow | undefined): Promise<boolean> {
    if (!row || !this.#attempts.isDue(row.clientId, row.order)) return false;
    const { store, progress } = this.#core;
    this.#triedAt = this.#now();
    let fileUrl = row.fileUrl;
    try {
      if (row.file) fileUrl ??= await this.#upload(row);
      // Dropped while its file was being uploaded.
      if (!this.#running || !store.mirror.outbox.has(row.clientId)) return true;
      await this.#accept(row.clientId, await this.#post(row, fileUrl));
      progress.set(row.clientId, undefined);
      return true;
    } catch (error) {
      progress.set(row.clientId, undefined);
      // Dropped, and its upload cancelled.
      if (!store.mirror.outbox.has(row.clientId)) return true;
      return this.#fail(row, problemOf(error), row.file !== undefined && fileUrl === undefined);
    }
  }

  async #upload(row: OutboxRow): Promise<string> {
    const { clientId, file } = row;
    const bytes = await this.#core.store.get('bytes', bytesKey(clientId));
    if (!bytes || !file) throw failure('invalid_file', 'Its bytes are gone.', { status: 410 });
    const fileUrl = await this.#uploads.put(row, file, bytes, sent => {
      const sentBytes = Math.min(sent, file.size);
      this.#core.progress.set(clientId, { is: 'uploading', sentBytes, totalBytes: file.size });
    });
    await this.#change(clientId, { fileUrl });
    return fileUrl;
  }

  async #post(row: OutboxRow, fileUrl: string | undefined): Promise<Message> {
    const { clientId, to, text: content, job: jobId } = row;
    const replyTo = row.replyTo?.id;
    this.#core.progress.set(clientId, { is: 'sending' });
    if (!row.tried) await this.#change(clientId, { tried: true });
    const sent = await this.#core.api.call('send', {
      ...addressed(to),
      content,
      clientId,
      jobId,
      fileUrl,
      replyTo,
      ...(row.file?.voice && { type: 'voice', ...row.file.voice }),
    });
    return sent.message;
  }

  /** The server has it. If polls are already beyond its number, the cache has it too. */
  async #accept(clientId: string, message: Message): Promise<void> {
    this.#attempts.forget(clientId);
    const keys = [outboxKey(clientId), conversationKey(message.conversationId)];
    await this.#core.store.transact(keys, ([kept, conversation]) => {
      // Discarded while it was being sent.
      if (!kept) return meeting(this.#core.store.mirror, message);
      if (message.number <= ((conversation as ConversationRow | undefined)?.last ?? 0))
        return dropped(clientId);
      return [{ put: outboxKey(clientId), value: { ...kept, accepted: message } }];
    });
    this.#poller.sent();
  }

  /** Handles a failure. Returns whether to continue at once. */
  async #fail(row: OutboxRow, problem: Problem, uploading: boolean): Promise<boolean> {
    const { clientId, order } = row;
    if (problem.code === 'client_id_reused') return this.#arrived(row);
    if (isRefusal(problem)) {
      const again =
        OF_THE_UPLOAD.includes(problem.field ?? '') && this.#attempts.uploadsAgain(clientId, order);
      if (!again) this.#attempts.forget(clientId);
      await this.#change(clientId, { fileUrl: undefined, problem: again ? undefined : problem });
      return true;
    }
    // The rate limit of files is a separate one.
    if (isForAll(problem) && !(uploading && problem.code === 'rate_limited')) return this.#pause(problem);
    return this.#failed(row, problem);
  }

  /** A temporary failure. Returns whether to continue with others. */
  async #failed(row: OutboxRow, problem: Problem): Promise<boolean> {
    const { clientId, order } = row;
    if (this.#isFinal(clientId, order, problem)) {
      this.#attempts.forget(clientId);
      await this.#change(clientId, { problem: finalOf(problem) });
      return true;
    }
    return this.#isOvertaken(row);
  }

  /** A temporary failure. Returns whether there were so many that it counts as refused. */
  #isFinal(name: string, order: number, problem: Problem): boolean {
    const final = this.#attempts.failed(name, order, problem, this.#poller.succeededAt);
    // A poll shows whether only this message fails, or the server does not answer at all.
    if (!final && problem.status) this.#poller.pollNow(false);
    return final;
  }

  /** An earlier attempt arrived, with another upload of its file or another text: the new text becomes an edit. */
  async #arrived({ clientId, conversationId, text, file, at, order }: OutboxRow): Promise<boolean> {
    this.#attempts.forget(clientId);
    const value = { conversationId, clientId, act: { is: 'edit', text } as const, at, order };
    const edit = file ? [] : [{ put: commandKey(value), value }];
    await this.#core.store.transact([], () => [...dropped(clientId), ...edit]);
    this.#poller.sent();
    return true;
  }

  /** Reports what was read in a conversation. */
  async #tell(conversationId: string): Promise<boolean> {
    const { api, store } = this.#core;
    const key = readKey(conversationId);
    const read = store.mirror.read.get(conversationId);
    if (!read || read.told || !this.#attempts.isDue(key)) return false;
    this.#triedAt = this.#now();
    try {
      await api.call('markAsRead', { conversationId, upTo: read.id });
    } catch (error) {
      const problem = problemOf(error);
      if (isForAll(problem)) return this.#pause(problem);
      // Refused permanently: the message or the conversation is gone, so there is nothing to report.
      if (!isRefusal(problem)) {
        this.#attempts.failed(key, 0, problem, 0);
        return false;
      }
    }
    this.#attempts.forget(key);
    await store.update('read', [key], row =>
      row?.number === read.number ? { ...row, told: true } : undefined,
    );
    return true;
  }

  #pause({ code, retryAfterMs }: Problem): false {
    if (code === 'signed_out') throw ended();
    this.#rateLimited = code === 'rate_limited';
    this.#pausedUntil = Math.max(this.#pausedUntil, this.#now() + this.#backoff.next(retryAfterMs));
    this.sendPending();
    return false;
  }

  /** Shows for all waiting messages until when they wait. */
  #showWaiting(): void {
    const { clock } = this.#core.ports;
    const waiting: MessageState = { is: 'waiting', until: clock.now() + this.#pausedUntil - this.#now() };
    for (const [clientId, row] of this.#core.store.mirror.outbox) {
      if (isUnsent(row) && !this.#uploads.has(clientId)) this.#core.progress.set(clientId, waiting);
    }
  }

  /** Changes a message that is still in the outbox. */
  #change(clientId: string, change: Partial<OutboxRow>): Promise<void> {
    return this.#core.store.update('outbox', [outboxKey(clientId)], row =>
      row && !row.accepted ? { ...row, ...change } : undefined,
    );
  }
}

/** A final problem that is no refusal of the server is one of a proxy. */
const finalOf = (problem: Problem): Problem =>
  isRefusal(problem) ? problem : { ...problem, code: 'proxy_refused' };

/** Whether its message has arrived, and it was not refused. */
const isDue = ({ id, problem }: CommandRow) => id !== undefined && !problem;

/** Whether other requests would fail in the same way now. */
function isForAll({ code, retryAfterMs }: Problem): boolean {
  return ['signed_out', 'unauthenticated', 'rate_limited'].includes(code) || retryAfterMs !== undefined;
}
