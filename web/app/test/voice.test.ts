import { expect, test } from 'vitest';
import { releaseAfter, slideOf } from '../src/voice/hold.ts';
import { RECORDER_WORDS } from '../src/voice/recorderWords.ts';
import { VOICE_WORDS } from '../src/voice/words.ts';

test('sliding left cancels; in right-to-left languages sliding right does', () => {
  expect(slideOf(-44, 0, false)).toEqual({ cancel: 0.5, lock: 0 });
  expect(slideOf(44, 0, false)).toEqual({ cancel: 0, lock: 0 });
  expect(slideOf(44, 0, true)).toEqual({ cancel: 0.5, lock: 0 });
  expect(slideOf(-300, -20, false)).toEqual({ cancel: 1, lock: 0 });
});

test('sliding up locks, and the direction with the longer way counts', () => {
  expect(slideOf(0, -44, false)).toEqual({ cancel: 0, lock: 0.5 });
  expect(slideOf(-30, -300, true)).toEqual({ cancel: 0, lock: 1 });
  expect(slideOf(0, 300, false)).toEqual({ cancel: 0, lock: 0 });
});

test('a short touch without movement is a tap; any other is a release', () => {
  expect(releaseAfter(120, { cancel: 0, lock: 0 })).toBe('tapped');
  expect(releaseAfter(120, { cancel: 0.5, lock: 0 })).toBe('released');
  expect(releaseAfter(400, { cancel: 0, lock: 0 })).toBe('released');
});

for (const [name, all] of Object.entries({ VOICE_WORDS, RECORDER_WORDS }))
  test(`every language has every text: ${name}`, () => {
    const { en, ...others } = all;
    for (const words of Object.values(others)) {
      expect(Object.keys(words)).toEqual(Object.keys(en));
      for (const text of Object.values(words)) expect(text).toMatch(/\S/);
    }
  });
