/** Recording voice messages, without any view layer: a separate part beside the client. */

export type { Obstacle } from '../obstacle.ts';
export type { Voice } from '../state.ts';
export { browserVoicePorts } from './browser.ts';
export type { Microphone, Sound, SoundRecorder, VoicePorts } from './ports.ts';
export { formatOf, LONGEST_MS, type Recorded, Recording, type RecordingListener } from './recording.ts';
export { heights, waveformOf } from './waveform.ts';
