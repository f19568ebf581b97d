/** A voice message that is being recorded: duration, loudness, pauses, and result. */

import { type Obstacle, obstacleOf } from '../obstacle.ts';
import type { Voice } from '../state.ts';
import type { Microphone, SoundRecorder, VoicePorts } from './ports.ts';
import { flatWaveform, waveformOf } from './waveform.ts';

/** The formats, the one that plays everywhere first. With full names, since some browsers wrongly accept short ones. */
const FORMATS = ['audio/mp4;codecs=mp4a.40.2', 'audio/webm;codecs=opus'];
const BITS_PER_SECOND = 32_000;
/** The interval of measuring the loudness, in milliseconds. */
const MEASURE_MS = 50;

/** How long a voice message may be, in milliseconds. */
export const LONGEST_MS = 5 * 60_000;
/** A recording ends a little before that, because the recorder adds some time. */
const END_MS = LONGEST_MS - 500;

/** A recording that is ready to be sent: `timeline.sendFile(blob, { name, contentType: blob.type, voice })`. */
export interface Recorded {
  readonly blob: Blob;
  /** Duration and waveform. */
  readonly voice: Voice;
}

export interface RecordingListener {
  /** Its duration, loudness or pause has changed. */
  changed(recording: Recording): void;
  /** It ended by itself: after five minutes, or because the microphone was lost. `stop` returns the recording. */
  ended(recording: Recording): void;
}

/** The first of the two formats that can be recorded here; `undefined` for neither. */
export function formatOf(records: VoicePorts['records']): string | undefined {
  return FORMATS.find(records);
}

export class Recording {
  readonly #ports: VoicePorts;
  readonly #microphone: Microphone;
  readonly #recorder: SoundRecorder;
  readonly #listener: RecordingListener;
  /** Its duration until the last pause. */
  #before = 0;
  /** When it was last started or resumed; absent while it is paused. */
  #since: number | undefined;
  #ended: Promise<Recorded | undefined> | undefined;
  #callOff = (): void => undefined;

  private constructor(
    ports: VoicePorts,
    microphone: Microphone,
    recorder: SoundRecorder,
    listener: RecordingListener,
  ) {
    this.#ports = ports;
    this.#microphone = microphone;
    this.#recorder = recorder;
    this.#listener = listener;
    this.#since = ports.clock.elapsed();
    microphone.onlost = () => this.#end();
    microphone.oninterrupted = () => {
      this.pause();
      listener.changed(this);
    };
    this.#measure();
  }

  /** Asks for the microphone and begins. Resolves with the obstacle if there is one; it never rejects. */
  static async begin(ports: VoicePorts, listener: RecordingListener): Promise<Recording | Obstacle> {
    const obstacle = ports.obstacle();
    if (obstacle) return obstacle;
    const format = formatOf(type => ports.records(type));
    if (!format) return 'unsupported';
    let microphone: Microphone | undefined;
    try {
      microphone = await ports.open();
      return new Recording(ports, microphone, microphone.record(format, BITS_PER_SECOND), listener);
    } catch (error) {
      microphone?.close();
      return obstacleOf(error, () => ports.isForbidden());
    }
  }

  get isPaused(): boolean {
    return this.#since === undefined;
  }

  /** Its duration so far, in milliseconds, without pauses. */
  get ms(): number {
    const { clock } = this.#ports;
    return this.#before + (this.#since === undefined ? 0 : clock.elapsed() - this.#since);
  }

  /** The current loudness, from 0 to 1. */
  get level(): number {
    return this.isPaused ? 0 : this.#microphone.level();
  }

  /** Pauses it. Does nothing if it is paused or has ended. */
  pause(): void {
    if (this.isPaused || this.#ended) return;
    this.#before = this.ms;
    this.#since = undefined;
    this.#recorder.pause();
  }

  /** Continues after a pause. */
  resume(): void {
    if (!this.isPaused || this.#ended) return;
    this.#since = this.#ports.clock.elapsed();
    this.#recorder.resume();
  }

  /** Ends it, releases the microphone, and returns the recording; `undefined` if there is none. */
  stop(): Promise<Recorded | undefined> {
    this.#ended ??= this.#made(this.ms);
    return this.#ended;
  }

  /** Ends it, releases the microphone, and discards the recording. */
  discard(): void {
    this.#ended ??= this.#close().then(
      () => undefined,
      () => undefined,
    );
  }

  async #made(ms: number): Promise<Recorded | undefined> {
    const recorded = await this.#close();
    const blob = new Blob([recorded], { type: recorded.type.split(';')[0] ?? '' });
    return blob.size > 0 ? { blob, voice: await measured(this.#ports, blob, ms) } : undefined;
  }

  async #close(): Promise<Blob> {
    this.#callOff();
    this.#microphone.onlost = this.#microphone.oninterrupted = null;
    try {
      return await this.#recorder.stop();
    } finally {
      this.#microphone.close();
    }
  }

  #measure(): void {
    this.#callOff = this.#ports.clock.after(MEASURE_MS, () => {
      if (this.ms >= END_MS) return this.#end();
      this.#measure();
      this.#listener.changed(this);
    });
  }

  #end(): void {
    this.#callOff();
    if (!this.#ended) this.#listener.ended(this);
  }
}

/** Duration and waveform from the audio itself or, if it cannot be decoded, the duration by the clock. */
async function measured(ports: VoicePorts, blob: Blob, ms: number): Promise<Voice> {
  const within = (duration: number) => Math.min(LONGEST_MS, Math.max(1, Math.round(duration)));
  try {
    const { seconds, samples } = await ports.decode(blob);
    return { durationMs: within(seconds * 1000), waveform: waveformOf(samples) };
  } catch {
    return { durationMs: within(ms), waveform: flatWaveform() };
  }
}
