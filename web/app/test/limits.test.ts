import { expect, test } from 'vitest';
import { CONTENT_LIMIT, charactersLeft, contentOf, FILE_LIMIT, lengthOf } from '../src/models/limits.ts';
import { refusal } from '../src/models/upload.ts';

test('characters are counted as on the server: code points, so an emoji may be several', () => {
  expect(lengthOf('añ👍')).toBe(3);
  expect(lengthOf('👩‍🔧')).toBe(3);
});
test('the remaining characters are shown only near the limit', () => {
  expect(charactersLeft('a'.repeat(1_799))).toBeUndefined();
  expect(charactersLeft('a'.repeat(1_800))).toBe(200);
  expect(charactersLeft('a'.repeat(2_003))).toBe(-3);
  expect(charactersLeft('👍'.repeat(1_000))).toBeUndefined();
  expect(charactersLeft('👍'.repeat(CONTENT_LIMIT))).toBe(0);
});
test('text is cleaned as on the server: line breaks and tabs stay, other control characters go', () => {
  expect(contentOf('  a\r\nb\rc\td\u0000\u001b[31m\u0085  ')).toBe('a\nb\nc\td[31m');
  expect(contentOf(' \n\t ')).toBe('');
});
test('a file that cannot be sent is refused with the reason before it is processed', () => {
  const file = (name: string, size: number, type = '') => ({
    name,
    size,
    type,
    arrayBuffer: async () => new ArrayBuffer(0),
  });
  expect(refusal(file('a.pdf', 0), false)).toBe('fileEmpty');
  expect(refusal(file('a.exe', 5), false)).toBe('fileKind');
  expect(refusal(file('page.html', 5, 'text/html'), false)).toBe('fileKind');
  expect(refusal(file('drawing.svg', 5, 'image/svg+xml'), false)).toBe('fileKind');
  expect(refusal(file('a.pdf', FILE_LIMIT + 1), false)).toBe('fileTooLarge');
  expect(refusal(file('a.pdf', FILE_LIMIT), false)).toBeUndefined();
  expect(refusal(file('large.jpg', 40_000_000, 'image/jpeg'), true)).toBeUndefined();
});
