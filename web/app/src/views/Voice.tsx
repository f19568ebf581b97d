/** The views of voice messages: one script, loaded when there is a voice message, or when one may be recorded. */

export { VoiceCard } from './Player.tsx';
export { Recorder } from './Recorder.tsx';
