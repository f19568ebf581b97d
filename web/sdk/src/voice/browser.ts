/** The ports of recording, implemented by a browser. */

import type { Microphone, SoundRecorder, VoicePorts } from './ports.ts';
import { loudest } from './waveform.ts';

/** Samples a second for decoding duration and waveform: enough for both, with little memory. */
const DECODED_HZ = 8000;

/** The browser's own ports. */
export function browserVoicePorts(): VoicePorts {
  return {
    clock: {
      elapsed: () => performance.now(),
      after(ms, then) {
        const timer = setTimeout(then, ms);
        return () => clearTimeout(timer);
      },
    },
    obstacle() {
      if (!isSecureContext) return 'insecure';
      return globalThis.MediaRecorder && navigator.mediaDevices ? undefined : 'unsupported';
    },
    isForbidden() {
      const policy = (document as { featurePolicy?: { allowsFeature(name: string): boolean } }).featurePolicy;
      return policy?.allowsFeature('microphone') === false;
    },
    records: format => MediaRecorder.isTypeSupported(format),
    async open() {
      const audio = { channelCount: 1, echoCancellation: true, noiseSuppression: true };
      return microphoneOf(await navigator.mediaDevices.getUserMedia({ audio }));
    },
    async decode(recorded) {
      const context = new OfflineAudioContext(1, 1, DECODED_HZ);
      const sound = await context.decodeAudioData(await recorded.arrayBuffer());
      return { seconds: sound.duration, samples: sound.getChannelData(0) };
    },
  };
}

function microphoneOf(stream: MediaStream): Microphone {
  const context = new AudioContext();
  const analyser = context.createAnalyser();
  const samples = new Float32Array(analyser.fftSize);
  context.createMediaStreamSource(stream).connect(analyser);
  // Before a user gesture the context is suspended; while a microphone is open it may run.
  context.resume().catch(() => undefined);
  const microphone: Microphone = {
    onlost: null,
    oninterrupted: null,
    level() {
      analyser.getFloatTimeDomainData(samples);
      return Math.min(1, 2 * loudest(samples));
    },
    record: (format, bitsPerSecond) => recorderOf(stream, format, bitsPerSecond),
    close() {
      for (const track of stream.getTracks()) track.stop();
      context.close().catch(() => undefined);
    },
  };
  for (const track of stream.getTracks()) {
    track.onended = () => microphone.onlost?.();
    track.onmute = () => microphone.oninterrupted?.();
  }
  return microphone;
}

function recorderOf(stream: MediaStream, format: string, bitsPerSecond: number): SoundRecorder {
  const recorder = new MediaRecorder(stream, { mimeType: format, audioBitsPerSecond: bitsPerSecond });
  const parts: Blob[] = [];
  recorder.ondataavailable = ({ data }) => parts.push(data);
  // It also stops by itself if the microphone is lost.
  const stopped = new Promise<void>(resolve => {
    recorder.onstop = () => resolve();
  });
  // In one piece, because sliced recordings have no duration.
  recorder.start();
  return {
    pause: () => recorder.state === 'recording' && recorder.pause(),
    resume: () => recorder.state === 'paused' && recorder.resume(),
    async stop() {
      if (recorder.state !== 'inactive') recorder.stop();
      await stopped;
      return new Blob(parts, { type: recorder.mimeType });
    },
  };
}
