import { expect, test } from 'vitest';
import {
  computedColour,
  contrast,
  type HostColours,
  palette,
  type Rgb,
  type Tokens,
} from '../src/models/theme.ts';

const DEFAULTS: HostColours = {
  accent: [15, 101, 119],
  'on-accent': [255, 255, 255],
  ground: [243, 245, 245],
  surface: [255, 255, 255],
  text: [22, 32, 36],
  quiet: [86, 100, 105],
  mine: [15, 101, 119],
  'on-mine': [255, 255, 255],
  theirs: [255, 255, 255],
  'on-theirs': [22, 32, 36],
  bad: [179, 38, 30],
  badge: [194, 65, 12],
  'on-badge': [255, 255, 255],
};

const GROUNDS = ['raised', 'field', 'hover', 'chosen'];
const PAIRS = [
  ['on-accent', 'accent'],
  ['on-mine', 'mine'],
  ['on-mine', 'mine-waiting'],
  ['on-theirs', 'theirs'],
  ['on-badge', 'badge'],
] as const;

/** The pairs of colours in the palette of these colours that have too little contrast. */
function unreadable(host: HostColours): string[] {
  const { surface, ground } = palette(host);
  const at = (tokens: Tokens, name: string): Rgb => tokens[name] ?? [0, 0, 0];
  const found: string[] = [];
  const check = (tokens: Tokens, text: string, under: Rgb, name: string) => {
    if (contrast(at(tokens, text), under) < 4.5) found.push(`${text} on ${name}`);
  };
  for (const [tokens, base] of [
    [surface, host.surface],
    [ground, host.ground],
  ] as const) {
    for (const text of ['text', 'quiet', 'accent-text', 'bad']) {
      check(tokens, text, base, 'its base');
      for (const name of GROUNDS) check(tokens, text, at(tokens, name), name);
    }
  }
  for (const [text, under] of PAIRS) check(surface, text, at(surface, under), under);
  return found;
}

test('a colour with enough contrast stays as the host chose it', () => {
  const { surface } = palette({ ...DEFAULTS, text: [60, 0, 60], accent: [120, 0, 120] });
  expect(surface.text).toEqual([60, 0, 60]);
  expect(surface['accent-text']).toEqual([120, 0, 120]);
  expect(surface['on-accent']).toEqual([255, 255, 255]);
});

test('dark brand colours: typed text and the selected row have enough contrast', () => {
  const dark = { ...DEFAULTS, surface: [17, 17, 17], ground: [0, 0, 0], text: [238, 238, 238] } as const;
  expect(unreadable(dark)).toEqual([]);
  const { field, text } = palette(dark).surface;
  expect(contrast(text ?? [0, 0, 0], field ?? [0, 0, 0])).toBeGreaterThan(9);
});

test('any combination of colours keeps a contrast of 4.5', () => {
  let state = 7;
  const random = () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return state / 2 ** 32;
  };
  const names = Object.keys(DEFAULTS) as (keyof HostColours)[];
  for (let round = 0; round < 600; round++) {
    const some = names.filter(name => name !== 'bad' && random() < 0.4);
    const set = some.map(name => [name, [random(), random(), random()].map(part => Math.floor(part * 256))]);
    const host = { ...DEFAULTS, ...Object.fromEntries(set) } as HostColours;
    const found = unreadable(host);
    if (found.length > 0) throw new Error(`${found} in ${JSON.stringify(Object.fromEntries(set))}`);
  }
}, 60_000);

test('greys of every lightness, on which black and white have little contrast', () => {
  for (let grey = 0; grey < 256; grey++) {
    const all = Object.keys(DEFAULTS).map(name => [name, [grey, grey, grey]]);
    expect(unreadable(Object.fromEntries(all)), String(grey)).toEqual([]);
  }
});

test('computed colours are parsed in every syntax that browsers use', () => {
  expect(computedColour('rgb(1, 2, 3)', [0, 0, 0])).toEqual([1, 2, 3]);
  expect(computedColour('rgba(255, 255, 255, 0.5)', [0, 0, 0])).toEqual([128, 128, 128]);
  expect(computedColour('color(srgb 1 0.2 1e-7)', [0, 0, 0])).toEqual([255, 51, 0]);
  expect(computedColour('color(srgb 1.2 -0.1 0 / 0)', [9, 9, 9])).toEqual([9, 9, 9]);
  expect(computedColour('oklch(0.5 0.1 20)', [0, 0, 0])).toBeUndefined();
});
