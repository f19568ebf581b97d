/**
 * What an answer of `sync` does to the cache: the cursor and all that it covers, in one transaction.
 *
 * The cursor proves to the server that we have what it covers, so it is kept together with that or not at all. Of each
 * conversation a run of messages without gaps is kept, up to the newest. A fresh start (the first answer, or `reset`)
 * comes in several answers, each with whole conversations; what is kept of the older epoch stays on the screen until its
 * conversation comes, and what never comes is dropped at the end.
 */

import type { Write } from './cache/port.ts';
import { failure } from './errors.ts';
import type { Conversation, Message, Synced } from './generated/contract.ts';
import type { Mirror } from './mirror.ts';
import {
  bytesKey,
  type ConversationRow,
  conversationKey,
  draftKey,
  KEPT,
  type MessageRow,
  messageKey,
  type OutboxRow,
  outboxKey,
  readKey,
  SYNC,
  type SyncRow,
  under,
} from './rows.ts';
import type { Store } from './store.ts';

/** What becomes of the messages of one conversation. */
interface Run {
  first: number;
  last: number;
  newest: Message | undefined;
  readonly writes: Write[];
  /** Older than those that are kept. */
  readonly touched: MessageRow[];
}

/** An answer on its way into the cache. */
interface Intake {
  readonly me: string;
  readonly now: number;
  readonly answer: Synced;
  readonly sync: SyncRow;
  readonly kept: ReadonlyMap<string, unknown>;
  readonly mirror: Mirror;
}

/**
 * Takes in the answer to a poll that was made with `cursor`. Answers `false`, and changes nothing, when another tab has
 * taken in an answer in the meantime.
 */
export async function absorb(
  store: Store,
  me: string,
  now: number,
  cursor: string | undefined,
  answer: Synced,
): Promise<boolean> {
  if (cursor === answer.cursor && answer.messages.length === 0 && answer.conversations.length === 0)
    return true;
  const keys = wanted(answer, me);
  let current = true;
  let touched: MessageRow[] = [];
  await store.transact(keys, rows => {
    const kept = new Map(keys.map((key, index) => [key, rows[index]]));
    const before = (kept.get(SYNC) as SyncRow | undefined) ?? { epoch: 0, walking: false };
    current = before.cursor === cursor;
    if (!current) return undefined;
    const fresh = cursor === undefined || answer.reset === true;
    const epoch = fresh ? before.epoch + 1 : before.epoch;
    const sync = { cursor: answer.cursor, epoch, walking: fresh || before.walking };
    const taken = takeIn({ me, now, answer, sync, kept, mirror: store.mirror });
    touched = taken.touched;
    return taken.writes;
  });
  if (current && touched.length > 0) store.touch(touched);
  return current;
}

/** Which rows have to be read. */
function wanted(answer: Synced, me: string): string[] {
  const keys = new Set([SYNC, ...answer.conversations.map(({ id }) => conversationKey(id))]);
  for (const message of answer.messages) {
    keys.add(conversationKey(message.conversationId));
    keys.add(messageKey(message.conversationId, message.number));
    if (message.clientId !== undefined && message.senderId === me) keys.add(outboxKey(message.clientId));
  }
  return [...keys];
}

function takeIn(intake: Intake): { writes: Write[]; touched: MessageRow[] } {
  const { answer, sync, mirror } = intake;
  const grouped = byConversation(answer.messages);
  const told = new Map(answer.conversations.map(conversation => [conversation.id, conversation]));
  const writes: Write[] = [];
  const touched: MessageRow[] = [];
  for (const id of new Set([...told.keys(), ...grouped.keys()])) {
    const row = intake.kept.get(conversationKey(id)) as ConversationRow | undefined;
    const conversation = told.get(id) ?? row?.conversation;
    // Nothing of an answer that does not fit together is taken in; the poll is repeated.
    if (!conversation)
      throw failure('network', `The answer has messages of ${id} and does not say what that is.`);
    const run = follow(intake, id, row, grouped.get(id) ?? []);
    writes.push(...run.writes, ...echoed(intake, id, grouped.get(id) ?? [], run.last));
    writes.push({ put: conversationKey(id), value: asRow(conversation, run, sync.epoch) });
    touched.push(...run.touched);
  }
  const walked = sync.walking && !answer.hasMore;
  if (walked)
    for (const [id, row] of mirror.conversation)
      if (row.epoch < sync.epoch && !told.has(id)) writes.push(...forget(id));
  writes.push({ put: SYNC, value: walked ? { ...sync, walking: false } : sync });
  return { writes, touched };
}

function asRow(conversation: Conversation, { first, last, newest }: Run, epoch: number): ConversationRow {
  return { conversation, first, last, epoch, newest };
}

/** The run of a conversation after `messages`, which come in the order of their changes. */
function follow(
  intake: Intake,
  id: string,
  row: ConversationRow | undefined,
  messages: readonly Message[],
): Run {
  const replaced = intake.sync.walking && row?.epoch !== intake.sync.epoch;
  const run: Run = {
    first: row?.first ?? 0,
    last: row?.last ?? 0,
    newest: row?.newest,
    writes: [],
    touched: [],
  };
  if (replaced) restart(run, id);
  for (const message of [...messages].sort((a, b) => a.number - b.number)) place(intake, run, message);
  const surplus = run.last - run.first + 1 - KEPT;
  if (run.first > 0 && surplus > 0) {
    run.first += surplus;
    run.writes.push({ dropFrom: under(`message/${id}`)[0], to: messageKey(id, run.first) });
  }
  return run;
}

function place(intake: Intake, run: Run, message: Message): void {
  const { number, conversationId: id } = message;
  const row = rowOf(intake, message);
  if (run.first > 0 && number < run.first) {
    run.touched.push(row);
    return;
  }
  // A gap cannot come from an exact cursor; should there be one, what is older is asked for again when it is looked at.
  if (number > run.last + 1 && run.last > 0) restart(run, id);
  run.first ||= number;
  run.last = Math.max(run.last, number);
  if (number === run.last) run.newest = message;
  run.writes.push({ put: messageKey(id, number), value: row });
}

/** Begins a run anew: nothing of it is kept. */
function restart(run: Run, id: string): void {
  const [dropFrom, to] = under(`message/${id}`);
  Object.assign(run, { first: 0, last: 0, newest: undefined });
  run.writes.push({ dropFrom, to });
}

function rowOf({ kept, now, me }: Intake, message: Message): MessageRow {
  const before = kept.get(messageKey(message.conversationId, message.number)) as MessageRow | undefined;
  const own = message.senderId === me ? message.clientId : undefined;
  const entry = own === undefined ? undefined : (kept.get(outboxKey(own)) as OutboxRow | undefined);
  const size = before?.size ?? entry?.file?.dimensions;
  return { message, fetchedAt: now, size };
}

/** The own messages that have come back: they are not on their way any more. */
function echoed(
  { me, kept, mirror }: Intake,
  id: string,
  messages: readonly Message[],
  last: number,
): Write[] {
  const own = messages.filter(({ senderId }) => senderId === me).map(({ clientId }) => clientId);
  const arrived = own.filter(
    clientId => clientId !== undefined && kept.get(outboxKey(clientId)) !== undefined,
  );
  const behind = mirror.entries(id).filter(({ accepted }) => accepted && accepted.number <= last);
  const gone = new Set([...arrived, ...behind.map(({ clientId }) => clientId)]);
  return [...gone].flatMap(clientId => (clientId === undefined ? [] : dropped(clientId)));
}

/** Drops an own message that is not on its way any more, and its file. */
export function dropped(clientId: string): Write[] {
  return [{ drop: outboxKey(clientId) }, { drop: bytesKey(clientId) }];
}

function forget(id: string): Write[] {
  const [dropFrom, to] = under(`message/${id}`);
  return [{ dropFrom, to }, { drop: conversationKey(id) }, { drop: readKey(id) }, { drop: draftKey(id) }];
}

function byConversation(messages: readonly Message[]): Map<string, Message[]> {
  const grouped = new Map<string, Message[]>();
  for (const message of messages) {
    const group = grouped.get(message.conversationId);
    if (group) group.push(message);
    else grouped.set(message.conversationId, [message]);
  }
  return grouped;
}
