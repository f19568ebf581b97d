/**
 * Own messages until a poll has brought them back: stored first, then shown, then sent, and dropped in the transaction
 * that stores the server's copy. So none is lost or shown twice, wherever a tab dies.
 */

import type { Write } from './cache/port.ts';
import type { Core } from './core.ts';
import { failure } from './errors.ts';
import type { Quote } from './generated/contract.ts';
import { randomId } from './ids.ts';
import { bytesKey, commandKey, draftKey, type OutboxFile, type OutboxRow, outboxKey } from './rows.ts';
import { dropped } from './sync.ts';
import { check, clean } from './text.ts';

/** A message to be sent. */
export interface Draft {
  readonly conversationId: string;
  readonly to: string;
  readonly job: number | undefined;
  readonly text: string;
  readonly file?: OutboxFile;
  readonly bytes?: ArrayBuffer;
  readonly replyTo?: Quote;
  /** The text came from the composer: its draft is dropped in the same transaction, so it is not sent twice. */
  readonly fromDraft?: boolean;
}

export class Outbox {
  readonly #core: Core;

  constructor(core: Core) {
    this.#core = core;
  }

  /** Stores a message, and returns its `clientId`. */
  async add(draft: Draft): Promise<string> {
    const { conversationId, to, job, file, bytes, replyTo } = draft;
    const text = clean(draft.text);
    check(text, file !== undefined);
    const clientId = randomId(this.#core.ports.random);
    const row = { clientId, conversationId, to, job, text, at: this.#core.ports.clock.now(), file, replyTo };
    await this.#core.store.transact([], (_, order) => {
      const writes: Write[] = [{ put: outboxKey(clientId), value: { ...row, order } }];
      if (bytes) writes.push({ put: bytesKey(clientId), value: bytes });
      if (draft.fromDraft) writes.push({ drop: draftKey(conversationId) });
      return writes;
    });
    return clientId;
  }

  /** Sends a refused message again, at the end of the queue and with another text if one is given. */
  async again(clientId: string, text?: string): Promise<void> {
    await this.#core.store.update('outbox', [outboxKey(clientId)], (row, _, order) => {
      if (!row?.problem) throw failure('not_found', 'No such message.');
      const changed = clean(text ?? row.text);
      check(changed, row.file !== undefined);
      return { ...row, text: changed, order, problem: undefined };
    });
  }

  /**
   * Drops a message. One that the server has, or may have, is deleted there too, as soon as it is known to have arrived.
   * Returns `false` if it is no longer here.
   */
  async discard(clientId: string): Promise<boolean> {
    let done = false;
    await this.#core.store.transact([outboxKey(clientId)], ([kept], order) => {
      const row = kept as OutboxRow | undefined;
      done = row !== undefined;
      return row && [...dropped(clientId), ...this.#deletion(row, order)];
    });
    return done;
  }

  #deletion({ clientId, conversationId, accepted, tried, problem }: OutboxRow, order: number): Write[] {
    // The server does not have a message that it refused itself.
    if (!accepted && (!tried || (problem && problem.code !== 'proxy_refused'))) return [];
    const at = this.#core.ports.clock.now();
    const { id, number } = accepted ?? {};
    const value = { conversationId, clientId, id, number, act: { is: 'delete' } as const, at, order };
    return [{ put: commandKey(value), value }];
  }
}
