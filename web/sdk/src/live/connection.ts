/**
 * One live connection, from its opening to its end. It brings what a poll would bring, only sooner, and with the same code.
 * Whatever it loses, a poll brings.
 *
 * A silent connection may be dead without an event: after 40 s of silence, and when the user comes back, it is pinged,
 * and dropped if no pong comes within 3 s. After a sleep of the page timers fire late, so elapsed time is checked before
 * they are acted on.
 */

import type { Synced } from '../generated/contract.ts';
import type { Clock, LiveSocket } from '../ports.ts';
import { type ClientFrame, parse, type ServerFrame } from './frames.ts';

/** How long opening may take, up to `ready`. */
const OPENING_MS = 5000;
/** How much longer than from one heartbeat to the next it may be silent. */
const LATE_MS = 15_000;
const HEARTBEAT_MS = 25_000;
/** How long a requested sign of life may take. */
const SIGN_MS = 3000;
/** How long after a failed renewal of the token it is tried again. */
const TOKEN_AGAIN_MS = 5000;
/** How many cursors are remembered, to recognise an answer that comes late or twice. */
const REMEMBERED = 16;

/** The code for a broken connection: any code that is not in the contract. */
const BROKEN = 4000;

/** The receiver of what a connection brings. */
export interface Listener {
  /** The cursor up to which everything is stored. */
  cursor(): string | undefined;
  /** Stores the answer for `cursor`. */
  take(cursor: string | undefined, answer: Synced): Promise<void>;
  /** A new token of the same user. */
  freshToken(): Promise<string>;
  /** A frame came that the connection does not handle itself. */
  received(frame: ServerFrame): void;
  /** It is live. With `pokes` it does not bring changes, but says that there is something to poll for. */
  ready(pokes: boolean): void;
  /** It has ended, with the pause in milliseconds that the server asked for. */
  ended(code: number, retryAfterMs: number | undefined): void;
}

export class LiveConnection {
  readonly #socket: LiveSocket;
  readonly #clock: Clock;
  readonly #listener: Listener;
  /** The last cursor that was sent: the next answer is for it. */
  #told: string | undefined;
  readonly #before: string[] = [];
  #heardAt: number;
  #silence = HEARTBEAT_MS + LATE_MS;
  #callOff: () => void;
  #asked = false;
  /** Answers are applied one after another. */
  #work = Promise.resolve();
  #working = 0;
  #retryAfterMs: number | undefined;
  #isOver = false;
  #isReady = false;

  constructor(socket: LiveSocket, clock: Clock, listener: Listener) {
    this.#socket = socket;
    this.#clock = clock;
    this.#listener = listener;
    this.#heardAt = clock.elapsed();
    this.#callOff = clock.after(OPENING_MS, () => this.#end(BROKEN));
    socket.onopen = () => this.#start();
    socket.onmessage = ({ data }) => this.#hear(data);
    socket.onclose = ({ code }) => this.#end(code);
  }

  get isReady(): boolean {
    return this.#isReady && !this.#isOver;
  }

  say(said: ClientFrame): void {
    // On a closing connection a browser sends nothing and logs an error in the page's console. `onclose` follows.
    if (this.#isOver || this.#socket.readyState !== 1) return;
    try {
      this.#socket.send(JSON.stringify(said));
    } catch {
      // A port may throw instead.
    }
  }

  /** A poll may have stored something since: the server continues from there. */
  kept(): void {
    if (this.isReady && this.#working === 0 && this.#listener.cursor() !== this.#told) this.#have();
  }

  /** Asks for a sign of life, since the connection may be dead. */
  probe(): void {
    if (!this.isReady || this.#asked) return;
    this.#asked = true;
    this.say({ op: 'ping' });
    this.#callOff();
    this.#callOff = this.#clock.after(SIGN_MS, () => this.#end(BROKEN));
  }

  /** Ends it without notifying the listener. */
  close(): void {
    this.#stop();
    this.#socket.close(1000);
  }

  #start(): void {
    const since = this.#listener.cursor();
    if (this.#isOver || since === undefined) return this.#end(BROKEN);
    this.#told = since;
    this.say({ op: 'start', since });
  }

  #hear(data: unknown): void {
    if (this.#isOver) return;
    const frame = parse(data);
    if (!frame) return this.#end(BROKEN);
    this.#heardAt = this.#clock.elapsed();
    this.#asked = false;
    if (frame.op === 'ready') this.#ready(frame.heartbeatMs, frame.pokes === true);
    else if (frame.op === 'synced') this.#queue(frame);
    else if (frame.op === 'tokenExpiring') void this.#renew();
    else if (frame.op === 'bye') this.#bye(frame.reason, frame.retryAfterMs);
    else this.#listener.received(frame);
    if (this.#isReady) this.#listenOn(this.#silence);
  }

  #bye(reason: string | undefined, retryAfterMs: number): void {
    this.#retryAfterMs = retryAfterMs;
    // Not every server can choose a closing code.
    if (reason === 'token') this.#end(4401);
  }

  #ready(heartbeatMs: number, pokes: boolean): void {
    if (heartbeatMs > 0) this.#silence = heartbeatMs + LATE_MS;
    this.#isReady = true;
    this.#listener.ready(pokes);
  }

  /** Asks for a sign of life after `ms` of silence. */
  #listenOn(ms: number): void {
    this.#callOff();
    this.#callOff = this.#clock.after(ms, () => {
      const left = this.#heardAt + this.#silence - this.#clock.elapsed();
      if (left > 0) this.#listenOn(left);
      else this.probe();
    });
  }

  #queue(answer: Synced): void {
    this.#working += 1;
    this.#work = this.#work
      .then(() => this.#take(answer))
      // It could not be stored. A poll reports why.
      .catch(() => this.#end(BROKEN))
      .finally(() => {
        this.#working -= 1;
      });
  }

  async #take(answer: Synced): Promise<void> {
    if (this.#isOver) return;
    const cursor = this.#told;
    // An answer that was already applied, here or by a poll, is not applied again: `have` brings the rest.
    const repeated = answer.cursor === cursor || this.#before.includes(answer.cursor);
    if (!repeated && this.#listener.cursor() === cursor) await this.#listener.take(cursor, answer);
    this.#have();
  }

  #have(): void {
    const since = this.#listener.cursor();
    if (since === undefined) return this.#end(BROKEN);
    if (since !== this.#told && this.#told !== undefined) this.#before.push(this.#told);
    this.#before.splice(0, this.#before.length - REMEMBERED);
    this.#told = since;
    this.say({ op: 'have', since });
  }

  async #renew(): Promise<void> {
    try {
      this.say({ op: 'token', token: await this.#listener.freshToken() });
    } catch {
      this.#clock.after(TOKEN_AGAIN_MS, () => !this.#isOver && void this.#renew());
    }
  }

  #end(code: number): void {
    if (this.#isOver) return;
    this.#stop();
    this.#socket.close(1000);
    this.#listener.ended(code, this.#retryAfterMs);
  }

  #stop(): void {
    this.#isOver = true;
    this.#callOff();
    this.#socket.onopen = this.#socket.onmessage = this.#socket.onclose = null;
  }
}
