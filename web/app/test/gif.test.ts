import { expect, test } from 'vitest';
import { strippedGif } from '../src/media/gif.ts';

const text = (words: string) => [...words].map(character => character.charCodeAt(0));
const HEAD = [...text('GIF89a'), 1, 0, 1, 0, 0x80, 0, 0, 1, 2, 3, 4, 5, 6];
const LOOP = [0x21, 0xff, 11, ...text('NETSCAPE2.0'), 3, 1, 0, 0, 0];
const XMP = [0x21, 0xff, 11, ...text('XMP DataXMP'), 5, ...text('41.4N'), 0];
const COMMENT = [0x21, 0xfe, 6, ...text('Madrid'), 0];
const DELAY = [0x21, 0xf9, 4, 0, 10, 0, 0, 0];
const FRAME = [0x2c, 0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 2, 0x44, 1, 0];
const END = [0x3b];
const strip = (bytes: number[]) => strippedGif(new Uint8Array(bytes)).flatMap(part => [...part]);

test('a GIF loses comments and metadata, and keeps every frame, pause and repetition', () => {
  const clean = [...HEAD, ...LOOP, ...DELAY, ...FRAME, ...DELAY, ...FRAME, ...END];
  const told = [
    ...HEAD,
    ...LOOP,
    ...XMP,
    ...COMMENT,
    ...DELAY,
    ...FRAME,
    ...COMMENT,
    ...DELAY,
    ...FRAME,
    ...END,
  ];
  expect(strip(told)).toEqual(clean);
  expect(strip(clean)).toEqual(clean);
});

test('a damaged GIF, or a file that is not a GIF, is left unchanged', () => {
  for (const bytes of [
    [],
    text('PNG'),
    HEAD.slice(0, 9),
    [...HEAD, 0x21, 0xfe, 200, 1],
    [...HEAD, 9, 9, 9],
  ]) {
    expect(strip(bytes).length).toBeGreaterThanOrEqual(Math.min(bytes.length, HEAD.length));
  }
  expect(strip([...HEAD, 9, 9, 9])).toEqual([...HEAD, 9, 9, 9]);
});
