/** What recording needs of its surroundings. `browserVoicePorts` brings all of it for pages. */

import type { Clock } from '../ports.ts';

export interface VoicePorts {
  readonly clock: Pick<Clock, 'elapsed' | 'after'>;
  /** Why nothing can be recorded on this page, where that is so. */
  obstacle(): 'insecure' | 'unsupported' | undefined;
  /** Whether the page around a frame keeps it from asking for the microphone. */
  isForbidden(): boolean;
  /** Whether it can record this type, with its codec, as in `audio/webm;codecs=opus`. */
  records(format: string): boolean;
  /** Asks for the microphone. Rejects as `getUserMedia` does. */
  open(): Promise<Microphone>;
  /** What was recorded, as samples. Rejects where it cannot be decoded. */
  decode(recorded: Blob): Promise<Sound>;
}

/** A microphone that listens, until it is closed. */
export interface Microphone {
  /** It was unplugged, or the permission was taken back: nothing comes from it any more. */
  onlost: (() => void) | null;
  /** Something else has it for a while, as a phone call has: what comes is silence. */
  oninterrupted: (() => void) | null;
  /** How loud it is now, from 0 to 1. */
  level(): number;
  /** Begins to record. Throws where it cannot. */
  record(format: string, bitsPerSecond: number): SoundRecorder;
  /** Gives it back, for good. */
  close(): void;
}

export interface SoundRecorder {
  pause(): void;
  resume(): void;
  /** Ends it, and answers everything that was recorded; its `type` is what the recorder really made. */
  stop(): Promise<Blob>;
}

export interface Sound {
  readonly seconds: number;
  /** Of one channel, each from -1 to 1. */
  readonly samples: Float32Array;
}
