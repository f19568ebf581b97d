/** A colour in sRGB: red, green and blue from 0 to 255, as in a style sheet. */
export type Rgb = readonly [number, number, number];

/** The colours that a host may set, each with its current value: the host's or the default. */
export type HostColour =
  | 'accent'
  | 'on-accent'
  | 'ground'
  | 'surface'
  | 'text'
  | 'quiet'
  | 'mine'
  | 'on-mine'
  | 'theirs'
  | 'on-theirs'
  | 'bad'
  | 'badge'
  | 'on-badge';
export type HostColours = Readonly<Record<HostColour, Rgb>>;

/** Custom properties of the style sheet by name, without the leading dashes. */
export type Tokens = Readonly<Record<string, Rgb>>;

/** The general tokens, and those that differ behind the messages. */
export interface Palette {
  readonly surface: Tokens;
  readonly ground: Tokens;
}

const WHITE: Rgb = [255, 255, 255];
const BLACK: Rgb = [0, 0, 0];
/** WCAG requires 4.5; the rest allows for browsers that round colours. */
const LEAST = 4.55;
/** The contrast of text where the host's colour has too little. */
const COMFORTABLE = 9;

/** The WCAG 2 contrast of two colours, 1 to 21. */
export function contrast(one: Rgb, other: Rgb): number {
  const [low = 0, high = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}

function luminance(colour: Rgb): number {
  const [red = 0, green = 0, blue = 0] = colour.map(part => {
    const value = part / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** Whether white is easier to read on `colour` than black. */
export function isDark(colour: Rgb): boolean {
  return contrast(WHITE, colour) > contrast(BLACK, colour);
}

/** `one` with `part` (0 to 1) of `other`. */
function mixed(one: Rgb, other: Rgb, part: number): Rgb {
  const channel = (at: 0 | 1 | 2) => Math.round(one[at] + (other[at] - one[at]) * part);
  return [channel(0), channel(1), channel(2)];
}

function least(text: Rgb, grounds: readonly Rgb[]): number {
  return Math.min(...grounds.map(ground => contrast(text, ground)));
}

/**
 * `text` if it is readable on all `grounds`; otherwise the nearest colour towards black or white that has the contrast
 * `wanted`, or the highest possible one. White or black must be readable on all `grounds`.
 */
function readable(text: Rgb, grounds: readonly Rgb[], wanted = LEAST): Rgb {
  if (least(text, grounds) >= LEAST) return text;
  const pole = least(WHITE, grounds) > least(BLACK, grounds) ? WHITE : BLACK;
  for (let part = 0.05; part < 1; part += 0.05) {
    const nearer = mixed(text, pole, part);
    if (least(nearer, grounds) >= wanted) return nearer;
  }
  return pole;
}

/**
 * The ground of a field, a selected row and the like on `base`: tinted, unless neither black nor white were readable on
 * it.
 */
function shaded(base: Rgb, tint: Rgb, part: number): Rgb {
  const pole = isDark(base) ? WHITE : BLACK;
  const towards = mixed(base, tint, part);
  return contrast(pole, towards) >= LEAST ? towards : mixed(base, pole === WHITE ? BLACK : WHITE, part);
}

/** The tokens for `base`, with every text readable on every ground among them. */
function family(base: Rgb, { text, quiet, accent, bad }: HostColours): Tokens {
  const pole = isDark(base) ? WHITE : BLACK;
  const grounds = {
    raised: pole === WHITE ? shaded(base, WHITE, 0.06) : mixed(base, WHITE, 0.85),
    field: shaded(base, pole, 0.07),
    hover: shaded(base, pole, 0.04),
    chosen: shaded(base, accent, 0.14),
  };
  const all = [base, ...Object.values(grounds)];
  const shown = readable(text, all, COMFORTABLE);
  return {
    ...grounds,
    line: shaded(base, pole, 0.14),
    text: shown,
    quiet: readable(quiet, all),
    'accent-text': readable(accent, all),
    bad: readable(bad, all),
  };
}

/** Tokens with every text readable on every ground, as close as possible to the host's colours. */
export function palette(host: HostColours): Palette {
  const { surface, ground, accent, mine, theirs, badge } = host;
  const onMine = readable(host['on-mine'], [mine], COMFORTABLE);
  const waiting = mixed(mine, ground, 0.12);
  return {
    surface: {
      ...family(surface, host),
      surface,
      ground,
      accent,
      'on-accent': readable(host['on-accent'], [accent], COMFORTABLE),
      mine,
      'on-mine': onMine,
      'mine-waiting': contrast(onMine, waiting) >= LEAST ? waiting : mine,
      theirs,
      'on-theirs': readable(host['on-theirs'], [theirs], COMFORTABLE),
      badge,
      'on-badge': readable(host['on-badge'], [badge], COMFORTABLE),
    },
    ground: family(ground, host),
  };
}

/**
 * A computed colour as browsers write it: `rgb(1, 2, 3)` or `color(srgb 0.1 0.2 0.3 / 0.5)`, blended over `under` if it is
 * transparent.
 */
export function computedColour(css: string, under: Rgb): Rgb | undefined {
  const unit = css.startsWith('color(srgb ') ? 255 : css.startsWith('rgb') ? 1 : undefined;
  const [red, green, blue, alpha = 1] = (css.replace('srgb', '').match(/-?[\d.]+(e-?\d+)?/g) ?? []).map(
    Number,
  );
  if (unit === undefined || red === undefined || green === undefined || blue === undefined) return undefined;
  const channel = (part: number) => Math.round(Math.min(255, Math.max(0, part * unit)));
  return mixed(under, [channel(red), channel(green), channel(blue)], Math.min(1, Math.max(0, alpha)));
}
