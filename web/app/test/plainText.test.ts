import { describe, expect, test } from 'vitest';
import { initials, personName, plain, TONES, tone } from '../src/models/plainText.ts';

describe('names', () => {
  test('lose bidirectional control characters', () => {
    expect(plain('Anna\u202egnp.exe\u202c')).toBe('Annagnp.exe');
    expect(plain('\u2067abc\u2069 \u200fdef')).toBe('abc def');
  });

  test('stay on one line, however they were written', () => {
    expect(plain('Anna\n\n  Smith\u2028\u0007 ')).toBe('Anna Smith');
  });

  test('keep the joiners that Persian and emoji need', () => {
    expect(plain('می\u200cخواهم 👩\u200d🔧')).toBe('می\u200cخواهم 👩\u200d🔧');
  });

  test('that are invisible, or only an id, count as no name', () => {
    expect(personName('\u200b\u202e ', 'user-7')).toBe('');
    expect(personName('user-7', 'user-7')).toBe('');
    expect(personName(undefined, '')).toBe('');
  });

  test('with markup in them are plain text', () => {
    expect(personName('<img src=x onerror=alert(1)>', 'x')).toBe('<img src=x onerror=alert(1)>');
  });
});

describe('initials', () => {
  test.each([
    ['John Smith', 'JS'],
    ['Mike', 'M'],
    ['maría de la o', 'MO'],
    ['محمد علي', 'مع'],
    ['🙂 Anna', 'A'],
    ['<script>', 'S'],
    ['—', '#'],
  ])('of %s are %s', (name, letters) => expect(initials(name)).toBe(letters));
});

test('an avatar keeps its colour, and there are enough for eight people', () => {
  expect(tone('john')).toBe(tone('john'));
  const all = new Set(Array.from({ length: 200 }, (_, number) => tone(`user-${number}`)));
  expect(all.size).toBe(TONES);
});
