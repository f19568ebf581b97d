import { describe, expect, test } from 'vitest';
import {
  around,
  initialWindow,
  LATEST,
  MOST,
  newer,
  older,
  PAGE,
  slice,
  type Window,
} from '../src/models/window.ts';

const keys = (count: number, from = 0) => Array.from({ length: count }, (_, n) => `m${n + from}`);
const all = keys(10_000);
const count = (window: Window) => slice(window, all).to - slice(window, all).from;

describe('the window of messages in the page', () => {
  test('has the latest messages at first, however many there are', () => {
    expect(slice(LATEST, all)).toEqual({ from: 9_950, to: 10_000 });
    expect(slice(LATEST, keys(3))).toEqual({ from: 0, to: 3 });
  });

  test('follows new messages while it shows the latest', () => {
    expect(slice(LATEST, keys(61)).to).toBe(61);
  });

  test('grows upwards to its limit and then moves', () => {
    let window = LATEST;
    for (let page = 0; page < 20; page++) {
      const before = slice(window, all);
      window = older(window, all);
      expect(slice(window, all).from).toBe(before.from - PAGE);
      expect(count(window)).toBeLessThanOrEqual(MOST);
    }
    expect(window.end).toBeDefined();
  });

  test('moves down to the latest, page by page', () => {
    let window = LATEST;
    for (let page = 0; page < 10; page++) window = older(window, all);
    for (let page = 0; page < 10; page++) window = newer(window, all);
    expect(window.end).toBeUndefined();
    expect(slice(window, all).to).toBe(10_000);
  });

  test('ends at the first loaded message', () => {
    let window = LATEST;
    for (let page = 0; page < 300; page++) window = older(window, all);
    expect(slice(window, all).from).toBe(0);
    expect(older(window, all)).toBe(window);
  });

  test('stays in place while older messages are inserted before it and new ones arrive', () => {
    const window = older(older(older(older(LATEST, all), all), all), all);
    const more = [...keys(50).map(key => `old-${key}`), ...all, 'new'];
    const before = slice(window, all);
    expect(slice(window, more)).toEqual({ from: before.from + 50, to: before.to + 50 });
  });

  test('is a screen at first: the latest messages, or the unread ones with a few before them', () => {
    expect(slice(initialWindow(all, undefined, 20), all)).toEqual({ from: 9_980, to: 10_000 });
    expect(slice(initialWindow(all, 'gone', 20), all)).toEqual({ from: 9_980, to: 10_000 });
    expect(slice(initialWindow(all, 'm5000', 20), all)).toEqual({ from: 4_995, to: 5_020 });
    expect(slice(initialWindow(all, 'm9990', 20), all)).toEqual({ from: 9_980, to: 10_000 });
    expect(slice(initialWindow(all, 'm9970', 20), all)).toEqual({ from: 9_965, to: 9_990 });
    expect(slice(initialWindow(keys(3), 'm0', 20), keys(3))).toEqual({ from: 0, to: 3 });
  });

  test('has the first unread message well inside', () => {
    const { from, to } = slice(around(all, 'm5000'), all);
    expect(from).toBeLessThan(5_000 - 20);
    expect(to).toBeGreaterThan(5_000 + 20);
    expect(around(all, 'm9990')).toBe(LATEST);
    expect(around(all, 'gone')).toBe(LATEST);
  });

  test('shows the latest when its last message is gone', () => {
    expect(slice({ end: 'gone', size: 60 }, all).to).toBe(10_000);
  });

  test('of a short conversation grows with it', () => {
    expect(older(LATEST, keys(3)).size).toBeGreaterThanOrEqual(PAGE);
  });
});
