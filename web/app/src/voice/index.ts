/**
 * Recording: a separate part, without the framework of the app, since the element loads it as a separate script. It is
 * loaded once a microphone is rendered, so that holding it starts recording at once.
 */

import {
  browserVoicePorts,
  LONGEST_MS,
  type Obstacle,
  Recording,
  type RecordingListener,
} from '@jobline/sdk/voice';

export type { Obstacle, Recorded, Recording } from '@jobline/sdk/voice';
export { askBeforeLeaving } from '../platform/leaving.ts';
export { onMicrophoneTaken } from '../platform/microphone.ts';
export { followHold, type HoldEnd, type Slide } from './hold.ts';
export { recorderWords } from './recorderWords.ts';

/** If opening the microphone takes longer than this, in milliseconds, the browser must have asked the reader. */
const ASKED_MS = 4000;

/** Whether the reader has allowed it on this page, so that they are not asked again, whatever the browser reports. */
let isAllowed = false;

export interface Begun {
  readonly begun: Recording | Obstacle;
  /** Whether the reader had to allow the microphone first, so that the finger is no longer on it. */
  readonly asked: boolean;
}

/** Asks for the microphone and begins. */
export async function begin(listener: RecordingListener): Promise<Begun> {
  const since = performance.now();
  const [permission, begun] = await Promise.all([
    permissionNow(),
    Recording.begin(browserVoicePorts(), listener),
  ]);
  const asked = (permission === 'prompt' && !isAllowed) || performance.now() - since > ASKED_MS;
  isAllowed ||= typeof begun !== 'string';
  return { begun, asked };
}

/** The state of the permission in the browser; `undefined` if it is unknown. */
function permissionNow(): Promise<PermissionState | undefined> {
  return Promise.resolve(navigator.permissions?.query({ name: 'microphone' as PermissionName })).then(
    status => status?.state,
    () => undefined,
  );
}

/** Whether a recording ended because it was as long as one can be, and not because the microphone went away. */
export const isFull = (recording: Recording) => recording.ms >= LONGEST_MS - 1000;

/** A short vibration, if the device and the browser allow it. */
export function buzz(): void {
  navigator.vibrate?.(15);
}
