import { expect, test } from 'vitest';
import { moved, swiped, WHOLE, zoomed } from '../src/models/zoom.ts';

test('the point under the fingers stays under them', () => {
  const at = { x: 80, y: -40 };
  const zoom = zoomed(zoomed(WHOLE, 2, at), 3.5, at);
  const under = { x: (at.x - zoom.x) / zoom.scale, y: (at.y - zoom.y) / zoom.scale };
  expect(under.x).toBeCloseTo(80);
  expect(under.y).toBeCloseTo(-40);
});
test('a picture is never smaller than fully visible, and then it is centred', () => {
  expect(zoomed({ scale: 3, x: 50, y: 9 }, 0.2, { x: 1, y: 1 })).toEqual(WHOLE);
  expect(zoomed(WHOLE, 99, { x: 0, y: 0 }).scale).toBe(6);
});
test('it cannot be moved out of view', () => {
  const stage = { width: 400, height: 800 };
  expect(moved({ scale: 2, x: 0, y: 0 }, { x: 9_999, y: -9_999 }, stage)).toEqual({
    scale: 2,
    x: 200,
    y: -400,
  });
  expect(moved(WHOLE, { x: 50, y: 50 }, stage)).toEqual(WHOLE);
});
test('dragging down closes it, dragging sideways changes the photo, and a short drag does nothing', () => {
  expect(swiped({ x: 10, y: 200 })).toBe('close');
  expect(swiped({ x: 10, y: -200 })).toBeUndefined();
  expect(swiped({ x: 120, y: 20 })).toBe('before');
  expect(swiped({ x: -120, y: 20 })).toBe('after');
  expect(swiped({ x: 100, y: 100 })).toBeUndefined();
});
