import { expect, test } from 'vitest';
import { filtered } from '../src/models/filter.ts';
import { conversation } from './make.ts';

const list = [
  conversation('John Smith', { job: { id: 42, title: 'Paint the living room', status: 'open' } }),
  conversation('José Núñez', { preview: { text: 'paint?', type: 'text', mine: false } }),
  conversation('أحمد'),
];
const names = (query: string) => filtered(list, query).map(item => item.person.name);

test('an empty query returns the same list', () => expect(filtered(list, '  ')).toBe(list));
test('a name is found by a part of it, ignoring case and accents', () => {
  expect(names('SMI')).toEqual(['John Smith']);
  expect(names('jose nunez')).toEqual(['José Núñez']);
  expect(names('أحم')).toEqual(['أحمد']);
});
test('a job is found by its title and by its number', () => {
  expect(names('living')).toEqual(['John Smith']);
  expect(names('#42')).toEqual(['John Smith']);
  expect(names('42 john')).toEqual(['John Smith']);
});
test('a crew is found by the names of its members, and by its job', () => {
  const crew = conversation('Repair the roof', {
    job: { id: 77, title: 'Repair the roof', status: 'open' },
    people: [
      { id: 'mike', name: 'Mike Worker' },
      { id: 'jane', name: 'Jane Doe' },
    ],
  });
  const found = (query: string) => filtered([...list, crew], query).map(item => item.person.name);
  expect(found('jane mike')).toEqual(['Repair the roof']);
  expect(found('roof')).toEqual(['Repair the roof']);
});
test('message text is never searched', () => expect(names('paint')).toEqual(['John Smith']));
test('every word of the query must match', () => expect(names('john 43')).toEqual([]));

test('case folding does not depend on the locale (dotted and dotless i)', () => {
  const people = [conversation('Ivan Ilic'), conversation('Işıl İnan'), conversation('IŞIL')];
  const found = (query: string) => filtered(people, query).map(item => item.person.name);
  expect(found('ivan')).toEqual(['Ivan Ilic']);
  expect(found('IVAN')).toEqual(['Ivan Ilic']);
  expect(found('isil')).toEqual(['Işıl İnan', 'IŞIL']);
  expect(found('ışıl')).toEqual(['Işıl İnan', 'IŞIL']);
});

test('5,000 conversations are filtered within one frame of a slow phone, once their names are cached', () => {
  const many = Array.from({ length: 5_000 }, (_, number) => conversation(`José Número ${number}`));
  filtered(many, 'x');
  const times = Array.from({ length: 5 }, () => {
    const began = performance.now();
    expect(filtered(many, 'jose 49').length).toBeGreaterThan(100);
    return performance.now() - began;
  });
  expect(Math.min(...times)).toBeLessThan(16);
});
