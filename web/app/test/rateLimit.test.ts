import { expect, test } from 'vitest';
import { sendsAt } from '../src/models/rateLimit.ts';

test('waiting messages are shown six seconds apart at the default limit', () => {
  expect([0, 1, 2].map(turn => sendsAt(5_000, turn, 0))).toEqual([5_000, 11_000, 17_000]);
});

test('a lower limit of the server is derived from the pause that it asks for', () => {
  expect(sendsAt(30_000, 0, 0)).toBe(30_000);
  expect(sendsAt(30_000, 1, 10_000)).toBe(60_000);
  expect(sendsAt(3_000_000_000, 1, 0)).toBe(3_000_060_000);
});
