/**
 * Own messages until a poll has brought them back: stored first, then shown, then sent, and dropped in the transaction
 * that stores the server's copy. So none is lost or shown twice, wherever a tab dies.
 */

import type { Write } from './cache/port.ts';
import type { Core } from './core.ts';
import type { Quote } from './generated/contract.ts';
import { randomId } from './ids.ts';
import { bytesKey, draftKey, type OutboxFile, outboxKey } from './rows.ts';
import { check, clean } from './text.ts';

/** A message to be sent. */
export interface NewMessage {
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
  async add(draft: NewMessage): Promise<string> {
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
}
