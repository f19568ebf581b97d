import { expect, test } from 'vitest';
import { matching, mentionAt, mentioned, mentionsIn } from '../src/models/mention.ts';

const PEOPLE = ['John Smith', 'Jane Doe', 'Mike Worker', 'Ángela Ñu'].map(name => ({ name }));
const names = (search: string) => matching(PEOPLE, search).map(({ name }) => name);

test('a mention begins with @ after a space or at the beginning, and ends at the caret', () => {
  expect(mentionAt('@', 1)).toEqual({ start: 0, end: 1, search: '' });
  expect(mentionAt('Hi @mi there', 6)).toEqual({ start: 3, end: 6, search: 'mi' });
  expect(mentionAt('Hi @John Sm', 11)?.search).toBe('John Sm');
  for (const [text, caret] of [
    ['me@example.com', 14],
    ['no mention', 5],
    ['@Mike\nnext line', 12],
    [`@${'a'.repeat(60)}`, 61],
    ['Hi @mi', 2],
  ] as const)
    expect(mentionAt(text, caret), text).toBeUndefined();
});

test('a name is found by the beginning of any of its words, ignoring case', () => {
  expect(names('')).toHaveLength(4);
  expect(names('j')).toEqual(['John Smith', 'Jane Doe']);
  expect(names('WORK')).toEqual(['Mike Worker']);
  expect(names('john sm')).toEqual(['John Smith']);
  expect(names('á')).toEqual(['Ángela Ñu']);
  expect(names('ohn')).toEqual([]);
});

test('the chosen name replaces the query, and the caret is after it', () => {
  const text = 'Hi @mi, thanks';
  const mention = mentionAt(text, 6);
  if (!mention) throw new Error('A mention is being written.');
  expect(mentioned(text, mention, 'Mike Worker')).toEqual({ text: 'Hi @Mike Worker , thanks', caret: 16 });
});

test('a mention is an @ followed by the longest name that matches whole words', () => {
  const all = ['Ann', 'Ann Lee', 'José (plumber)', ''];
  expect(mentionsIn('@Ann Lee, and @Ann: who?', all)).toEqual(['', '@Ann Lee', ', and ', '@Ann', ': who?']);
  expect(mentionsIn('ask @José (plumber)!', all)).toEqual(['ask ', '@José (plumber)', '!']);
  for (const text of ['@Anna', 'me@Ann', '@ann', 'an @ alone', ''])
    expect(mentionsIn(text, all)).toEqual([text]);
});
