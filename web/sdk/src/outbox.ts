/**
 * Own messages until a poll has brought them back: kept first, then shown, then sent, and dropped in the transaction
 * that keeps the server's copy. So none is lost or shown twice, wherever a tab dies.
 */

import type { Write } from './cache/port.ts';
import { failure } from './errors.ts';
import { randomId } from './ids.ts';
import type { Clock, Random } from './ports.ts';
import { bytesKey, draftKey, type OutboxFile, type OutboxRow, outboxKey } from './rows.ts';
import type { Store } from './store.ts';
import { dropped } from './sync.ts';
import { clean, fault } from './text.ts';

/** A message to be sent. */
export interface Draft {
  readonly conversationId: string;
  readonly to: string;
  readonly job: number | undefined;
  readonly text: string;
  readonly file?: OutboxFile;
  readonly bytes?: ArrayBuffer;
  /** The composer's text became this message: it is forgotten with the same stroke, lest it be sent twice. */
  readonly fromDraft?: boolean;
}

export class Outbox {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #random: Random;

  constructor(store: Store, clock: Clock, random: Random) {
    this.#store = store;
    this.#clock = clock;
    this.#random = random;
  }

  /** Keeps a message; answers its `clientId`. */
  async add(draft: Draft): Promise<string> {
    const text = clean(draft.text);
    const wrong = fault(text, draft.file !== undefined);
    if (wrong) throw wrong;
    const clientId = randomId(this.#random);
    const { conversationId, to, job, file, bytes } = draft;
    const row = {
      clientId,
      conversationId,
      to,
      ...(job !== undefined && { job }),
      text,
      at: this.#clock.now(),
    };
    await this.#store.transact([], (_, order) => {
      const kept: OutboxRow = { ...row, order, ...(file && { file }) };
      const writes: Write[] = [{ put: outboxKey(clientId), value: kept }];
      if (bytes) writes.push({ put: bytesKey(clientId), value: bytes });
      if (draft.fromDraft) writes.push({ drop: draftKey(conversationId) });
      return writes;
    });
    return clientId;
  }

  /** Sends a refused message again, at the end of the queue and with another text if one is given. */
  async again(clientId: string, text?: string): Promise<void> {
    const cleaned = text === undefined ? undefined : clean(text);
    // An id that the server knows from something else is of no use; any other stays for the message's whole life.
    const renewed = randomId(this.#random);
    let found = false;
    await this.#store.transact([outboxKey(clientId), bytesKey(clientId)], ([kept, bytes], order) => {
      const row = kept as OutboxRow | undefined;
      if (!row?.problem) return undefined;
      found = true;
      const { problem, refusals: _, ...rest } = row;
      const changed = { ...rest, text: cleaned ?? row.text, order };
      const wrong = fault(changed.text, row.file !== undefined);
      if (wrong) throw wrong;
      if (problem.code !== 'client_id_reused') return [{ put: outboxKey(clientId), value: changed }];
      const moved: Write[] = bytes ? [{ put: bytesKey(renewed), value: bytes }] : [];
      return [
        ...dropped(clientId),
        { put: outboxKey(renewed), value: { ...changed, clientId: renewed } },
        ...moved,
      ];
    });
    if (!found) throw failure('not_found', 'No refused message has this clientId.');
  }

  /** Drops a message, unless the server has it. Answers whether it did. */
  async drop(clientId: string): Promise<boolean> {
    let done = false;
    await this.#store.transact([outboxKey(clientId)], ([kept]) => {
      const row = kept as OutboxRow | undefined;
      done = row !== undefined && !row.accepted;
      return done ? dropped(clientId) : undefined;
    });
    return done;
  }
}
