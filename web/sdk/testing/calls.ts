/** A server of calls, devices and browsers' connections for tests: all in this process, on a clock that is moved by hand. */

import { Calls } from '../src/calls/index.ts';
import type { CallPorts } from '../src/calls/ports.ts';
import type { Call, CallState, Message } from '../src/generated/contract.ts';
import type { ConversationsState, Jobline, LiveSocket } from '../src/index.ts';
import { Cell } from '../src/observable.ts';
import { ManualClock, seeded } from './clock.ts';

type Sent = { readonly [name: string]: unknown };

/** A track that tells whether it was stopped. */
class Track {
  enabled = true;
  onended: (() => void) | null = null;
  stopped = false;
  constructor(
    readonly kind: 'audio' | 'video',
    readonly deviceId?: string,
  ) {}
  getSettings = () => ({ deviceId: this.deviceId });
  stop(): void {
    this.stopped = true;
  }
}

/** A connection that is there as soon as an offer was answered. */
export class Connection {
  connectionState = 'new';
  signalingState = 'stable';
  localDescription: object | null = null;
  remoteDescription: object | null = null;
  onconnectionstatechange: (() => void) | null = null;
  onicecandidate: unknown = null;
  closed = false;
  offers = 0;
  readonly transceivers: { direction: string; sender: object; receiver: object; sends: unknown }[] = [];
  readonly channel = {
    readyState: 'connecting',
    onopen: () => undefined,
    onmessage: undefined,
    send: () => undefined,
  };
  createDataChannel = () => this.channel;
  getTransceivers = () => this.transceivers;
  addTransceiver(kind: string): void {
    const one = {
      direction: 'sendrecv',
      sends: null as unknown,
      receiver: { track: new Track(kind as 'audio') },
      sender: {
        replaceTrack: async (track: unknown) => {
          one.sends = track;
        },
        getParameters: () => ({ encodings: [{}] }),
        setParameters: async () => undefined,
      },
    };
    this.transceivers.push(one);
  }
  createOffer = async () => ({ type: 'offer', sdp: `offer ${++this.offers}` });
  createAnswer = async () => ({ type: 'answer', sdp: 'answer' });
  async setLocalDescription(description: { type: string }): Promise<void> {
    this.localDescription = description;
    this.signalingState = description.type === 'offer' ? 'have-local-offer' : 'stable';
    if (description.type === 'answer') this.become('connected');
  }
  async setRemoteDescription(description: { type: string }): Promise<void> {
    this.remoteDescription = description;
    if (description.type === 'answer') {
      this.signalingState = 'stable';
      this.become('connected');
    } else if (this.transceivers.length === 0)
      for (const kind of ['audio', 'video', 'video']) this.addTransceiver(kind);
  }
  addIceCandidate = async () => undefined;
  getStats = async () => new Map();
  become(state: string): void {
    this.connectionState = state;
    this.onconnectionstatechange?.();
  }
  close(): void {
    this.closed = true;
  }
}

interface Socket extends LiveSocket {
  device?: string;
  user: string;
}

/** The server: the states of the contract, a log for all, and signals between the devices of a call. */
export class CallWorld {
  readonly clock = new ManualClock();
  readonly calls: Call[] = [];
  readonly asked: string[] = [];
  /** Every request fails. */
  isDown = false;
  /** Names of devices that tabs own. A test that reloads a tab frees them. */
  readonly owned = new Set<string>();
  /** Calls are not offered. */
  notOffered = false;
  /** Ids of microphones and cameras that are not there any more. */
  readonly unplugged = new Set<string>();
  readonly #sockets = new Set<Socket>();
  readonly #clients: Cell<ConversationsState>[] = [];

  /** A device of somebody. `memory` is what its tab kept. */
  device(user: string, seed: number, memory: { text?: string; devices?: string } = {}, refused?: string) {
    const conversations = new Cell<ConversationsState>(this.#items());
    this.#clients.push(conversations);
    const connections: Connection[] = [];
    const sockets: Socket[] = [];
    const cameras: Track[] = [];
    let leave = (_: 'leave'): void => undefined;
    const ports: CallPorts = {
      clock: this.clock,
      random: seeded(seed),
      lifecycle: {
        now: () => ({ visible: true, online: true }),
        listen: heard => {
          leave = heard;
          return () => undefined;
        },
      },
      http: ({ url, body }) => ({ answer: this.#answer(user, url, body as string), cancel: () => undefined }),
      socket: () => {
        const socket = this.#socket(user);
        sockets.push(socket);
        return socket;
      },
      memory: {
        isKept: () => memory.text !== undefined,
        keep: text => {
          memory.text = text;
        },
        take: () => {
          const { text } = memory;
          delete memory.text;
          return text;
        },
        own: async device => {
          const isFree = !this.owned.has(device);
          this.owned.add(device);
          return isFree;
        },
      },
      devices: {
        read: () => memory.devices,
        keep: text => {
          memory.devices = text;
        },
      },
      media: {
        user: async ({ audio, video }) => {
          if (refused) throw Object.assign(new Error(refused), { name: refused });
          const track = (kind: 'audio' | 'video', wanted: MediaStreamConstraints['audio']) => {
            const { exact } = ((wanted as MediaTrackConstraints).deviceId ?? {}) as { exact?: string };
            const id = exact ?? `${kind} 1`;
            if (this.unplugged.has(id)) throw Object.assign(new Error(id), { name: 'OverconstrainedError' });
            // As on many phones, whose cameras are open one at a time.
            const busy = kind === 'video' && cameras.some(one => !one.stopped);
            if (busy) throw Object.assign(new Error(id), { name: 'NotReadableError' });
            const taken = new Track(kind, id);
            if (kind === 'video') cameras.push(taken);
            return taken;
          };
          const tracks = [
            ...(audio ? [track('audio', audio)] : []),
            ...(video ? [track('video', video)] : []),
          ];
          return { getTracks: () => tracks } as unknown as MediaStream;
        },
        display: async () => ({ getTracks: () => [new Track('video')] }) as unknown as MediaStream,
        peer: () => {
          const connection = new Connection();
          connections.push(connection);
          return connection as unknown as RTCPeerConnection;
        },
        stream: tracks => ({ tracks }) as unknown as MediaStream,
        obstacle: () => undefined,
        isForbidden: () => false,
      },
    };
    const client = { conversations, user: new Cell(user), ready: Promise.resolve() } as unknown as Jobline;
    /** The tab is gone: nothing that is said reaches it, and it says nothing. */
    const kill = () => {
      for (const socket of sockets) this.#sockets.delete(socket);
    };
    const calls = new Calls({ client, baseUrl: '', getToken: () => 'token', ports });
    return {
      calls,
      client,
      ports,
      connections,
      memory,
      shown: () => calls.state.get().call,
      leave: () => leave('leave'),
      kill,
    };
  }

  /** Ends the live connections, as a restart does. */
  restart(): void {
    for (const socket of [...this.#sockets]) {
      this.#sockets.delete(socket);
      socket.onclose?.({ code: 1001 });
    }
  }

  /** The state changes, and everybody who follows the log hears of it. */
  change(id: string, changed: Partial<Call>): Call {
    const index = this.calls.findIndex(one => one.id === id);
    const call = { ...(this.calls[index] as Call), ...changed };
    this.calls[index] = call;
    this.#tell();
    return call;
  }

  #tell(): void {
    const told = JSON.stringify({
      op: 'synced',
      messages: this.#messages(),
      conversations: [],
      cursor: 'cursor',
    });
    for (const socket of this.#sockets) if (socket.device) socket.onmessage?.({ data: told });
    for (const cell of this.#clients) cell.set(this.#items());
  }

  #synced(): string {
    return JSON.stringify({ op: 'synced', messages: this.#messages(), conversations: [], cursor: 'cursor' });
  }

  #messages(): Message[] {
    return this.calls.map(call => ({ call }) as unknown as Message);
  }

  #items(): ConversationsState {
    const call = this.calls.at(-1);
    const item = {
      id: 'conv_john_you',
      person: { id: 'you', name: 'You' },
      at: 0,
      unread: 0,
      pending: 0,
      failed: 0,
    };
    return { status: 'ready', items: [{ ...item, call }] };
  }

  #socket(user: string): Socket {
    const socket: Socket = {
      user,
      readyState: 1,
      onopen: null,
      onmessage: null,
      onclose: null,
      send: text => this.#said(socket, JSON.parse(text) as Sent),
      close: () => this.#sockets.delete(socket),
    };
    this.#sockets.add(socket);
    void Promise.resolve().then(() => socket.onopen?.());
    return socket;
  }

  #said(socket: Socket, { op, deviceId, callId, to, data }: Sent): void {
    if (!this.#sockets.has(socket)) return;
    if (op === 'start') {
      socket.device = deviceId as string;
      socket.onmessage?.({ data: JSON.stringify({ op: 'ready', heartbeatMs: 25_000 }) });
      // What changed since the poll that the connection goes on from.
      socket.onmessage?.({ data: this.#synced() });
    }
    const call = this.calls.find(({ id, state }) => id === callId && state === 'accepted');
    if (op !== 'signal' || !call || call.devices[socket.user] !== socket.device) return;
    const frame = JSON.stringify({ op: 'signal', callId, from: socket.device, data });
    for (const other of this.#sockets)
      if (other.device === to) void Promise.resolve().then(() => other.onmessage?.({ data: frame }));
  }

  async #answer(user: string, url: string, body: string | undefined) {
    if (this.isDown) throw new Error('There is no server.');
    const path = url.split('?')[0] ?? '';
    this.asked.push(path);
    if (this.notOffered) {
      const problem = { type: '', title: '', status: 403, detail: '', code: 'not_offered' };
      return { status: 403, header: () => undefined, body: JSON.stringify(problem) };
    }
    const answer = this.#result(user, path, body ? (JSON.parse(body) as Sent) : {});
    const status = answer === undefined ? 409 : 200;
    const text = answer ?? { type: '', title: '', status, detail: '', code: 'call_over' };
    return { status, header: () => undefined, body: JSON.stringify(text) };
  }

  #result(user: string, path: string, input: Sent): object | undefined {
    const device = input.deviceId as string;
    if (path === '/calls/config') return { iceServers: [], iceTransportPolicy: 'all', ringMs: 45_000 };
    if (path === '/messages/sync')
      return {
        messages: this.#messages(),
        cursor: 'cursor',
        hasMore: false,
        live: { url: 'ws://x', afterMs: 0 },
      };
    if (path === '/calls/start') return this.#start(user, device);
    const call = this.calls.find(({ id }) => id === input.callId);
    if (!call) return undefined;
    if (path === '/calls/accept') return this.#accept(call, user, device);
    const over: CallState =
      call.state === 'accepted' ? 'ended' : call.startedBy === user ? 'cancelled' : 'declined';
    return {
      call: ['ringing', 'accepted'].includes(call.state) ? this.change(call.id, { state: over }) : call,
    };
  }

  #start(user: string, device: string): object {
    const running = this.calls.find(({ state }) => state === 'ringing' || state === 'accepted');
    if (running) return { call: running, message: {} };
    const call: Call = {
      id: `message_${this.calls.length}`,
      media: 'video',
      state: 'ringing',
      startedBy: user,
      startedAt: new Date(this.clock.now()).toISOString(),
      devices: { [user]: device },
    };
    this.calls.push(call);
    this.#tell();
    return { call, message: {} };
  }

  #accept(call: Call, user: string, device: string): object | undefined {
    const runs = call.state === 'ringing' || call.state === 'accepted';
    if (runs && call.devices[user] === device) return { call };
    if (call.state !== 'ringing' || call.devices[user]) return undefined;
    return {
      call: this.change(call.id, { state: 'accepted', devices: { ...call.devices, [user]: device } }),
    };
  }
}
