/** What voice messages need, in one script that is loaded when there is one, or when one may be recorded. */

export { VoiceCard } from './Player.tsx';
export { Recorder } from './Recorder.tsx';
