import { expect, test } from 'vitest';
import { releaseAfter, slideOf } from '../src/voice/hold.ts';
import { RECORDER_WORDS } from '../src/voice/recorderWords.ts';
import { VOICE_WORDS } from '../src/voice/words.ts';

test('a finger cancels to the left, and to the right where one reads from right to left', () => {
  expect(slideOf(-44, 0, false)).toEqual({ cancel: 0.5, lock: 0 });
  expect(slideOf(44, 0, false)).toEqual({ cancel: 0, lock: 0 });
  expect(slideOf(44, 0, true)).toEqual({ cancel: 0.5, lock: 0 });
  expect(slideOf(-300, -20, false)).toEqual({ cancel: 1, lock: 0 });
});

test('a finger locks upwards, and what it moves more in counts', () => {
  expect(slideOf(0, -44, false)).toEqual({ cancel: 0, lock: 0.5 });
  expect(slideOf(-30, -300, true)).toEqual({ cancel: 0, lock: 1 });
  expect(slideOf(0, 300, false)).toEqual({ cancel: 0, lock: 0 });
});

test('a finger that is up at once, and did not move, has tapped; any other is let go', () => {
  expect(releaseAfter(120, { cancel: 0, lock: 0 })).toBe('tapped');
  expect(releaseAfter(120, { cancel: 0.5, lock: 0 })).toBe('released');
  expect(releaseAfter(400, { cancel: 0, lock: 0 })).toBe('released');
});

for (const [name, all] of Object.entries({ VOICE_WORDS, RECORDER_WORDS }))
  test(`every language says everything: ${name}`, () => {
    const { en, ...others } = all;
    for (const words of Object.values(others)) {
      expect(Object.keys(words)).toEqual(Object.keys(en));
      for (const text of Object.values(words)) expect(text).toMatch(/\S/);
    }
  });
