import { expect, test, vi } from 'vitest';
import { Pictures } from '../src/platform/pictures.ts';
import { message } from './make.ts';

vi.stubGlobal('location', new URL('https://chat.example/'));

const photo = (url: string) =>
  message(1, {
    type: 'image',
    file: { name: 'wall.png', size: 1, contentType: 'image/png', expired: false, url },
  });

const FIRST = 'https://files.example/wall?answer=1';
const SECOND = 'https://files.example/wall?answer=2';

test('the first download URL of a picture is kept when later answers have others', () => {
  const pictures = new Pictures();
  expect(pictures.url(photo(FIRST))).toBe(FIRST);
  expect(pictures.url(photo(SECOND))).toBe(FIRST);
});

test('a URL is used again only if it is not known to be broken', () => {
  const pictures = new Pictures();
  pictures.url(photo(FIRST));
  pictures.failed(photo(FIRST));
  expect(pictures.url(photo(FIRST), FIRST)).toBeUndefined();
  expect(pictures.url(photo(FIRST))).toBe(FIRST);
});

test('the URL of the next answer replaces a kept one that is broken', () => {
  const pictures = new Pictures();
  pictures.url(photo(FIRST));
  expect(pictures.url(photo(SECOND), FIRST)).toBe(SECOND);
  expect(pictures.url(photo(FIRST))).toBe(SECOND);
});
