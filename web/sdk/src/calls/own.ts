/** The tracks of this device for the others, and the requests for them. */

import { type Obstacle, obstacleOf } from '../obstacle.ts';
import type { DeviceMemory, MediaPort } from './ports.ts';
import type { Shown } from './state.ts';

export type TrackKind = 'microphone' | 'camera' | 'screen';

/** At most 720p, which 1 Mb/s can carry well. */
const PICTURE = {
  width: { ideal: 1280, max: 1280 },
  height: { ideal: 720, max: 720 },
  frameRate: { max: 30 },
};
type Device = 'microphone' | 'camera';
type Chosen = Partial<Record<Device, string>>;

const SOUND = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };

export class OwnMedia {
  readonly #port: MediaPort;
  /** A track was set, switched, or ended by itself. */
  readonly #changed: (kind: TrackKind) => void;
  readonly #tracks: Partial<Record<TrackKind, MediaStreamTrack>> = {};
  readonly #memory: DeviceMemory;
  /** The devices that the reader chose, in this call or an earlier one. Until then it is the browser that chooses. */
  readonly #chosen: Chosen;
  #isOver = false;

  constructor(port: MediaPort, memory: DeviceMemory, changed: (kind: TrackKind) => void) {
    this.#port = port;
    this.#memory = memory;
    this.#chosen = chosenIn(memory.read());
    this.#changed = changed;
  }

  get shown(): Shown {
    const { microphone, camera, screen } = this.#tracks;
    return {
      microphone: microphone?.enabled === true,
      camera: camera !== undefined,
      screen: screen !== undefined,
    };
  }

  track(kind: TrackKind): MediaStreamTrack | null {
    return this.#tracks[kind] ?? null;
  }

  /** Asks for microphone and, if wanted, camera; without a camera it is an audio call. */
  async ask(video: boolean): Promise<Obstacle | undefined> {
    const obstacle = this.#port.obstacle();
    if (obstacle) return obstacle;
    const { microphone, camera } = this.#chosen;
    // A device that was unplugged since it was chosen, or is taken by another program, leaves its place to another one.
    const wishes: Chosen[] = video
      ? [{ microphone, camera }, { camera }, { microphone }, {}]
      : [{ microphone }, {}];
    let found: Obstacle | undefined;
    for (const wish of new Set(wishes.map(one => JSON.stringify(one)))) {
      found = await this.#askBoth(video, chosenIn(wish));
      if (found !== 'noDevice' && found !== 'inUse') return found;
    }
    return video && found === 'noDevice' ? this.ask(false) : found;
  }

  /** Asks for these devices, and else for those that the browser chooses. */
  async #askBoth(video: boolean, { microphone, camera }: Chosen): Promise<Obstacle | undefined> {
    try {
      const picture = video && { ...PICTURE, ...exactly(camera) };
      this.#keep(await this.#port.user({ audio: { ...SOUND, ...exactly(microphone) }, video: picture }));
      this.#chosen.microphone = microphone;
      if (video) this.#chosen.camera = camera;
      return undefined;
    } catch (error) {
      return obstacleOf(error, () => this.#port.isForbidden('microphone'));
    }
  }

  /** Mutes the microphone, or opens it again without delay. */
  mute(on: boolean): void {
    const { microphone } = this.#tracks;
    if (microphone) microphone.enabled = !on;
    this.#changed('microphone');
  }

  /** Switches the camera. Its light goes out when it is off. */
  async camera(on: boolean): Promise<Obstacle | undefined> {
    if (!on) {
      this.#set('camera', undefined);
      return undefined;
    }
    const obstacle = await this.#askFor('camera');
    if (obstacle !== 'noDevice' || this.#chosen.camera === undefined) return obstacle;
    // The chosen one was unplugged meanwhile.
    this.#chosen.camera = undefined;
    return this.#askFor('camera');
  }

  /** The id of the microphone or camera in use, or of the one to be used; `undefined` where the browser chooses. */
  device(kind: Device): string | undefined {
    return this.#chosen[kind] ?? this.#tracks[kind]?.getSettings().deviceId;
  }

  /** Takes another microphone or camera. A camera that is off stays off: it is the one that is switched on next. */
  async choose(kind: Device, deviceId: string): Promise<Obstacle | undefined> {
    const before = this.#chosen[kind];
    this.#chosen[kind] = deviceId;
    const obstacle = kind === 'microphone' || this.#tracks.camera ? await this.#askFor(kind) : undefined;
    if (obstacle) this.#chosen[kind] = before;
    else {
      const kept = chosenIn(this.#memory.read());
      this.#memory.keep(JSON.stringify({ ...kept, [kind]: deviceId }));
    }
    return obstacle;
  }

  /** Shares a window, a tab or the screen. Returns `false` if the reader chose none. */
  async share(): Promise<boolean> {
    try {
      const stream = await this.#port.display();
      this.#keep(stream, 'screen');
      return this.#tracks.screen !== undefined;
    } catch {
      return false;
    }
  }

  stopSharing(): void {
    this.#set('screen', undefined);
  }

  stop(): void {
    this.#isOver = true;
    for (const kind of ['microphone', 'camera', 'screen'] as const) this.#set(kind, undefined);
  }

  async #askFor(kind: Device): Promise<Obstacle | undefined> {
    const exact = exactly(this.#chosen[kind]);
    const wanted =
      kind === 'camera' ? { video: { ...PICTURE, ...exact } } : { audio: { ...SOUND, ...exact } };
    const muted = this.#tracks.microphone?.enabled === false;
    try {
      this.#keep(await this.#port.user(wanted));
      if (kind === 'microphone' && muted) this.mute(true);
      return undefined;
    } catch (error) {
      const obstacle = obstacleOf(error, () => this.#port.isForbidden(kind));
      if (obstacle !== 'inUse' || kind !== 'camera' || !this.#tracks.camera) return obstacle;
      // Many phones open one camera at a time.
      this.#set('camera', undefined);
      return this.#askFor('camera');
    }
  }

  #keep(stream: MediaStream, picture: TrackKind = 'camera'): void {
    for (const track of stream.getTracks()) {
      // The call ended while the reader was asked.
      if (this.#isOver) track.stop();
      else this.#set(track.kind === 'audio' ? 'microphone' : picture, track);
    }
  }

  #set(kind: TrackKind, track: MediaStreamTrack | undefined): void {
    const before = this.#tracks[kind];
    if (before) {
      before.onended = null;
      before.stop();
    }
    if (!before && !track) return;
    this.#tracks[kind] = track;
    // By the browser's own bar, or because the device was unplugged.
    if (track) track.onended = () => this.#tracks[kind] === track && this.#set(kind, undefined);
    this.#changed(kind);
  }
}

/** Without `exact` browsers take another one though this one is there. */
const exactly = (deviceId: string | undefined) =>
  deviceId === undefined ? {} : { deviceId: { exact: deviceId } };

/** What was kept of an earlier call; nothing, where it is not what was kept. */
function chosenIn(text: string | undefined): Chosen {
  try {
    return { ...(JSON.parse(text ?? '{}') as Chosen) };
  } catch {
    return {};
  }
}
