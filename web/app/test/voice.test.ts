import { expect, test } from 'vitest';
import { heights, waveformOf } from '../src/voice/recording.ts';
import { VOICE_WORDS } from '../src/voice/words.ts';

test('a waveform has 64 steps, and its loudest is the highest', () => {
  const samples = new Float32Array(6400);
  samples[3250] = -0.25;
  samples[10] = 0.125;
  const waveform = waveformOf(samples);
  expect(waveform).toMatch(/^[0-9a-v]{64}$/);
  expect([waveform[0], waveform[32], waveform[33]]).toEqual(['g', 'v', '0']);
  expect(heights(waveform)[32]).toBe(1);
});

test('silence is flat, and so is nothing', () => {
  expect(waveformOf(new Float32Array(6400))).toBe('0'.repeat(64));
  expect(waveformOf(new Float32Array(0))).toBe('0'.repeat(64));
  expect(heights('?')).toEqual([0]);
});

test('every language says everything', () => {
  const { en, ...others } = VOICE_WORDS;
  for (const words of Object.values(others)) {
    expect(Object.keys(words)).toEqual(Object.keys(en));
    for (const text of Object.values(words)) expect(text).toMatch(/\S/);
  }
});
