import { describe, expect, test } from 'vitest';
import { ago, dayName, dayNumber } from '../src/models/time.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const noon = new Date(2026, 10, 14, 12).getTime();

describe('how long ago', () => {
  test.each([
    [0, { unit: 'now' }],
    [59_999, { unit: 'now' }],
    [-5 * MINUTE, { unit: 'now' }],
    [2 * MINUTE, { unit: 'minutes', count: 2 }],
    [HOUR, { unit: 'hours', count: 1 }],
    [47 * HOUR, { unit: 'days', count: 1 }],
    [7 * DAY, { unit: 'date' }],
  ])('%d ms', (past, told) => expect(ago(noon - past, noon)).toEqual(told));
});

describe('days', () => {
  test('are the reader’s: midnight divides them, not 24 hours', () => {
    const late = new Date(2026, 10, 13, 23, 59).getTime();
    const early = new Date(2026, 10, 14, 0, 1).getTime();
    expect(dayNumber(early) - dayNumber(late)).toBe(1);
    expect(dayName(late, early)).toBe('yesterday');
  });

  test('are whole days across a change of the clocks', () => {
    for (let day = 1; day < 366; day++) {
      const one = new Date(2026, 0, day, 3).getTime();
      const next = new Date(2026, 0, day + 1, 0, 30).getTime();
      expect(dayNumber(next) - dayNumber(one)).toBe(1);
    }
  });

  test.each([
    [0, 'today'],
    [1, 'yesterday'],
    [2, 'weekday'],
    [6, 'weekday'],
    [7, 'date'],
    [400, 'dateAndYear'],
  ])('%d days ago is named as %s', (days, name) => {
    expect(dayName(new Date(2026, 10, 14 - Number(days), 12).getTime(), noon)).toBe(name);
  });

  test('of a clock that runs ahead are today', () => expect(dayName(noon + 3 * DAY, noon)).toBe('today'));
});
