import { expect, test } from 'vitest';
import { rowByKey, rowsInSight, scrolledTo } from '../src/models/rowsInSight.ts';

const sight = (scrollTop: number) => ({ scrollTop, height: 800, rowHeight: 80 });

test('of 5,000 rows only the visible ones and a few around them are drawn', () => {
  expect(rowsInSight(sight(0), 5_000, -1)).toEqual(Array.from({ length: 18 }, (_, row) => row));
  const middle = rowsInSight(sight(80_000), 5_000, -1);
  expect([middle[0], middle.at(-1)]).toEqual([992, 1_017]);
  expect(rowsInSight(sight(400_000), 5_000, -1).at(-1)).toBe(4_999);
});

test('the focused row stays, wherever the list is scrolled to', () => {
  expect(rowsInSight(sight(80_000), 5_000, 3)[0]).toBe(3);
  expect(rowsInSight(sight(0), 5_000, 4_000).at(-1)).toBe(4_000);
  expect(rowsInSight(sight(0), 5_000, 5).length).toBe(18);
});

test('a list that became shorter than its scroll position is drawn from its end', () => {
  expect(rowsInSight(sight(80_000), 4, 2)).toEqual([2]);
  expect(rowsInSight(sight(0), 0, 0)).toEqual([]);
});

test('an invisible row is scrolled into view, by no more than needed', () => {
  expect(scrolledTo(sight(800), 5)).toBe(400);
  expect(scrolledTo(sight(800), 12)).toBe(800);
  expect(scrolledTo(sight(0), 10)).toBe(80);
});

test('arrow keys move from row to row and stop at the ends', () => {
  expect(rowByKey('ArrowDown', 4, 10, 5)).toBe(5);
  expect(rowByKey('ArrowUp', 0, 10, 5)).toBe(0);
  expect(rowByKey('PageDown', 7, 10, 5)).toBe(9);
  expect(rowByKey('Home', 7, 10, 5)).toBe(0);
  expect(rowByKey('End', 0, 10, 5)).toBe(9);
  expect(rowByKey('a', 4, 10, 5)).toBeUndefined();
});
