import { expect, test } from 'vitest';
import { fragmentOf, innerNavigation, routeOf } from '../src/platform/navigation.ts';

test('every view has an address that leads back to it', () => {
  const places = [
    {},
    { chat: 'conv_john_you' },
    { chat: 'conv_a~5f/b_c', photo: 'k/ey?#' },
    { chat: { with: 'user|1@x' } },
    { chat: { with: 'anna', job: 42 } },
  ];
  for (const route of places) expect(routeOf(fragmentOf(route))).toEqual(route);
});
test('an unknown address leads to the list', () => {
  for (const fragment of ['', '#', '#/x', '#/c', '#/with', '#/c/%E0%A4%A', '#token=abc'])
    expect(routeOf(fragment)).toEqual({});
  expect(routeOf('#/with/anna/no')).toEqual({ chat: { with: 'anna' } });
});
test('Back closes what was opened last', () => {
  const navigation = innerNavigation();
  let changes = 0;
  navigation.subscribe(() => changes++);
  navigation.open('conv_a_b');
  navigation.show('m1');
  navigation.show('m2');
  expect(navigation.get()).toEqual({ chat: 'conv_a_b', photo: 'm2' });
  navigation.back();
  expect(navigation.get()).toEqual({ chat: 'conv_a_b' });
  navigation.back();
  expect(navigation.get()).toEqual({});
  expect(changes).toBe(5);
});
test('a chat that the page chose cannot be left', () => {
  const navigation = innerNavigation({ with: 'anna' });
  navigation.back();
  expect(navigation.get()).toEqual({ chat: { with: 'anna' } });
});
