import { expect, test } from 'vitest';
import { filtered } from '../src/models/filter.ts';
import { conversation } from './make.ts';

const list = [
  conversation('John Smith', { job: { id: 42, title: 'Paint the living room', status: 'open' } }),
  conversation('José Núñez', { preview: { text: 'paint?', type: 'text', mine: false } }),
  conversation('أحمد'),
];
const names = (query: string) => filtered(list, query).map(item => item.person.name);

test('nothing to look for is everything, in the same list', () => expect(filtered(list, '  ')).toBe(list));
test('a part of a name finds it, whatever its case and accents', () => {
  expect(names('SMI')).toEqual(['John Smith']);
  expect(names('jose nunez')).toEqual(['José Núñez']);
  expect(names('أحم')).toEqual(['أحمد']);
});
test('a job is found by its title and by its number', () => {
  expect(names('living')).toEqual(['John Smith']);
  expect(names('#42')).toEqual(['John Smith']);
  expect(names('42 john')).toEqual(['John Smith']);
});
test('what was written is never looked through', () => expect(names('paint')).toEqual(['John Smith']));
test('all words have to be found', () => expect(names('john 43')).toEqual([]));
