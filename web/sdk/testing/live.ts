/** A live connection in memory: the server's side of the contract, and what goes wrong between it and a client. */

import type { LiveSocket } from '../src/ports.ts';
import type { ManualClock } from './clock.ts';

/** The log that it pushes from, and what goes wrong with connections. */
export interface LiveSource {
  readonly liveFault: LiveFault | undefined;
  /** Connections only say that there is something to poll for, as on Lambda. */
  readonly livePokes: boolean;
  /** What `sync` answers. */
  synced(user: string, since: string | undefined): object & { readonly cursor: string };
}

/** Connections are refused, as by a proxy, never answered, or closed with a code after `bye`. */
export type LiveFault = 'refused' | 'silent' | { readonly code: number; readonly retryAfterMs?: number };

/** What a client says, loosely. */
export interface Frame {
  readonly op: string;
  readonly [field: string]: unknown;
}

/** How long a client may take to say that it has what it was sent. */
const HAVE_WITHIN_MS = 30_000;
const HEARTBEAT_MS = 25_000;
/** What is told of heartbeats where there are none: a sign of life is asked for after nine minutes. */
const POKED_HEARTBEAT_MS = 525_000;

export class FakeLine implements LiveSocket {
  onopen: LiveSocket['onopen'] = null;
  onmessage: LiveSocket['onmessage'] = null;
  onclose: LiveSocket['onclose'] = null;
  readonly user: string | undefined;
  /** What the client has said. */
  readonly heard: Frame[] = [];
  /** How it ended, for the server. */
  closed: 'client' | number | undefined;
  /** Nothing gets through any more, and nobody is told. */
  isDead = false;
  /** What comes of a text on its way to the client: as it is, unless a test says otherwise. */
  way: (text: string) => readonly string[] = text => [text];
  /** Milliseconds that a text takes. */
  delay = 0;
  readonly #server: LiveSource;
  readonly #clock: ManualClock;
  readonly #run: (act: () => void) => void;
  #cursor: string | undefined;
  #started = false;
  /** The cursor that was pushed, and not confirmed yet. */
  #pushed: string | undefined;
  #pushedAt = 0;
  #moved = true;
  #catchesUp = true;

  constructor(
    server: LiveSource,
    clock: ManualClock,
    user: string | undefined,
    run: (act: () => void) => void,
  ) {
    this.#server = server;
    this.#clock = clock;
    this.user = user;
    this.#run = run;
  }

  get readyState(): number {
    return this.isOpen ? 1 : 3;
  }

  get isOpen(): boolean {
    return this.closed === undefined;
  }

  /** The frames of one kind that the client has said. */
  said(op: string): readonly Frame[] {
    return this.heard.filter(frame => frame.op === op);
  }

  /** Answers the handshake. */
  open(): void {
    const fault = this.#server.liveFault;
    if (fault === 'silent') return;
    if (fault === 'refused' || !this.user) return this.refuse();
    queueMicrotask(() => this.#run(() => this.isOpen && this.onopen?.()));
    if (fault) queueMicrotask(() => this.end(fault.code, fault.retryAfterMs));
  }

  /** There is nobody, or something in between lets no upgrade through. */
  refuse(): void {
    this.closed = 1006;
    queueMicrotask(() => this.#run(() => this.onclose?.({ code: 1006 })));
  }

  send(text: string): void {
    const frame = JSON.parse(text) as Frame;
    queueMicrotask(() => this.isOpen && !this.isDead && this.#hear(frame));
  }

  close(): void {
    if (this.isOpen) this.leave();
  }

  /** The client is gone. */
  leave(): void {
    this.closed ??= 'client';
  }

  /** The server ends it, and says goodbye first. */
  end(code: number, retryAfterMs?: number): void {
    if (!this.isOpen) return;
    if (retryAfterMs !== undefined) this.tell({ op: 'bye', reason: 'test', retryAfterMs });
    this.closed = code;
    if (!this.isDead) queueMicrotask(() => this.#run(() => this.onclose?.({ code })));
  }

  /** The network cuts it: the client hears of it. */
  cut(): void {
    this.end(1006);
  }

  tell(frame: Frame): void {
    for (const text of this.way(JSON.stringify(frame))) this.#deliver(text);
  }

  /** Time for a heartbeat, every 25 s for as long as the clock is moved. */
  beat(): void {
    this.#clock.after(HEARTBEAT_MS, () => {
      if (!this.isOpen) return;
      this.tell({ op: 'heartbeat' });
      this.beat();
    });
  }

  /** Something changed for somebody. */
  moved(): void {
    this.#moved = true;
    if (this.#server.livePokes) this.#poke();
    else this.#push();
  }

  #deliver(text: string): void {
    const come = () => !this.isDead && this.#run(() => this.onmessage?.({ data: text }));
    if (this.delay > 0) this.#clock.after(this.delay, come);
    else queueMicrotask(come);
  }

  #poke(): void {
    if (this.#started && this.isOpen) this.tell({ op: 'poke' });
  }

  #hear(frame: Frame): void {
    this.heard.push(frame);
    if (this.#server.livePokes) return this.#hearPoked(frame);
    if (frame.op === 'start') {
      this.#started = true;
      this.#cursor = frame.since as string | undefined;
      this.tell({ op: 'ready', heartbeatMs: HEARTBEAT_MS, tokenExpiresAt: '2026-01-05T10:00:00.000Z' });
      this.beat();
    } else if (frame.op === 'have') {
      this.#moved ||= this.#pushed !== frame.since;
      this.#cursor = frame.since as string;
      this.#pushed = undefined;
    } else if (frame.op === 'ping') this.tell({ op: 'pong' });
    this.#push();
  }

  #hearPoked({ op }: Frame): void {
    if (op === 'ping') this.tell({ op: 'pong' });
    if (op !== 'start') return;
    this.#started = true;
    const heartbeatMs = POKED_HEARTBEAT_MS;
    this.tell({ op: 'ready', heartbeatMs, tokenExpiresAt: '2026-01-05T10:00:00.000Z', pokes: true });
    this.#poke();
  }

  #push(): void {
    if (!this.#started || !this.isOpen || this.#pushed !== undefined || !this.#moved || !this.user) return;
    this.#moved = false;
    const answer = this.#server.synced(this.user, this.#cursor);
    if (!this.#catchesUp && answer.cursor === this.#cursor) return;
    this.#catchesUp = false;
    this.#pushed = answer.cursor;
    const at = this.#clock.elapsed();
    this.#pushedAt = at;
    this.#clock.after(HAVE_WITHIN_MS, () => {
      if (this.#pushed !== undefined && this.#pushedAt === at) this.end(4408, 1000);
    });
    this.tell({ op: 'synced', ...answer });
  }
}
