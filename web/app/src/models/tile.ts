import type { Dimensions } from './fileName.ts';

/** The widest and the highest that a photo is in a bubble, in CSS pixels. */
const WIDE = 300;
const HIGH = 360;
/** Narrower than wide by more than this, or the other way round, it is cut: a panorama is still something to tap. */
const SLIMMEST = 0.5;
const WIDEST = 2.4;
/** The room for a photo that nobody told the size of. */
const USUAL = 4 / 3;

/** Large enough for a finger. */
const LEAST = 44;

/** Whether a picture is smaller than any room for it: it is shown as large as it is. */
export function isTiny(size: Dimensions | undefined): boolean {
  return (
    size !== undefined &&
    size.width < WIDE &&
    size.height < HIGH &&
    size.width * size.height < WIDE * WIDE * 0.4
  );
}

/** The room for a photo: how wide, and how many times as wide as high. */
export function tileSize(size: Dimensions | undefined): { readonly width: number; readonly ratio: number } {
  const ratio = size ? Math.min(WIDEST, Math.max(SLIMMEST, size.width / size.height)) : USUAL;
  if (size && isTiny(size)) {
    const [width, height] = [Math.max(LEAST, size.width), Math.max(LEAST, size.height)];
    return { width, ratio: Math.round((width / height) * 1000) / 1000 };
  }
  return { width: Math.round(Math.min(WIDE, HIGH * ratio)), ratio: Math.round(ratio * 1000) / 1000 };
}
