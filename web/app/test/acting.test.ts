import { expect, test } from 'vitest';
import { actionsFor, lastToEdit, reactionOf } from '../src/models/acting.ts';
import { news } from '../src/models/announcing.ts';
import { rows } from '../src/models/timeline.ts';
import { message } from './make.ts';

const mine = { mine: true, state: { is: 'sent' } } as const;

test('own texts can be edited and deleted, those of others not', () => {
  expect(actionsFor(message(1), true)).toEqual(['reply', 'react', 'copy']);
  expect(actionsFor(message(1, mine), true)).toEqual(['reply', 'react', 'copy', 'edit', 'delete']);
  expect(actionsFor(message(1, mine), false)).toEqual(['react', 'copy', 'delete']);
});

test('a file has no text to edit, a message on its way can be copied alone, and of a deleted one nothing is left', () => {
  const file = { name: 'a.pdf', size: 1, contentType: 'application/pdf', expired: false };
  expect(actionsFor(message(1, { ...mine, text: '', type: 'file', file }), true)).toEqual([
    'reply',
    'react',
    'delete',
  ]);
  expect(actionsFor({ ...message(1, mine), id: undefined } as never, true)).toEqual(['copy']);
  expect(actionsFor(message(1, { ...mine, deleted: 'sender', text: '' }), true)).toEqual([]);
  expect(actionsFor(message(1, { type: 'event', host: true }), true)).toEqual([]);
});

test('Arrow up edits the last own message that can be edited', () => {
  const all = [message(1, mine), message(2, mine), message(3), message(4, { ...mine, deleted: 'sender' })];
  expect(lastToEdit(all)?.number).toBe(2);
  expect(lastToEdit([message(1)])).toBeUndefined();
});

test('the reaction of a reader is the one with their id', () => {
  const reactions = [
    { emoji: '👍', userIds: ['john'] },
    { emoji: '😂', userIds: ['you', 'jane'] },
  ];
  expect(reactionOf(message(1, { reactions }), 'you')).toBe('😂');
  expect(reactionOf(message(1, { reactions }), 'mike')).toBeUndefined();
  expect(reactionOf(message(1, { reactions }), undefined)).toBeUndefined();
});

test('what others write, edit, delete and react is told once; what was there before and what the reader does is not', () => {
  const first = news(undefined, [message(1), message(2, mine)], 'you');
  expect(first.what).toBeUndefined();
  const heard = (changes: Parameters<typeof message>[1], number = 1) =>
    news(
      first.now,
      number === 1
        ? [message(1, changes), message(2, mine)]
        : [message(1), message(2, { ...mine, ...changes })],
      'you',
    ).what;
  expect(heard({ text: 'changed', edited: true })).toMatchObject({
    is: 'edited',
    message: { text: 'changed' },
  });
  expect(heard({ deleted: 'sender', text: '' })?.is).toBe('deleted');
  expect(heard({ text: 'mine', edited: true }, 2)).toBeUndefined();
  expect(heard({ reactions: [{ emoji: '👍', userIds: ['you'] }] })).toBeUndefined();
  expect(heard({ reactions: [{ emoji: '👍', userIds: ['john'] }] }, 2)).toMatchObject({
    is: 'reacted',
    emoji: '👍',
  });
  const next = news(first.now, [message(1), message(2, mine), message(3)], 'you');
  expect(next.what).toMatchObject({ is: 'wrote', message: { number: 3 } });
  expect(news(next.now, [message(1), message(2, mine), message(3)], 'you').what?.is).not.toBe('wrote');
});

test('lines of the marketplace hang together with nothing', () => {
  const found = rows([message(1), message(2, { host: true }), message(3)], 0, 3);
  expect(found.flatMap(row => (row.kind === 'message' ? [[row.first, row.last]] : []))).toEqual([
    [true, true],
    [true, true],
    [true, true],
  ]);
});
