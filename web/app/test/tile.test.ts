import { expect, test } from 'vitest';
import { isTiny, tileSize } from '../src/models/tile.ts';

test('a photo’s tile has its aspect ratio', () => {
  expect(tileSize({ width: 1600, height: 1200 })).toEqual({ width: 300, ratio: 1.333 });
  expect(tileSize({ width: 900, height: 1600 })).toEqual({ width: 203, ratio: 0.563 });
});
test('a very wide or very high photo is cropped, so that it can be tapped', () => {
  expect(tileSize({ width: 9_000, height: 300 }).ratio).toBe(2.4);
  expect(tileSize({ width: 100, height: 5_000 })).toEqual({ width: 180, ratio: 0.5 });
});
test('a photo of unknown size gets the most common aspect ratio', () =>
  expect(tileSize(undefined).ratio).toBe(1.333));

test('a tiny picture is not enlarged, and its tile is large enough to be tapped', () => {
  expect(tileSize({ width: 120, height: 90 })).toEqual({ width: 120, ratio: 1.333 });
  expect(tileSize({ width: 16, height: 16 })).toEqual({ width: 44, ratio: 1 });
  expect(isTiny({ width: 16, height: 16 })).toBe(true);
  expect(isTiny({ width: 800, height: 600 })).toBe(false);
});
