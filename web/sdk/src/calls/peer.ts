/**
 * The connection to one other device. Only the side whose device name sorts first makes offers, so offers never collide.
 * Microphone, camera and screen have transceivers from the start; later one track replaces another without a new
 * negotiation. The data channel carries what is muted or off.
 */

import type { Clock } from '../ports.ts';
import type { OwnMedia, TrackKind } from './own.ts';
import type { MediaPort } from './ports.ts';
import type { Shown } from './state.ts';

/** The transceivers, in the order of the offer. */
const PLACES: readonly TrackKind[] = ['microphone', 'camera', 'screen'];
const BITS: Readonly<Record<TrackKind, number>> = {
  microphone: 32_000,
  camera: 1_000_000,
  screen: 1_000_000,
};
/** How long it may be interrupted, or take to connect, before an ICE restart. */
const INTERRUPTED_MS = 3000;
const AGAIN_MS = 6000;
/** How often it is measured. */
const MEASURE_MS = 3000;
/** Limits from which it counts as weak: the share of lost packets, and the round trip in seconds. */
const LOST = 0.08;
const SLOW_S = 0.6;

export type PeerSignal =
  | { readonly is: 'offer' | 'answer'; readonly sdp: string }
  | { readonly is: 'candidate'; readonly candidate: RTCIceCandidateInit }
  /** The other side asks for an offer. */
  | { readonly is: 'restart' };

export interface PeerListener {
  send(signal: PeerSignal): void;
  /** It is connected, or no longer, or the other side has changed something. */
  changed(): void;
}

const NOTHING: Shown = { microphone: true, camera: false, screen: false };

export class Peer {
  readonly #connection: RTCPeerConnection;
  readonly #channel: RTCDataChannel;
  readonly #offers: boolean;
  readonly #own: OwnMedia;
  readonly #clock: Clock;
  readonly #media: MediaPort;
  readonly #listener: PeerListener;
  /** Signals are handled one after another. */
  #work = Promise.resolve();
  readonly #early: RTCIceCandidateInit[] = [];
  readonly #streams = new Map<TrackKind, MediaStream>();
  #callOff = (): void => undefined;
  #measuring = (): void => undefined;
  #isOver = false;
  #isConnected = false;
  shown: Shown = NOTHING;
  weak = false;

  constructor(
    config: RTCConfiguration,
    offers: boolean,
    own: OwnMedia,
    media: MediaPort,
    clock: Clock,
    listener: PeerListener,
  ) {
    const connection = media.peer(config);
    this.#connection = connection;
    this.#offers = offers;
    this.#own = own;
    this.#clock = clock;
    this.#media = media;
    this.#listener = listener;
    this.#channel = connection.createDataChannel('shown', { negotiated: true, id: 0 });
    this.#channel.onopen = () => this.tell();
    this.#channel.onmessage = ({ data }) => this.#told(String(data));
    connection.onicecandidate = ({ candidate }) =>
      candidate && listener.send({ is: 'candidate', candidate: candidate.toJSON() });
    connection.onconnectionstatechange = () => this.#look();
    this.#expect(AGAIN_MS);
    this.#measure();
  }

  get isConnected(): boolean {
    return this.#isConnected;
  }

  /** Makes the first offer, if this side makes offers. */
  begin(): void {
    if (!this.#offers) return;
    for (const place of PLACES)
      this.#connection.addTransceiver(place === 'microphone' ? 'audio' : 'video', { direction: 'sendrecv' });
    this.#then(() => this.#offer({}));
  }

  heard(signal: PeerSignal): void {
    this.#then(async () => {
      if (signal.is === 'restart') {
        if (this.#offers) await this.#offer({ iceRestart: true });
      } else if (signal.is === 'candidate') await this.#candidate(signal.candidate);
      else await this.#description(signal);
    });
  }

  /** Sends another track of this kind, or none. */
  async replace(kind: TrackKind): Promise<void> {
    await this.#sender(kind)?.replaceTrack(this.#own.track(kind));
    this.tell();
  }

  /** Tells the other side what is muted or off. */
  tell(): void {
    if (this.#channel.readyState === 'open') this.#channel.send(JSON.stringify(this.#own.shown));
  }

  /** A stream of the other side: `camera` with its audio, or `screen`. */
  stream(kind: 'camera' | 'screen'): MediaStream | undefined {
    const places = this.#connection.getTransceivers();
    if (places.length < PLACES.length) return undefined;
    const wanted: TrackKind[] = kind === 'camera' ? ['microphone', 'camera'] : ['screen'];
    const stream =
      this.#streams.get(kind) ??
      this.#media.stream(wanted.flatMap(one => places[PLACES.indexOf(one)]?.receiver.track ?? []));
    this.#streams.set(kind, stream);
    return stream;
  }

  /** Restarts ICE, or asks the other side to. */
  restart(): void {
    if (this.#offers) this.#then(() => this.#offer({ iceRestart: true }));
    else this.#listener.send({ is: 'restart' });
    this.#expect(AGAIN_MS);
  }

  close(): void {
    this.#isOver = true;
    this.#callOff();
    this.#measuring();
    this.#connection.onconnectionstatechange = null;
    this.#connection.onicecandidate = null;
    this.#connection.close();
  }

  #then(act: () => Promise<void>): void {
    // After a failure without a connection, an ICE restart begins again.
    this.#work = this.#work.then(() => (this.#isOver ? undefined : act())).catch(() => undefined);
  }

  async #offer(options: RTCOfferOptions): Promise<void> {
    // An offer that was not answered is made again.
    await this.#place();
    await this.#connection.setLocalDescription(await this.#connection.createOffer(options));
    this.#sendDescription();
    await this.#limit();
  }

  async #description({ is, sdp }: { readonly is: 'offer' | 'answer'; readonly sdp: string }): Promise<void> {
    const connection = this.#connection;
    // An answer to an offer that was replaced, or already answered.
    if (is === 'answer' && connection.signalingState !== 'have-local-offer') return;
    await connection.setRemoteDescription({ type: is, sdp });
    for (const candidate of this.#early.splice(0)) await this.#candidate(candidate);
    if (is === 'answer') return;
    for (const transceiver of connection.getTransceivers()) transceiver.direction = 'sendrecv';
    await this.#place();
    await connection.setLocalDescription(await connection.createAnswer());
    this.#sendDescription();
    await this.#limit();
    this.#listener.changed();
  }

  #sendDescription(): void {
    const local = this.#connection.localDescription;
    if (local) this.#listener.send({ is: local.type === 'offer' ? 'offer' : 'answer', sdp: local.sdp });
  }

  async #candidate(candidate: RTCIceCandidateInit): Promise<void> {
    if (this.#connection.remoteDescription) {
      // A candidate from before a restart is refused, and not needed.
      await this.#connection.addIceCandidate(candidate).catch(() => undefined);
    } else this.#early.push(candidate);
  }

  #sender(kind: TrackKind): RTCRtpSender | undefined {
    return this.#connection.getTransceivers()[PLACES.indexOf(kind)]?.sender;
  }

  async #place(): Promise<void> {
    for (const kind of PLACES) await this.#sender(kind)?.replaceTrack(this.#own.track(kind));
  }

  /** Limits the bit rate. Senders accept that once there is a description. */
  async #limit(): Promise<void> {
    for (const kind of PLACES) {
      const sender = this.#sender(kind);
      const parameters = sender?.getParameters();
      const [encoding] = parameters?.encodings ?? [];
      if (!sender || !parameters || !encoding) continue;
      encoding.maxBitrate = BITS[kind];
      await sender.setParameters(parameters);
    }
  }

  #told(text: string): void {
    try {
      const { microphone, camera, screen } = JSON.parse(text) as Shown;
      this.shown = { microphone: microphone === true, camera: camera === true, screen: screen === true };
    } catch {
      // A message that this version does not know.
    }
    this.#listener.changed();
  }

  #look(): void {
    const { connectionState } = this.#connection;
    this.#isConnected = connectionState === 'connected';
    if (this.#isConnected) this.#callOff();
    else if (connectionState === 'disconnected') this.#expect(INTERRUPTED_MS);
    else if (connectionState === 'failed') this.restart();
    this.#listener.changed();
  }

  /** Restarts ICE if there is no connection after `ms`. */
  #expect(ms: number): void {
    this.#callOff();
    this.#callOff = this.#clock.after(ms, () => this.#isOver || this.#isConnected || this.restart());
  }

  #measure(): void {
    this.#measuring = this.#clock.after(MEASURE_MS, async () => {
      const weak = this.#isConnected && (await isWeak(this.#connection));
      if (this.#isOver) return;
      if (weak !== this.weak) {
        this.weak = weak;
        this.#listener.changed();
      }
      this.#measure();
    });
  }
}

/** Whether the other side reports losses or delays above the limits. */
async function isWeak(connection: RTCPeerConnection): Promise<boolean> {
  let weak = false;
  const stats = await connection.getStats().catch(() => undefined);
  stats?.forEach((one: { type: string; fractionLost?: number; roundTripTime?: number }) => {
    if (one.type !== 'remote-inbound-rtp') return;
    weak ||= (one.fractionLost ?? 0) > LOST || (one.roundTripTime ?? 0) > SLOW_S;
  });
  return weak;
}
