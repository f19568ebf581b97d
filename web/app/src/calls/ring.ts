/** The tone and the vibration of a ringing call, and the tone while calling. */

/** Two notes, and silence, in seconds. */
const NOTES = [
  { at: 0, hertz: 660 },
  { at: 0.25, hertz: 880 },
];
const NOTE_S = 0.2;
const EVERY_MS = 2000;

/**
 * Rings until the returned function is called: in only one tab, and only after a user gesture on the page, as browsers
 * require.
 */
export function ring(callId: string, vibrates: boolean): () => void {
  const stop = new AbortController();
  const rings = () =>
    new Promise<void>(resolve => {
      const silence = sound(vibrates);
      stop.signal.addEventListener('abort', () => {
        silence();
        resolve();
      });
    });
  if (!navigator.userActivation?.hasBeenActive) return () => undefined;
  if (navigator.locks)
    navigator.locks.request(`jobline-ring:${callId}`, { signal: stop.signal }, rings).catch(() => undefined);
  else void rings();
  return () => stop.abort();
}

function sound(vibrates: boolean): () => void {
  const context = new AudioContext();
  const play = () => {
    for (const { at, hertz } of NOTES) note(context, hertz, context.currentTime + at);
    if (vibrates) navigator.vibrate?.([200, 100, 200]);
  };
  play();
  const timer = setInterval(play, EVERY_MS);
  return () => {
    clearInterval(timer);
    if (vibrates) navigator.vibrate?.(0);
    context.close().catch(() => undefined);
  };
}

function note(context: AudioContext, hertz: number, at: number): void {
  const [tone, volume] = [context.createOscillator(), context.createGain()];
  tone.frequency.value = hertz;
  volume.gain.setValueAtTime(0, at);
  volume.gain.linearRampToValueAtTime(0.12, at + 0.02);
  volume.gain.linearRampToValueAtTime(0, at + NOTE_S);
  tone.connect(volume).connect(context.destination);
  tone.start(at);
  tone.stop(at + NOTE_S);
}
