import { describe, expect, test } from 'vitest';
import { dayNumber } from '../src/models/time.ts';
import { albums, type Row, rows } from '../src/models/timeline.ts';
import { message } from './make.ts';

const at = (day: number, hour: number, minute = 0) => new Date(2026, 10, day, hour, minute).getTime();
const shape = (all: readonly Row[]) =>
  all
    .map(row =>
      row.kind === 'message' ? `${row.first ? '[' : ''}${row.key}${row.last ? ']' : ''}` : row.kind,
    )
    .join(' ');

describe('rows', () => {
  test('are grouped by sender and time', () => {
    const messages = [
      message(1, { at: at(14, 10, 0) }),
      message(2, { at: at(14, 10, 1) }),
      message(3, { at: at(14, 10, 2), mine: true }),
      message(4, { at: at(14, 10, 30), mine: true }),
    ];
    expect(shape(rows(messages, 0, 4))).toBe('day [m1 m2] [m3] [m4]');
  });

  test('begin with the day, and each new day has a label', () => {
    const messages = [message(1, { at: at(13, 23, 59) }), message(2, { at: at(14, 0, 1) })];
    expect(shape(rows(messages, 0, 2))).toBe('day [m1] day [m2]');
  });

  test('have the unread line before the first unread message, and no group across it', () => {
    const messages = [message(1), message(2), message(3)];
    expect(shape(rows(messages, 0, 3, 'm2'))).toBe('day [m1] unread [m2 m3]');
  });

  test('look the same wherever the window begins', () => {
    const messages = Array.from({ length: 9 }, (_, n) => message(n + 1));
    const part = rows(messages, 4, 7);
    expect(shape(part)).toBe('m5 m6 m7');
    expect(shape(rows(messages, 0, 9))).toContain(shape(part));
  });

  test('show the status where it changes within a group', () => {
    const mine = (n: number, is: 'read' | 'sent') => message(n, { mine: true, state: { is } });
    const metas = rows([mine(1, 'read'), mine(2, 'read'), mine(3, 'sent'), mine(4, 'sent')], 0, 4).flatMap(
      row => (row.kind === 'message' ? row.meta : []),
    );
    expect(metas).toEqual([false, true, false, true]);
  });

  test('show a failure at the message that failed', () => {
    const failed = { is: 'failed', problem: { code: 'job_closed', detail: '' } } as const;
    const all = rows(
      [message(1, { mine: true, state: failed }), message(2, { mine: true, state: failed })],
      0,
      2,
    );
    expect(all.filter(row => row.kind === 'message' && row.meta)).toHaveLength(2);
  });
});

const photo = (number: number, changes = {}) =>
  message(number, {
    text: '',
    type: 'image',
    file: { name: 'wall.jpg', size: 1, contentType: 'image/jpeg', expired: false },
    ...changes,
  });
const cells = (all: readonly Row[]) => all.flatMap(row => (row.kind === 'message' ? (row.cell ?? '-') : []));

describe('days', () => {
  test('appear once: a pending message of a clock that is behind is under the last day', () => {
    const messages = [
      message(1, { at: at(13, 9) }),
      message(2, { at: at(14, 9) }),
      message(3, { at: at(13, 8), mine: true, state: { is: 'queued' } }),
      message(4, { at: at(14, 10) }),
    ];
    expect(shape(rows(messages, 0, 4, undefined, dayNumber(at(14, 12))))).toBe('day [m1] day [m2] [m3] [m4]');
  });

  test('are never in the future: there is one "Today"', () => {
    const messages = [message(1, { at: at(14, 9) }), message(2, { at: at(15, 1), mine: true })];
    expect(shape(rows(messages, 0, 2, undefined, dayNumber(at(14, 12))))).toBe('day [m1] [m2]');
    expect(shape(rows(messages, 0, 2, undefined, dayNumber(at(15, 2))))).toBe('day [m1] day [m2]');
  });
});

describe('photos that were sent together', () => {
  test('form one grid; of an odd number the first is wide', () => {
    expect(cells(rows([photo(1), photo(2), photo(3), message(4)], 0, 4))).toEqual([
      'wide',
      'half',
      'half',
      '-',
    ]);
    expect(cells(rows([photo(1), photo(2)], 0, 2))).toEqual(['half', 'half']);
    expect(cells(rows([photo(1)], 0, 1))).toEqual(['-']);
  });

  test('have the text of the last one below', () => {
    const all = rows([photo(1), photo(2), photo(3, { text: 'All walls' })], 0, 3);
    expect(cells(all)).toEqual(['half', 'half', 'wide']);
    expect(cells(rows([photo(1, { text: 'Before' }), photo(2)], 0, 2))).toEqual(['-', '-']);
  });

  test('are not joined across a pause, another sender, a failure or the unread line', () => {
    const failed = { is: 'failed', problem: { code: 'job_closed', detail: '' } } as const;
    expect(cells(rows([photo(1), photo(2, { at: at(14, 23) })], 0, 2))).toEqual(['-', '-']);
    expect(cells(rows([photo(1), photo(2, { mine: true })], 0, 2))).toEqual(['-', '-']);
    expect(cells(rows([photo(1), photo(2, { state: failed })], 0, 2))).toEqual(['-', '-']);
    expect(cells(rows([photo(1), photo(2)], 0, 2, 'm2'))).toEqual(['-', '-']);
  });

  test('are in the window together, wherever it begins and ends', () => {
    const all = [photo(1), photo(2), photo(3), photo(4), message(5)];
    expect(shape(rows(all, 2, 3))).toBe(shape(rows(all, 0, 4)));
  });

  test('are drawn together, with the time once', () => {
    const drawn = albums(rows([message(1), photo(2), photo(3), message(4)], 0, 4));
    expect(drawn.map(row => ('length' in row ? row.length : 1))).toEqual([1, 1, 2, 1]);
    const metas = rows([photo(1), photo(2)], 0, 2).flatMap(row => (row.kind === 'message' ? row.meta : []));
    expect(metas).toEqual([false, true]);
  });
});

test('a message that waits for the rate limit has the number of those before it', () => {
  const waiting = { is: 'waiting', until: at(14, 12) } as const;
  const all = rows(
    [1, 2, 3].map(number => message(number, { mine: true, state: waiting })),
    0,
    3,
  );
  expect(all.flatMap(row => (row.kind === 'message' ? row.ahead : []))).toEqual([0, 1, 2]);
});
