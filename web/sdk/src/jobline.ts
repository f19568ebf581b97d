/** Makes a client, and keeps it until it is signed out or disposed. */

import { Api } from './api.ts';
import type { ConversationRef, Jobline, JoblineOptions, Timeline } from './client.ts';
import { ended, failure, problemOf } from './errors.ts';
import { conversationOf } from './ids.ts';
import { Cell } from './observable.ts';
import type { Report } from './poller.ts';
import { type Owner, Session } from './session.ts';
import type { Connection, ConversationsState, StorageState } from './state.ts';
import { Backoff } from './time.ts';
import { userOf } from './token.ts';

const NOTHING: ConversationsState = { status: 'loading', items: [] };

/** A client of the server at `baseUrl` for one user. It polls and sends from now on, until `signOut` or `dispose`. */
export function createJobline(options: JoblineOptions): Jobline {
  return new Client(options);
}

class Client implements Jobline, Owner {
  readonly ready: Promise<void>;
  readonly user = new Cell<string | undefined>(undefined);
  readonly connection = new Cell<Connection>({ state: 'connecting' });
  readonly storage = new Cell<StorageState>({ kind: 'opening' });
  readonly unread: Cell<number>;
  readonly conversations: Cell<ConversationsState>;
  readonly #options: JoblineOptions;
  readonly #api: Api;
  readonly #forget: () => void;
  #session: Session | undefined;
  #report: Report | undefined;
  #over = false;

  constructor(options: JoblineOptions) {
    const watched = () => this.#session?.poller.active();
    this.#options = options;
    this.unread = new Cell(0, watched);
    this.conversations = new Cell(NOTHING, watched);
    this.#api = new Api(options);
    this.#forget = options.ports.lifecycle.listen(event => {
      this.#session?.happened(event);
      this.#showConnection();
    });
    this.ready = options.user === undefined ? this.#identify() : this.#begin(options.user);
    // Whoever waits for it hears of a failure; that nobody does is no fault.
    this.ready.catch(() => undefined);
    this.#showConnection();
  }

  conversation(ref: ConversationRef): Timeline {
    const session = this.#session;
    if (!session) throw failure('unauthenticated', 'Give user, or wait for ready.');
    if (typeof ref === 'string') return session.timeline(ref, undefined);
    return session.timeline(conversationOf(session.me, ref.with), ref.job);
  }

  async signOut(): Promise<void> {
    await this.#end(true);
  }

  dispose(): void {
    // Nothing is left to fail but the closing of the cache, which nobody waits for.
    this.#end(false).catch(() => undefined);
  }

  /** Reads the user from a token, however long it takes to get one. */
  async #identify(): Promise<void> {
    const { clock, random } = this.#options.ports;
    const backoff = new Backoff(random);
    while (!this.#over) {
      try {
        const user = userOf(await this.#api.token());
        if (user === undefined) throw failure('unauthenticated', 'The token has no sub.');
        return await this.#begin(user);
      } catch (error) {
        const at = clock.now();
        const wait = backoff.next();
        this.reported({ at, due: at + wait, problem: problemOf(error) });
        await new Promise<void>(resolve => void clock.after(wait, resolve));
      }
    }
    throw ended();
  }

  #begin(user: string): Promise<void> {
    if (this.#over) return Promise.resolve();
    const { baseUrl, ports } = this.#options;
    this.#session = new Session(user, `jobline:${baseUrl}:${user}`, this.#api, ports, this);
    this.user.set(user);
    return this.#session.store.opened;
  }

  lost(): void {
    // There is nothing left that could fail.
    void this.#end(false, true);
  }

  /** Ends; `gone`, with nothing left to show. */
  async #end(wipe: boolean, gone = wipe): Promise<void> {
    this.#over = true;
    this.#forget();
    if (gone) this.connection.set({ state: 'signedOut' });
    await this.#session?.end(wipe, gone);
  }

  reported(report: Report): void {
    this.#report = report;
    this.#showConnection();
  }

  #showConnection(): void {
    if (!this.#over) this.connection.set(this.#stand());
  }

  #stand(): Connection {
    const { problem, due } = this.#report ?? {};
    if (!this.#options.ports.lifecycle.now().online) return { state: 'offline' };
    if (!problem) return { state: this.#report ? 'online' : 'connecting' };
    const state = problem.code === 'unauthenticated' ? 'signedOut' : 'reconnecting';
    return { state, nextRetryAt: due, problem };
  }
}
