import type { Dimensions } from './fileName.ts';

/** The largest width and height of a photo in a bubble, in CSS pixels. */
const WIDE = 300;
const HIGH = 360;
/** The smallest ratio of the sides; beyond it a photo is cropped, so that a panorama can still be tapped. */
const SLIMMEST = 0.5;
const WIDEST = 2.4;
/** The aspect ratio of a tile for a photo of unknown size. */
const USUAL = 4 / 3;

/** The smallest side that is large enough for a finger. */
const LEAST = 44;

/** Whether a picture is smaller than any tile, so that it is shown in its own size. */
export function isTiny(size: Dimensions | undefined): boolean {
  return (
    size !== undefined &&
    size.width < WIDE &&
    size.height < HIGH &&
    size.width * size.height < WIDE * WIDE * 0.4
  );
}

/** The tile of a photo: its width, and the ratio of width to height. */
export function tileSize(size: Dimensions | undefined): { readonly width: number; readonly ratio: number } {
  const ratio = size ? Math.min(WIDEST, Math.max(SLIMMEST, size.width / size.height)) : USUAL;
  if (size && isTiny(size)) {
    const [width, height] = [Math.max(LEAST, size.width), Math.max(LEAST, size.height)];
    return { width, ratio: Math.round((width / height) * 1000) / 1000 };
  }
  return { width: Math.round(Math.min(WIDE, HIGH * ratio)), ratio: Math.round(ratio * 1000) / 1000 };
}
