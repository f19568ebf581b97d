/**
 * The messages of a conversation in memory: a run without gaps, so that a message's number gives its index. Except for one
 * copy of an array of references, the cost of a new message does not depend on their number.
 */

import type { Message } from './generated/contract.ts';
import { isChanged, requoted } from './quotes.ts';
import type { MessageRow } from './rows.ts';
import type { TimelineMessage } from './state.ts';
import { viewOfMessage } from './view.ts';

export class LoadedMessages {
  readonly #me: string;
  #rows: MessageRow[] = [];
  #views: TimelineMessage[] = [];

  constructor(me: string) {
    this.#me = me;
  }

  get views(): readonly TimelineMessage[] {
    return this.#views;
  }

  /** Number of the first message; 0 when there is none. */
  get first(): number {
    return this.#rows[0]?.message.number ?? 0;
  }

  /** Number of the last message; 0 when there is none. */
  get last(): number {
    return this.#rows.at(-1)?.message.number ?? 0;
  }

  at(number: number): MessageRow | undefined {
    return this.#rows[number - this.first];
  }

  find(key: string): MessageRow | undefined {
    const index = this.#views.findLastIndex(view => view.key === key);
    return this.#rows[index];
  }

  /** Whether the message with this number is loaded and counts as unread until it is read. */
  isOther(number: number): boolean {
    const view = this.#views[number - this.first];
    return view?.mine === false && view.type !== 'event' && !view.deleted;
  }

  /** Adds new and changed messages, in the order of their numbers; those before the run are left out. */
  take(rows: readonly MessageRow[]): void {
    for (const row of rows) {
      const { number } = row.message;
      if (number < this.first) continue;
      if (number > this.last + 1) this.keep(0, 0);
      const index = number - (this.first || number);
      this.#set(index, row);
      if (isChanged(row.message)) this.#requote(row.message);
    }
  }

  #set(index: number, row: MessageRow): void {
    this.#rows[index] = row;
    this.#views[index] = viewOfMessage(row, this.#me);
  }

  /** Updates the messages that quote `original`. */
  #requote(original: Message): void {
    for (let index = original.number - this.first + 1; index < this.#rows.length; index += 1) {
      const row = this.#rows[index];
      const message = requoted(row?.message, original);
      if (row && message) this.#set(index, { ...row, message });
    }
  }

  /** Puts a page right before the run, if it belongs there. */
  prepend(rows: readonly MessageRow[]): void {
    if (this.first && rows.at(-1)?.message.number !== this.first - 1) return;
    this.#rows = [...rows, ...this.#rows];
    this.#views = [...rows.map(row => viewOfMessage(row, this.#me)), ...this.#views];
  }

  /** Replaces the run by the stored one: older messages stay if they join it without a gap. */
  replace(rows: readonly MessageRow[]): void {
    const { number = 0, id } = rows[0]?.message ?? {};
    const joins = this.at(number - 1) && (this.at(number)?.message.id ?? id) === id;
    const older = joins ? number - this.first : 0;
    this.keep(0, older);
    this.take(rows);
  }

  /** Drops all messages but those from index `from` up to but not including `to`, counted as in `slice`. */
  keep(from: number, to?: number): void {
    this.#rows = this.#rows.slice(from, to);
    this.#views = this.#views.slice(from, to);
  }
}
