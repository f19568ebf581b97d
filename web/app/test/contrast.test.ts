import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';

const styles = ['tokens', 'avatar', 'list', 'chat']
  .map(name => readFileSync(new URL(`../src/styles/${name}.css`, import.meta.url), 'utf8'))
  .join('\n');

test('no background is mixed from the colour of its text, which would reduce the contrast', () => {
  const folder = new URL('../src/styles/', import.meta.url);
  const all = readdirSync(folder).map(name => readFileSync(new URL(name, folder), 'utf8'));
  const grounds = all.join('\n').match(/background(-color)?:[^;]*/g) ?? [];
  expect(grounds.length).toBeGreaterThan(50);
  expect(grounds.filter(ground => /color-mix\([^;]*currentcolor/i.test(ground))).toEqual([]);
});

/** The two values of every colour token: light and dark. */
const tokens = new Map(
  [...styles.matchAll(/--([\w-]+):.*light-dark\((#\w{6}), (#\w{6})\)/g)].map(
    ([, name, light, dark]) => [name, [light, dark]] as const,
  ),
);

function luminance(color: string): number {
  const [red, green, blue] = [1, 3, 5].map(at => {
    const part = Number.parseInt(color.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * (red ?? 0) + 0.7152 * (green ?? 0) + 0.0722 * (blue ?? 0);
}

function contrast(one: string, other: string): number {
  const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return ((high ?? 0) + 0.05) / ((low ?? 0) + 0.05);
}

const PAIRS = [
  ['text', ['ground', 'surface', 'raised', 'field', 'hover', 'chosen']],
  ['on-bad-ground', ['bad-ground']],
  ['bad-on-bad-ground', ['bad-ground']],
  ['quiet', ['ground', 'surface', 'raised', 'field', 'hover', 'chosen']],
  ['accent', ['ground', 'surface', 'raised', 'hover', 'chosen']],
  ['bad', ['ground', 'surface', 'bad-ground', 'hover', 'chosen']],
  ['on-accent', ['accent']],
  ['on-mine', ['mine']],
  ['on-theirs', ['theirs']],
  ['on-notice', ['notice']],
  ['on-badge', ['badge']],
] as const;

describe.each([
  ['light', 0],
  ['dark', 1],
])('in %s, text can be read', (_, scheme) => {
  test.each(PAIRS.flatMap(([text, grounds]) => grounds.map(ground => [text, ground] as const)))(
    '%s on %s',
    (text, ground) => {
      const colours = [tokens.get(text)?.[scheme], tokens.get(ground)?.[scheme]];
      expect(contrast(colours[0] ?? '', colours[1] ?? '')).toBeGreaterThanOrEqual(4.5);
    },
  );

  test('initials are legible on every avatar colour', () => {
    const tones = [
      ...styles.matchAll(
        /\.tone-\d \{\s*background: light-dark\((#\w{6}), (#\w{6})\);\s*color: light-dark\((#\w{6}), (#\w{6})\)/g,
      ),
    ];
    expect(tones).toHaveLength(8);
    for (const tone of tones)
      expect(contrast(tone[1 + scheme] ?? '', tone[3 + scheme] ?? '')).toBeGreaterThanOrEqual(4.5);
  });
});
