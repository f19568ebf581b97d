/** Creates a client, and keeps it until it is signed out or disposed. */

import type { Input, Output, Procedure } from './api.ts';
import type { ConversationRef, Jobline, JoblineOptions, Timeline } from './client.ts';
import { ended, failure, problemOf } from './errors.ts';
import { conversationOf } from './ids.ts';
import { Cell } from './observable.ts';
import type { PollReport } from './poller.ts';
import { Session, type SessionListener } from './session.ts';
import type { Connection, ConversationsState, StorageState, TypingState, WhoIsThere } from './state.ts';
import { Backoff } from './time.ts';
import { noToken, Tokens, userOf } from './tokens.ts';

const NOTHING: ConversationsState = { status: 'loading', items: [] };

/** A client of the server at `baseUrl` for one user. It polls and sends from now on, until `signOut` or `dispose`. */
export function createJobline(options: JoblineOptions): Jobline {
  return new Client(options);
}

class Client implements Jobline, SessionListener {
  readonly ready: Promise<void>;
  readonly user = new Cell<string | undefined>(undefined);
  readonly connection = new Cell<Connection>({ state: 'connecting' });
  readonly storage = new Cell<StorageState>({ kind: 'opening' });
  readonly typing = new Cell<TypingState>({});
  readonly presence = new Cell<WhoIsThere>({});
  readonly unread: Cell<number>;
  readonly conversations: Cell<ConversationsState>;
  readonly #options: JoblineOptions;
  readonly #tokens: Tokens;
  readonly #stopListening: () => void;
  #session: Session | undefined;
  #report: PollReport | undefined;
  /** When that report came, in Unix milliseconds. */
  #reportedAt = 0;
  #over = false;
  /** Ends the pause between two attempts to learn who the user is. */
  #wake = (): void => undefined;

  constructor(options: JoblineOptions) {
    const watched = () => this.#session?.poller.active();
    this.#options = options;
    this.unread = new Cell(0, watched);
    this.conversations = new Cell(NOTHING, watched);
    this.#tokens = new Tokens(options.getToken, options.ports.clock);
    this.#stopListening = options.ports.lifecycle.listen(event => {
      this.#session?.onLifecycle(event);
      if (event === 'focus' || event === 'network') this.#wake();
      this.showConnection();
    });
    this.ready = options.user === undefined ? this.#identify() : this.#begin(options.user);
    // Callers that wait for it get the failure; others need not handle it.
    this.ready.catch(() => undefined);
    this.showConnection();
  }

  get #current(): Session {
    if (!this.#session) throw failure('unauthenticated', 'Give user, or wait for ready.');
    return this.#session;
  }

  conversation(ref: ConversationRef): Timeline {
    const session = this.#current;
    if (typeof ref === 'string') return session.timeline(ref, undefined);
    return session.timeline(conversationOf(session.me, ref.with), ref.job);
  }

  call<P extends Procedure>(procedure: P, input: Input<P>): Promise<Output<P>> {
    return this.#current.api.call(procedure, input);
  }

  async signOut(): Promise<void> {
    await this.#end(true);
  }

  dispose(): void {
    // Only closing the cache can still fail, and nobody waits for that.
    this.#end(false).catch(() => undefined);
  }

  renewToken(): void {
    this.#tokens.drop();
    this.#wake();
    this.#session?.poller.pollNow();
  }

  /** Reads the user from a token, however long it takes to get one. */
  async #identify(): Promise<void> {
    const { clock, random } = this.#options.ports;
    const backoff = new Backoff(random);
    while (!this.#over) {
      const token = this.#tokens.get();
      try {
        const user = userOf(await token);
        if (user === undefined) throw noToken();
        return await this.#begin(user);
      } catch (error) {
        this.#tokens.drop(token);
        const pause = backoff.next();
        this.reported({ at: clock.elapsed(), pause, problem: problemOf(error) });
        await this.#wait(pause);
      }
    }
    throw ended();
  }

  /** Waits until `ms` have passed, or there may be another token. */
  #wait(ms: number): Promise<void> {
    return new Promise(resolve => {
      this.#wake = resolve;
      this.#options.ports.clock.after(ms, resolve);
    });
  }

  async #begin(user: string): Promise<void> {
    if (this.#over) return;
    const { baseUrl, ports } = this.#options;
    this.storage.set({ kind: 'opening' });
    this.#session = new Session({ user, baseUrl, tokens: this.#tokens, ports }, this);
    this.user.set(user);
    await this.#session.store.opened;
  }

  sessionEnded(): void {
    // Nothing in it can fail.
    void this.#end(false, true);
  }

  /** Another user uses this device now: the first user's data stays stored for them, and is neither shown nor sent. */
  userChanged(user: string): void {
    const before = this.#session;
    if (this.#over || before?.me === user) return;
    this.#report = undefined;
    // Only storing the end of a draft can still fail.
    before?.end(false, true).catch(() => undefined);
    this.conversations.set(NOTHING);
    this.#begin(user).catch(() => undefined);
    this.showConnection();
  }

  /** Ends. `wipe` also deletes stored data; `clear` empties the shown data. */
  async #end(wipe: boolean, clear = wipe): Promise<void> {
    if (this.#over) return;
    this.#over = true;
    this.#stopListening();
    if (clear) this.connection.set({ state: 'signedOut' });
    await this.#session?.end(wipe, clear);
  }

  reported(report: PollReport): void {
    this.#report = report;
    this.#reportedAt = this.#options.ports.clock.now();
    this.showConnection();
  }

  showConnection(): void {
    if (!this.#over) this.connection.set(this.#currentConnection());
  }

  #currentConnection(): Connection {
    const { problem, pause = 0 } = this.#report ?? {};
    const { online } = this.#options.ports.lifecycle.now();
    const offline = this.#session ? this.#session.poller.offlineSince !== undefined : !online;
    if (offline) return { state: 'offline' };
    const live = this.#session?.poller.relaxed !== undefined || undefined;
    if (!problem) return { state: this.#report ? 'online' : 'connecting', live };
    const state = problem.code === 'unauthenticated' ? 'signedOut' : 'reconnecting';
    return { state, nextRetryAt: this.#reportedAt + pause, problem };
  }
}
