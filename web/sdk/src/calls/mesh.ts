/**
 * The connections to all others in a call, each device with each. Two devices first exchange hellos with the number of their
 * session; another number means that the other side was reloaded, and its connection is set up again.
 */

import type { Call, CallConfig } from '../generated/contract.ts';
import type { Clock } from '../ports.ts';
import type { OwnMedia, TrackKind } from './own.ts';
import { Peer, type PeerSignal } from './peer.ts';
import type { MediaPort } from './ports.ts';
import type { Participant } from './state.ts';

/** The interval between hellos until there is an answer. */
const HELLO_MS = 1500;
/** How long a participant may be unreachable before they count as gone: a reload takes less. */
const GONE_MS = 25_000;

export interface MeshListener {
  say(device: string, signal: unknown): void;
  changed(): void;
  /** None of the others can be reached any more. */
  lost(): void;
}

interface Other {
  readonly userId: string;
  readonly device: string;
  session?: string;
  peer?: Peer;
  /** When it was reachable last, by `Clock.elapsed`. */
  reachedAt: number;
}

type Signal = { readonly from: string; readonly to?: string } & ({ readonly is: 'hello' } | PeerSignal);

export class Mesh {
  readonly #device: string;
  readonly #session: string;
  readonly #config: RTCConfiguration;
  readonly #own: OwnMedia;
  readonly #media: MediaPort;
  readonly #clock: Clock;
  readonly #listener: MeshListener;
  readonly #others = new Map<string, Other>();
  #callOff = (): void => undefined;

  constructor(
    { device, session }: { readonly device: string; readonly session: string },
    config: CallConfig,
    own: OwnMedia,
    media: MediaPort,
    clock: Clock,
    listener: MeshListener,
  ) {
    this.#device = device;
    this.#session = session;
    this.#config = {
      iceServers: config.iceServers.map(one => ({ ...one, urls: [...one.urls] })),
      iceTransportPolicy: config.iceTransportPolicy,
    };
    this.#own = own;
    this.#media = media;
    this.#clock = clock;
    this.#listener = listener;
    this.#look();
  }

  get participants(): readonly Participant[] {
    return [...this.#others.values()].map(({ userId, peer }) => ({
      userId,
      connected: peer?.isConnected === true,
      shown: peer?.shown ?? { microphone: true, camera: false, screen: false },
      weak: peer?.weak === true,
    }));
  }

  /** Takes over the participants of the call. */
  follow({ devices }: Call): void {
    const now = new Set(Object.values(devices));
    for (const [device, { peer }] of this.#others) {
      if (now.has(device)) continue;
      peer?.close();
      this.#others.delete(device);
    }
    for (const [userId, device] of Object.entries(devices)) {
      if (device === this.#device || this.#others.has(device)) continue;
      const other: Other = { userId, device, reachedAt: this.#clock.elapsed() };
      this.#others.set(device, other);
      this.#say(other, { is: 'hello' });
    }
  }

  /** Signals can be sent, perhaps again. */
  ready(): void {
    for (const other of this.#others.values())
      if (!other.peer?.isConnected) this.#say(other, { is: 'hello' });
  }

  heard(device: string, data: unknown): void {
    const other = this.#others.get(device);
    const signal = data as Signal | null;
    if (!other || typeof signal?.from !== 'string') return;
    // A signal to this tab from before its reload.
    if (signal.is !== 'hello' && signal.to !== this.#session) return;
    const isNew = signal.from !== other.session;
    if (isNew) this.#meet(other, signal.from);
    if (signal.is !== 'hello') return other.peer?.heard(signal);
    if (isNew || signal.to !== this.#session) this.#say(other, { is: 'hello' });
    // Both sides now know each other's session.
    if (isNew) other.peer?.begin();
  }

  replace(kind: TrackKind): void {
    for (const { peer } of this.#others.values()) void peer?.replace(kind).catch(() => undefined);
    this.#listener.changed();
  }

  /** Tells the others what is muted or off. */
  tell(): void {
    for (const { peer } of this.#others.values()) peer?.tell();
  }

  stream(userId: string, kind: 'camera' | 'screen'): MediaStream | undefined {
    const other = [...this.#others.values()].find(one => one.userId === userId);
    return other?.peer?.stream(kind);
  }

  close(): void {
    this.#callOff();
    for (const { peer } of this.#others.values()) peer?.close();
    this.#others.clear();
  }

  #meet(other: Other, session: string): void {
    other.peer?.close();
    other.session = session;
    const peer: Peer = new Peer(
      this.#config,
      this.#device < other.device,
      this.#own,
      this.#media,
      this.#clock,
      {
        send: signal => other.peer === peer && this.#say(other, signal),
        changed: () => other.peer === peer && this.#listener.changed(),
      },
    );
    other.peer = peer;
    this.#listener.changed();
  }

  #say({ device, session }: Other, signal: { readonly is: 'hello' } | PeerSignal): void {
    this.#listener.say(device, { ...signal, from: this.#session, ...(session && { to: session }) });
  }

  /** Sends hellos to those who have not answered, and drops those who are gone. */
  #look(): void {
    this.#callOff = this.#clock.after(HELLO_MS, () => {
      const now = this.#clock.elapsed();
      for (const other of this.#others.values()) {
        if (other.peer?.isConnected) other.reachedAt = now;
        else if (!other.session) this.#say(other, { is: 'hello' });
      }
      this.#look();
      const all = [...this.#others.values()];
      if (all.length > 0 && all.every(({ reachedAt }) => now - reachedAt > GONE_MS)) this.#listener.lost();
    });
  }
}
