/** A microphone that hears what a test says, on a clock that is moved by hand. */

import type { Microphone, VoicePorts } from '../src/voice/index.ts';
import { ManualClock } from './clock.ts';

export class VoiceWorld {
  readonly clock = new ManualClock();
  /** Milliseconds that went by without any timer, as on a device that slept. */
  slept = 0;
  /** What can be recorded. */
  formats: readonly string[] = ['audio/webm;codecs=opus'];
  obstacle: 'insecure' | 'unsupported' | undefined;
  forbidden = false;
  /** The name of what asking for the microphone is rejected with. */
  refused: string | undefined;
  /** The recorder cannot begin. */
  broken = false;
  level = 0.5;
  /** What the recording decodes to; nothing can be decoded without it. */
  sound: { seconds: number; samples: Float32Array } | undefined;
  bytes = 'sound';
  microphone: Microphone | undefined;
  /** What was done to the microphone and the recorder, in order. */
  readonly done: string[] = [];

  readonly ports: VoicePorts = {
    clock: { elapsed: () => this.clock.elapsed() + this.slept, after: this.clock.after },
    obstacle: () => this.obstacle,
    isForbidden: () => this.forbidden,
    records: format => this.formats.includes(format),
    open: async () => {
      if (this.refused) throw Object.assign(new Error(this.refused), { name: this.refused });
      this.microphone = {
        onlost: null,
        oninterrupted: null,
        level: () => this.level,
        close: () => this.done.push('close'),
        record: (format, bitsPerSecond) => {
          if (this.broken) throw Object.assign(new Error('broken'), { name: 'NotSupportedError' });
          this.done.push(`record ${format} ${bitsPerSecond}`);
          return {
            pause: () => this.done.push('pause'),
            resume: () => this.done.push('resume'),
            stop: async () => {
              this.done.push('stop');
              return new Blob([this.bytes], { type: format });
            },
          };
        },
      };
      return this.microphone;
    },
    decode: async () => {
      if (!this.sound) throw new Error('It cannot be decoded.');
      return this.sound;
    },
  };
}
