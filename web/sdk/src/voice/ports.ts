/** What recording needs of its environment. `browserVoicePorts` implements all of it for pages. */

import type { Clock } from '../ports.ts';

export interface VoicePorts {
  readonly clock: Pick<Clock, 'elapsed' | 'after'>;
  /** Why recording does not work on this page, if it does not. */
  obstacle(): 'insecure' | 'unsupported' | undefined;
  /** Whether the page around this frame does not delegate the microphone. */
  isForbidden(): boolean;
  /** Whether it can record this type, with its codec, as in `audio/webm;codecs=opus`. */
  records(format: string): boolean;
  /** Asks for the microphone. Rejects as `getUserMedia` does. */
  open(): Promise<Microphone>;
  /** The recording as samples. Rejects if it cannot be decoded. */
  decode(recorded: Blob): Promise<Sound>;
}

/** An open microphone. */
export interface Microphone {
  /** It was unplugged, or the permission was revoked: it delivers nothing any more. */
  onlost: (() => void) | null;
  /** Something else uses it for a while, such as a phone call: it delivers silence. */
  oninterrupted: (() => void) | null;
  /** The current loudness, from 0 to 1. */
  level(): number;
  /** Begins to record. Throws if it cannot. */
  record(format: string, bitsPerSecond: number): SoundRecorder;
  /** Releases it permanently. */
  close(): void;
}

export interface SoundRecorder {
  pause(): void;
  resume(): void;
  /** Ends it, and returns the whole recording, with the `type` that the recorder really used. */
  stop(): Promise<Blob>;
}

export interface Sound {
  readonly seconds: number;
  /** The samples of one channel, each from -1 to 1. */
  readonly samples: Float32Array;
}
