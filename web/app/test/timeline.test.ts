import { describe, expect, test } from 'vitest';
import { type Row, rows } from '../src/models/timeline.ts';
import { message } from './make.ts';

const at = (day: number, hour: number, minute = 0) => new Date(2026, 10, day, hour, minute).getTime();
const shape = (all: readonly Row[]) =>
  all
    .map(row =>
      row.kind === 'message' ? `${row.first ? '[' : ''}${row.key}${row.last ? ']' : ''}` : row.kind,
    )
    .join(' ');

describe('rows', () => {
  test('hang together by person and by time', () => {
    const messages = [
      message(1, { at: at(14, 10, 0) }),
      message(2, { at: at(14, 10, 1) }),
      message(3, { at: at(14, 10, 2), mine: true }),
      message(4, { at: at(14, 10, 30), mine: true }),
    ];
    expect(shape(rows(messages, 0, 4))).toBe('day [m1 m2] [m3] [m4]');
  });

  test('begin with the day, and say each new one', () => {
    const messages = [message(1, { at: at(13, 23, 59) }), message(2, { at: at(14, 0, 1) })];
    expect(shape(rows(messages, 0, 2))).toBe('day [m1] day [m2]');
  });

  test('have the line of new messages before the first of them, and no group across it', () => {
    const messages = [message(1), message(2), message(3)];
    expect(shape(rows(messages, 0, 3, 'm2'))).toBe('day [m1] unread [m2 m3]');
  });

  test('look the same wherever the part in the page begins', () => {
    const messages = Array.from({ length: 9 }, (_, n) => message(n + 1));
    const part = rows(messages, 4, 7);
    expect(shape(part)).toBe('m5 m6 m7');
    expect(shape(rows(messages, 0, 9))).toContain(shape(part));
  });

  test('tell the status where it changes within a group', () => {
    const mine = (n: number, is: 'read' | 'sent') => message(n, { mine: true, state: { is } });
    const metas = rows([mine(1, 'read'), mine(2, 'read'), mine(3, 'sent'), mine(4, 'sent')], 0, 4).flatMap(
      row => (row.kind === 'message' ? row.meta : []),
    );
    expect(metas).toEqual([false, true, false, true]);
  });

  test('tell a failure at the message that failed', () => {
    const failed = { is: 'failed', problem: { code: 'job_closed', detail: '' } } as const;
    const all = rows(
      [message(1, { mine: true, state: failed }), message(2, { mine: true, state: failed })],
      0,
      2,
    );
    expect(all.filter(row => row.kind === 'message' && row.meta)).toHaveLength(2);
  });
});
