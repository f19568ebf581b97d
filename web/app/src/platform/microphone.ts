/** Who uses the microphone: a call takes it from a voice message that is being recorded. */

const TAKEN = 'jobline-microphone-taken';

/** A call is about to use the microphone. */
export function takeMicrophone(): void {
  dispatchEvent(new Event(TAKEN));
}

/** Calls `then` once a call uses the microphone, unless the returned function was called before. */
export function onMicrophoneTaken(then: () => void): () => void {
  addEventListener(TAKEN, then, { once: true });
  return () => removeEventListener(TAKEN, then);
}
