import { expect, test } from 'vitest';
import { actionsFor, lastToEdit, reactionOf } from '../src/models/acting.ts';
import { news } from '../src/models/announcing.ts';
import { rows } from '../src/models/timeline.ts';
import { message } from './make.ts';

const mine = { mine: true, state: { is: 'sent' } } as const;

test('the user can edit and delete their own texts, not those of others', () => {
  expect(actionsFor(message(1), true)).toEqual(['reply', 'react', 'copy']);
  expect(actionsFor(message(1, mine), true)).toEqual(['reply', 'react', 'copy', 'edit', 'delete']);
  expect(actionsFor(message(1, mine), false)).toEqual(['react', 'copy', 'delete']);
});

test('a file message cannot be edited, an unsent message can only be copied, a deleted message has no actions', () => {
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

test('Arrow Up edits the user’s last message that can still be edited', () => {
  const all = [message(1, mine), message(2, mine), message(3), message(4, { ...mine, deleted: 'sender' })];
  expect(lastToEdit(all)?.number).toBe(2);
  expect(lastToEdit([message(1)])).toBeUndefined();
});

test('the user’s own reaction is found by their id', () => {
  const reactions = [
    { emoji: '👍', userIds: ['john'] },
    { emoji: '😂', userIds: ['you', 'jane'] },
  ];
  expect(reactionOf(message(1, { reactions }), 'you')).toBe('😂');
  expect(reactionOf(message(1, { reactions }), 'mike')).toBeUndefined();
  expect(reactionOf(message(1, { reactions }), undefined)).toBeUndefined();
});

test('messages, edits, deletions and reactions of others are announced once; older ones and the user’s own are not', () => {
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

test('messages of the marketplace are not grouped with others', () => {
  const found = rows([message(1), message(2, { host: true }), message(3)], 0, 3);
  expect(found.flatMap(row => (row.kind === 'message' ? [[row.first, row.last]] : []))).toEqual([
    [true, true],
    [true, true],
    [true, true],
  ]);
});
