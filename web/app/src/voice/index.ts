/**
 * Recording: a part of its own, without the framework of the app, since the element loads it as a script of its own. It comes
 * once a microphone is drawn, so that a finger that is held on it waits for nothing.
 */

import { browserVoicePorts, type Obstacle, Recording, type RecordingListener } from '@jobline/sdk/voice';

export type { Obstacle, Recorded, Recording } from '@jobline/sdk/voice';
export { askBeforeLeaving } from '../platform/leaving.ts';
export { onMicrophoneTaken } from '../platform/microphone.ts';
export { followHold, type HoldEnd, type Slide } from './hold.ts';
export { recorderWords } from './recorderWords.ts';

/** What takes longer than this was asked about, in milliseconds: no microphone is so slow. */
const ASKED_MS = 4000;

/** The reader has allowed it on this page: they are not asked again, whatever the browser says. */
let isAllowed = false;

export interface Begun {
  readonly begun: Recording | Obstacle;
  /** The reader had to allow the microphone first: a finger that was on it cannot be there any more. */
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

/** What the browser says of the permission; `undefined` where it does not know. */
function permissionNow(): Promise<PermissionState | undefined> {
  return Promise.resolve(navigator.permissions?.query({ name: 'microphone' as PermissionName })).then(
    status => status?.state,
    () => undefined,
  );
}

/** A short vibration, where the device can and the browser lets it. */
export function buzz(): void {
  navigator.vibrate?.(15);
}
