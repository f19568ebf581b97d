/** Recording a voice message without a browser: the test moves the clock and feeds the microphone. */

import { expect, test } from 'vitest';
import { formatOf, heights, LONGEST_MS, type Obstacle, Recording, waveformOf } from '../src/voice/index.ts';
import { VoiceWorld } from '../testing/voice.ts';
import { chunksOf, gzipped } from './chunks.ts';

const AAC = 'audio/mp4;codecs=mp4a.40.2';
const OPUS = 'audio/webm;codecs=opus';

/** Begins to record, and counts the notifications about it. */
async function begun(world: VoiceWorld) {
  const told = { changed: 0, ended: 0 };
  const recording = await Recording.begin(world.ports, {
    changed: () => (told.changed += 1),
    ended: () => (told.ended += 1),
  });
  if (typeof recording === 'string') throw new Error(recording);
  return { recording, told };
}

test('AAC in MP4 is recorded where the browser has it, else Opus in WebM, else nothing', async () => {
  expect(formatOf(() => true)).toBe(AAC);
  expect(formatOf(format => format === OPUS)).toBe(OPUS);
  // A browser that records some kind of MP4 may not support the codec.
  expect(formatOf(format => format === 'audio/mp4')).toBeUndefined();
  const world = new VoiceWorld();
  world.formats = [OPUS, AAC];
  await begun(world);
  expect(world.done).toEqual([`record ${AAC} 32000`]);
});

test('the duration excludes pauses, and nothing is recorded in them', async () => {
  const world = new VoiceWorld();
  const { recording, told } = await begun(world);
  await world.clock.advance(1000);
  expect([recording.ms, recording.level, told.changed]).toEqual([1000, 0.5, 20]);
  recording.pause();
  recording.pause();
  await world.clock.advance(5000);
  expect([recording.ms, recording.level, recording.isPaused]).toEqual([1000, 0, true]);
  recording.resume();
  await world.clock.advance(500);
  const recorded = await recording.stop();
  expect(recorded?.voice.durationMs).toBe(1500);
  expect(recorded?.blob.type).toBe('audio/webm');
  expect(world.done.slice(1)).toEqual(['pause', 'resume', 'stop', 'close']);
});

test('duration and waveform come from the decoded audio', async () => {
  const world = new VoiceWorld();
  const { recording } = await begun(world);
  await world.clock.advance(2000);
  const samples = new Float32Array(6400);
  samples[6399] = 0.25;
  world.sound = { seconds: 1.92, samples };
  const recorded = await recording.stop();
  expect(recorded?.voice).toEqual({ durationMs: 1920, waveform: `${'0'.repeat(63)}v` });
});

test('audio that cannot be decoded has the measured duration and a flat waveform', async () => {
  const world = new VoiceWorld();
  const { recording } = await begun(world);
  await world.clock.advance(700);
  expect((await recording.stop())?.voice).toEqual({ durationMs: 700, waveform: '8'.repeat(64) });
});

test('a recording ends by itself just before five minutes, and is kept', async () => {
  const world = new VoiceWorld();
  const { recording, told } = await begun(world);
  world.slept = LONGEST_MS - 1000;
  await world.clock.advance(400);
  expect(told.ended).toBe(0);
  await world.clock.advance(10_000);
  expect(told.ended).toBe(1);
  world.sound = { seconds: LONGEST_MS / 1000 + 3, samples: new Float32Array(64) };
  expect((await recording.stop())?.voice.durationMs).toBe(LONGEST_MS);
});

test('a phone call pauses the recording, and losing the microphone ends it', async () => {
  const world = new VoiceWorld();
  const { recording, told } = await begun(world);
  await world.clock.advance(1000);
  world.microphone?.oninterrupted?.();
  expect(recording.isPaused).toBe(true);
  recording.resume();
  await world.clock.advance(1000);
  world.microphone?.onlost?.();
  expect(told.ended).toBe(1);
  expect((await recording.stop())?.voice.durationMs).toBe(2000);
  // Later events of the microphone change nothing.
  world.microphone?.onlost?.();
  recording.pause();
  expect(told.ended).toBe(1);
  expect(world.done.slice(1)).toEqual(['pause', 'resume', 'stop', 'close']);
});

test('discarding releases the microphone once, and leaves nothing', async () => {
  const world = new VoiceWorld();
  const { recording, told } = await begun(world);
  recording.discard();
  recording.discard();
  await world.clock.advance(1000);
  expect(await recording.stop()).toBeUndefined();
  expect(told).toEqual({ changed: 0, ended: 0 });
  expect(world.done.slice(1)).toEqual(['stop', 'close']);
});

test('a recording without any bytes is discarded', async () => {
  const world = new VoiceWorld();
  world.bytes = '';
  const { recording } = await begun(world);
  expect(await recording.stop()).toBeUndefined();
});

test('every reason why recording cannot start has a code', async () => {
  const obstacle = async (change: (world: VoiceWorld) => void) => {
    const world = new VoiceWorld();
    change(world);
    const answer = await Recording.begin(world.ports, { changed: () => undefined, ended: () => undefined });
    return { answer, done: world.done };
  };
  const named: Record<string, Obstacle> = {
    NotAllowedError: 'refused',
    NotFoundError: 'noDevice',
    OverconstrainedError: 'noDevice',
    NotReadableError: 'inUse',
    AbortError: 'inUse',
    TypeError: 'unsupported',
  };
  for (const [refused, answer] of Object.entries(named))
    expect(await obstacle(world => Object.assign(world, { refused }))).toEqual({ answer, done: [] });
  const framed = { refused: 'NotAllowedError', forbidden: true };
  expect((await obstacle(world => Object.assign(world, framed))).answer).toBe('framed');
  expect((await obstacle(world => Object.assign(world, { obstacle: 'insecure' }))).answer).toBe('insecure');
  expect((await obstacle(world => Object.assign(world, { formats: [] }))).answer).toBe('unsupported');
  // The microphone is released if the recorder cannot start.
  expect(await obstacle(world => Object.assign(world, { broken: true }))).toEqual({
    answer: 'unsupported',
    done: ['close'],
  });
});

test('a waveform has 64 steps, and the loudest is the highest', () => {
  const samples = new Float32Array(6400);
  samples[3250] = -0.25;
  samples[10] = 0.125;
  const waveform = waveformOf(samples);
  expect(waveform).toMatch(/^[0-9a-v]{64}$/);
  expect([waveform[0], waveform[32], waveform[33]]).toEqual(['g', 'v', '0']);
  expect(heights(waveform)[32]).toBe(1);
});

test('the waveform of silence, and of no samples, is flat', () => {
  expect(waveformOf(new Float32Array(6400))).toBe('0'.repeat(64));
  expect(waveformOf(new Float32Array(0))).toBe('0'.repeat(64));
  expect(heights('?')).toEqual([0]);
});

test('the chunk for recording is at most 8 KB gzipped, and needs nothing of the client', async () => {
  const chunks = await chunksOf('voice/index.ts');
  const [chunk] = chunks;
  if (chunks.length !== 1 || !chunk) throw new Error('It is one script.');
  const size = gzipped(chunk.code);
  console.log(`voice: ${size} gzipped.`);
  expect(size).toBeLessThanOrEqual(8 * 1024);
  const modules = Object.keys(chunk.modules).map(path => path.replace(/.*\/src\//, ''));
  expect(modules.filter(path => !path.startsWith('voice/'))).toEqual(['obstacle.ts']);
});
