/**
 * The live connection of a call. It is separate, since signals go to a device by its name and all tabs of a user share the
 * other connection. It also follows the log, so that every change of the call arrives at once. If it is lost, it is opened
 * again for as long as the call lasts; media does not need it.
 */

import type { Call, Message } from '../generated/contract.ts';
import type { LiveSocket } from '../ports.ts';
import { Backoff } from '../time.ts';
import type { CallApi } from './api.ts';
import type { CallPorts } from './ports.ts';

/** The longest pause before it is opened again, in milliseconds. */
const LONGEST_PAUSE_MS = 3000;
/** It counts as dead after receiving nothing for this long; the server sends a frame every 25 s. */
const SILENCE_MS = 40_000;
/** How long opening may take. */
const OPENING_MS = 8000;

/** The receiver of what a call connection brings. */
export interface CallConnectionListener {
  /** A call has a new state. */
  changed(call: Call): void;
  /** Signals can be sent. */
  ready(): void;
  signal(callId: string, from: string, data: unknown): void;
}

interface Frame {
  readonly op?: string;
  readonly messages?: readonly Message[];
  readonly cursor?: string;
  readonly callId?: string;
  readonly from?: string;
  readonly data?: unknown;
}

export class CallConnection {
  readonly #api: CallApi;
  readonly #ports: Pick<CallPorts, 'clock' | 'random' | 'socket'>;
  readonly #device: string;
  readonly #listener: CallConnectionListener;
  readonly #backoff: Backoff;
  #cursor: string;
  #socket: LiveSocket | undefined;
  #isReady = false;
  #isOver = false;
  #callOff = (): void => undefined;

  /** Follows the log from `since`, a time or a cursor. */
  constructor(
    api: CallApi,
    ports: Pick<CallPorts, 'clock' | 'random' | 'socket'>,
    device: string,
    since: string,
    listener: CallConnectionListener,
  ) {
    this.#api = api;
    this.#ports = ports;
    this.#device = device;
    this.#cursor = since;
    this.#listener = listener;
    this.#backoff = new Backoff(ports.random);
    void this.#open();
  }

  get isReady(): boolean {
    return this.#isReady;
  }

  /** Sends a signal. One that cannot be sent is dropped, since the exchange is started again. */
  say(callId: string, to: string, data: unknown): void {
    if (this.#isReady) this.#send({ op: 'signal', callId, to, data });
  }

  close(): void {
    this.#isOver = true;
    this.#drop();
  }

  async #open(): Promise<void> {
    try {
      for (;;) {
        const answer = await this.#api.sync(this.#cursor);
        if (this.#isOver) return;
        this.#take(answer.messages, answer.cursor);
        if (this.#isOver) return;
        if (answer.hasMore) continue;
        const token = await this.#api.token(false);
        if (this.#isOver) return;
        if (!answer.live) return this.#again();
        return this.#connect(answer.live.url, token);
      }
    } catch {
      this.#again();
    }
  }

  #connect(url: string, token: string): void {
    const socket = this.#ports.socket(url, ['jobline.v1', `bearer.${token}`]);
    this.#socket = socket;
    this.#expect(OPENING_MS);
    socket.onopen = () => this.#send({ op: 'start', since: this.#cursor, deviceId: this.#device });
    socket.onmessage = ({ data }) => this.#hear(String(data));
    socket.onclose = () => this.#again();
  }

  #hear(text: string): void {
    const frame = parsed(text);
    if (!frame || this.#isOver) return;
    this.#expect(SILENCE_MS);
    if (frame.op === 'ready') {
      this.#isReady = true;
      this.#backoff.reset();
      this.#listener.ready();
    } else if (frame.op === 'synced' && frame.messages && frame.cursor) {
      this.#take(frame.messages, frame.cursor);
      this.#send({ op: 'have', since: this.#cursor });
    } else if (frame.op === 'tokenExpiring') void this.#renew();
    else if (frame.op === 'signal' && frame.callId && frame.from)
      this.#listener.signal(frame.callId, frame.from, frame.data);
  }

  #take(messages: readonly Message[], cursor: string): void {
    this.#cursor = cursor;
    for (const { call } of messages) if (call) this.#listener.changed(call);
  }

  async #renew(): Promise<void> {
    // Without a token the server ends the connection, and the next one asks again.
    const token = await this.#api.token(true).catch(() => undefined);
    if (token !== undefined) this.#send({ op: 'token', token });
  }

  #send(frame: object): void {
    if (this.#socket?.readyState === 1) this.#socket.send(JSON.stringify(frame));
  }

  /** Closes the line if nothing is received for this long. */
  #expect(ms: number): void {
    this.#callOff();
    this.#callOff = this.#ports.clock.after(ms, () => this.#again());
  }

  #again(): void {
    if (this.#isOver) return;
    this.#drop();
    const pause = Math.min(LONGEST_PAUSE_MS, this.#backoff.next());
    this.#callOff = this.#ports.clock.after(pause, () => void this.#open());
  }

  #drop(): void {
    this.#callOff();
    this.#isReady = false;
    const socket = this.#socket;
    this.#socket = undefined;
    if (!socket) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close(1000);
  }
}

function parsed(text: string): Frame | undefined {
  try {
    return JSON.parse(text) as Frame;
  } catch {
    return undefined;
  }
}
