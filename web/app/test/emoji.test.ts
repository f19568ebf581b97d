import { describe, expect, test } from 'vitest';
import { found, groups, type Names } from '../src/emoji/emoji.ts';
import ar from '../src/emoji/generated/names/ar.json';
import en from '../src/emoji/generated/names/en.json';
import es from '../src/emoji/generated/names/es.json';
import { PICKER_WORDS } from '../src/emoji/words.ts';
import { QUICK } from '../src/models/acting.ts';

const all = (names: Names) => groups(names).flatMap(({ emoji }) => emoji);
const texts = (names: Names, search: string) => found(all(names), search).map(({ text }) => text);

describe.each(Object.entries({ en, es, ar }))('in %s', (lang, names: Names) => {
  test('every emoji has a name, and nothing else has one', () => {
    expect(Object.keys(names)).toEqual(all(names).map(({ text }) => text));
    for (const { name, text } of all(names)) expect(name, text).toMatch(/\S/);
  });

  test('every group has a title', () => {
    for (const { group } of groups(names))
      expect(PICKER_WORDS[lang as keyof typeof PICKER_WORDS][group], group).toMatch(/\S/);
  });
});

test('an emoji is found by its name and keywords in the user’s language', () => {
  expect(texts(en, 'thumbs up')).toEqual(['👍']);
  expect(texts(en, 'PARTY pop')).toContain('🎉');
  expect(texts(es, 'corazon rojo')).toContain('❤️');
  expect(texts(ar, 'قلب')).toContain('❤️');
  expect(texts(en, 'no such thing')).toEqual([]);
});

test('a pasted emoji finds itself', () => {
  expect(texts(es, '🎉')).toEqual(['🎉']);
});

test('people and hands have five skin tones, other emoji have none', () => {
  const of = (text: string) => all(en).find(one => one.text === text)?.coloured;
  expect(of('👍')).toEqual(['👍🏻', '👍🏼', '👍🏽', '👍🏾', '👍🏿']);
  expect(of('🎉')).toEqual([]);
});

test('the quick reactions are among the emoji', () => {
  const offered = new Set(all(en).map(({ text }) => text));
  expect(QUICK.filter(emoji => !offered.has(emoji))).toEqual([]);
});
