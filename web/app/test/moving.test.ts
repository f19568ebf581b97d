import { expect, test } from 'vitest';
import { moving } from '../src/media/moving.ts';

const text = (words: string) => [...words].map(character => character.charCodeAt(0));
const SIGNATURE = [0x89, ...text('PNG\r\n'), 0x1a, 0x0a];
/** A chunk of a PNG; nothing here checks its checksum. */
const chunk = (name: string, ...data: number[]) => [0, 0, 0, data.length, ...text(name), ...data, 1, 2, 3, 4];
/** A chunk of a WebP: an odd length is padded. */
const piece = (name: string, ...data: number[]) => {
  const filled = data.length % 2 ? [...data, 0] : data;
  return [...text(name), data.length, 0, 0, 0, ...filled];
};
const webp = (...pieces: number[][]) => {
  const all = pieces.flat();
  return [...text('RIFF'), all.length + 4, 0, 0, 0, ...text('WEBP'), ...all];
};
const kept = (bytes: number[]) => {
  const found = moving(new Uint8Array(bytes));
  return found && { type: found.type, bytes: found.parts.flatMap(part => [...part]) };
};

const DRAWN = [chunk('IHDR', 1), chunk('acTL', 2), chunk('tRNS', 9), chunk('fcTL', 3), chunk('IDAT', 4)];
const MORE = [chunk('fcTL', 5), chunk('fdAT', 6), chunk('IEND')];

test('an animated PNG keeps its frames and colours, and loses its metadata', () => {
  const told = [
    ...SIGNATURE,
    ...DRAWN.flat(),
    ...chunk('eXIf', ...text('Madrid')),
    ...chunk('tEXt', ...text('Madrid')),
    ...chunk('iTXt', ...text('XMP')),
    ...chunk('tIME', 7),
    ...chunk('prVt', 8),
    ...MORE.flat(),
    ...text('and after its end'),
  ];
  expect(kept(told)).toEqual({ type: 'image/png', bytes: [...SIGNATURE, ...DRAWN.flat(), ...MORE.flat()] });
});

test('an animated WebP keeps its frames and colours, and loses its metadata', () => {
  const head = (flags: number) => piece('VP8X', flags, 0, 0, 0, 9, 0, 0, 9, 0, 0);
  const frames = [
    piece('ICCP', 1, 2, 3),
    piece('ANIM', 0, 0, 0, 0, 0, 0),
    piece('ANMF', 1),
    piece('ANMF', 2, 3),
  ];
  const told = webp(
    head(0x3e),
    ...frames,
    piece('EXIF', ...text('Madrid!')),
    piece('XMP ', 1),
    piece('priv', 1),
  );
  expect(kept(told)).toEqual({ type: 'image/webp', bytes: webp(head(0x32), ...frames) });
});

test('a GIF is recognized whatever its file name says', () => {
  const gif = [...text('GIF89a'), 1, 0, 1, 0, 0, 0, 0, 0x2c, 0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 0, 0x3b];
  expect(kept(gif)).toEqual({ type: 'image/gif', bytes: gif });
});

test('what is not animated, is damaged or is no picture is left to be re-encoded', () => {
  const still = [...SIGNATURE, ...chunk('IHDR', 1), ...chunk('IDAT', 4), ...chunk('IEND')];
  const cut = [...SIGNATURE, ...DRAWN.flat()];
  const lying = [...SIGNATURE, ...DRAWN.flat(), 0xff, 0xff, 0xff, 0xff, ...text('IEND'), 0, 0, 0, 0];
  const stillWebp = webp(piece('VP8 ', 1, 2, 3, 4));
  for (const bytes of [still, cut, lying, stillWebp, [], text('RIFF'), text('%PDF-1.7 and more')])
    expect(kept(bytes)).toBeUndefined();
});
