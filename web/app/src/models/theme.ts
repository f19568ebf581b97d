/** A colour in sRGB: red, green and blue from 0 to 255, as they are written into a style sheet. */
export type Rgb = readonly [number, number, number];

/** The colours that a host may set, each as it stands now: the host's own or the default. */
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

/** The tokens of everything, and those that differ behind the messages. */
export interface Palette {
  readonly surface: Tokens;
  readonly ground: Tokens;
}

const WHITE: Rgb = [255, 255, 255];
const BLACK: Rgb = [0, 0, 0];
/** WCAG asks for 4.5; the rest makes up for colours that a browser rounds. */
const LEAST = 4.55;
/** The text colour when the host's colour has too little contrast. */
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
 * `text` where it can be read on all `grounds`; otherwise the nearest colour on its way to black or white that has the
 * contrast `wanted`, or as much as there is. White or black must be readable on all `grounds`.
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

/** A field, a chosen row and the like on `base`: tinted, unless black or white could not be read on that any more. */
function shaded(base: Rgb, tint: Rgb, part: number): Rgb {
  const pole = isDark(base) ? WHITE : BLACK;
  const towards = mixed(base, tint, part);
  return contrast(pole, towards) >= LEAST ? towards : mixed(base, pole === WHITE ? BLACK : WHITE, part);
}

/** What stands on `base`, with every text readable on every ground in it. */
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

/** Tokens in which every text can be read on every ground, as near as possible to what the host chose. */
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
 * A computed colour as browsers write it: `rgb(1, 2, 3)` or `color(srgb 0.1 0.2 0.3 / 0.5)`, what is clear laid on
 * `under`.
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
