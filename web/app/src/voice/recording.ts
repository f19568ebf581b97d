/** Recording a voice: the microphone, the recorder of the browser, and how loud it is. */

import type { Voice } from '@jobline/sdk';
import type { VoiceWords } from './words.ts';

/** What browsers record, the one that plays everywhere first. Asked for by full names: for short ones some say yes. */
const FORMATS = ['audio/mp4;codecs=mp4a.40.2', 'audio/webm;codecs=opus'];
const BITS_PER_SECOND = 32_000;
/** How long it may be, in milliseconds. */
export const LONGEST_MS = 5 * 60_000;
/** How often it is measured how loud it is, in milliseconds. */
const MEASURE_MS = 50;
/** Samples a second when it is decoded for its duration and its waveform: enough for both, and little memory. */
const DECODED_HZ = 8000;
const STEPS = 64;
const LOUDNESS = '0123456789abcdefghijklmnopqrstuv';

/** A recording that is ready. */
export interface Recorded {
  readonly blob: Blob;
  readonly voice: Voice;
}

/** Why it cannot begin, as a name of what there is to say about it. */
export type Obstacle = keyof VoiceWords &
  ('refused' | 'noMicrophone' | 'inUse' | 'insecure' | 'framed' | 'unsupported');

function obstacleOf(error: unknown): Obstacle {
  const name = error instanceof DOMException ? error.name : '';
  if (name === 'NotFoundError' || name === 'OverconstrainedError') return 'noMicrophone';
  if (name === 'NotReadableError' || name === 'AbortError') return 'inUse';
  // In a frame whose page does not pass the permission on, nobody was asked.
  const policy = (document as { featurePolicy?: { allowsFeature(name: string): boolean } }).featurePolicy;
  if (name === 'NotAllowedError') return policy?.allowsFeature('microphone') === false ? 'framed' : 'refused';
  return 'unsupported';
}

export class Recording {
  readonly #stream: MediaStream;
  readonly #recorder: MediaRecorder;
  readonly #context = new AudioContext();
  readonly #analyser: AnalyserNode;
  readonly #samples: Float32Array<ArrayBuffer>;
  readonly #parts: Blob[] = [];
  readonly #timer: ReturnType<typeof setInterval>;
  #elapsed = 0;
  #since = performance.now();

  private constructor(stream: MediaStream, format: string, measured: (recording: Recording) => void) {
    this.#stream = stream;
    this.#recorder = new MediaRecorder(stream, { mimeType: format, audioBitsPerSecond: BITS_PER_SECOND });
    this.#recorder.ondataavailable = ({ data }) => this.#parts.push(data);
    this.#analyser = this.#context.createAnalyser();
    this.#samples = new Float32Array(this.#analyser.fftSize);
    this.#context.createMediaStreamSource(stream).connect(this.#analyser);
    this.#recorder.start();
    this.#timer = setInterval(() => measured(this), MEASURE_MS);
  }

  /** Asks for the microphone and begins; calls `measured` all the time. Answers what stands against it. */
  static async begin(measured: (recording: Recording) => void): Promise<Recording | Obstacle> {
    if (!isSecureContext) return 'insecure';
    const format = globalThis.MediaRecorder && FORMATS.find(one => MediaRecorder.isTypeSupported(one));
    if (!format || !navigator.mediaDevices) return 'unsupported';
    try {
      const audio = { channelCount: 1, echoCancellation: true, noiseSuppression: true };
      const stream = await navigator.mediaDevices.getUserMedia({ audio });
      return new Recording(stream, format, measured);
    } catch (error) {
      return obstacleOf(error);
    }
  }

  get isPaused(): boolean {
    return this.#recorder.state === 'paused';
  }

  /** How long it is so far, in milliseconds. */
  get ms(): number {
    return this.#elapsed + (this.#recorder.state === 'recording' ? performance.now() - this.#since : 0);
  }

  /** How loud it is now, from 0 to 1. */
  get level(): number {
    if (this.isPaused) return 0;
    this.#analyser.getFloatTimeDomainData(this.#samples);
    return Math.min(1, 2 * loudest(this.#samples, 0, this.#samples.length));
  }

  pause(): void {
    this.#elapsed = this.ms;
    this.#recorder.pause();
  }

  resume(): void {
    this.#since = performance.now();
    this.#recorder.resume();
  }

  /** Ends it. Answers what was recorded; `undefined` for nothing. */
  async stop(): Promise<Recorded | undefined> {
    const ms = Math.round(this.ms);
    const stopped = new Promise(resolve => {
      this.#recorder.onstop = resolve;
    });
    this.#recorder.stop();
    await stopped;
    this.discard();
    const blob = new Blob(this.#parts, { type: this.#recorder.mimeType.split(';')[0] ?? '' });
    return blob.size > 0 ? { blob, voice: await measured(blob, ms) } : undefined;
  }

  /** Gives the microphone back. */
  discard(): void {
    clearInterval(this.#timer);
    if (this.#recorder.state !== 'inactive') this.#recorder.stop();
    for (const track of this.#stream.getTracks()) track.stop();
    void this.#context.close().catch(() => undefined);
  }
}

/** Duration and waveform by the sound itself; where the browser cannot decode what it recorded, by the clock. */
async function measured(blob: Blob, ms: number): Promise<Voice> {
  try {
    const context = new OfflineAudioContext(1, 1, DECODED_HZ);
    const sound = await context.decodeAudioData(await blob.arrayBuffer());
    const durationMs = Math.min(LONGEST_MS, Math.max(1, Math.round(sound.duration * 1000)));
    return { durationMs, waveform: waveformOf(sound.getChannelData(0)) };
  } catch {
    return { durationMs: Math.min(LONGEST_MS, Math.max(1, ms)), waveform: LOUDNESS.charAt(8).repeat(STEPS) };
  }
}

/** `samples` in 64 steps of loudness; the loudest is the highest, so that who speaks softly is seen as well. */
export function waveformOf(samples: Float32Array): string {
  const part = (step: number) => Math.floor((step * samples.length) / STEPS);
  const peaks = Array.from({ length: STEPS }, (_, step) => loudest(samples, part(step), part(step + 1)));
  const most = Math.max(0.01, ...peaks);
  return peaks.map(peak => LOUDNESS.charAt(Math.round((31 * peak) / most))).join('');
}

/** The heights of a waveform's steps, from 0 to 1. */
export function heights(waveform: string): number[] {
  return [...waveform].map(step => Math.max(0, LOUDNESS.indexOf(step)) / 31);
}

function loudest(samples: Float32Array, from: number, to: number): number {
  let most = 0;
  for (let at = from; at < to; at++) most = Math.max(most, Math.abs(samples[at] ?? 0));
  return most;
}
