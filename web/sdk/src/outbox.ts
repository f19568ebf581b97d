/**
 * Own messages until a poll has brought them back: kept first, then shown, then sent, and dropped in the transaction
 * that keeps the server's copy. So none is lost or shown twice, wherever a tab dies.
 */

import type { Write } from './cache/port.ts';
import type { Core } from './core.ts';
import { failure } from './errors.ts';
import { randomId } from './ids.ts';
import { bytesKey, draftKey, type OutboxFile, type OutboxRow, outboxKey } from './rows.ts';
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
  /** The text of the composer became this message: the draft is dropped in the same transaction, so it is not sent twice. */
  readonly fromDraft?: boolean;
}

export class Outbox {
  readonly #core: Core;

  constructor(core: Core) {
    this.#core = core;
  }

  /** Keeps a message; answers its `clientId`. */
  async add(draft: Draft): Promise<string> {
    const { conversationId, to, job, file, bytes } = draft;
    const text = clean(draft.text);
    check(text, file !== undefined);
    const clientId = randomId(this.#core.ports.random);
    const row = { clientId, conversationId, to, job, text, at: this.#core.ports.clock.now(), file };
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
      if (!row?.problem) throw failure('not_found', 'No such refused message.');
      const changed = clean(text ?? row.text);
      check(changed, row.file !== undefined);
      return { ...row, text: changed, order, problem: undefined };
    });
  }

  /** Drops a message, unless the server has it. Answers whether it did. */
  async drop(clientId: string): Promise<boolean> {
    let done = false;
    await this.#core.store.transact([outboxKey(clientId)], ([kept]) => {
      const row = kept as OutboxRow | undefined;
      done = row !== undefined && !row.accepted;
      return done ? dropped(clientId) : undefined;
    });
    return done;
  }
}
