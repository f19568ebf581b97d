/** How a picture is shown: enlarged `scale` times, and moved by `x` and `y` pixels from the middle. */
export interface Zoom {
  readonly scale: number;
  readonly x: number;
  readonly y: number;
}

/** A place, in pixels from the middle of the stage. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/** The whole picture, in the middle. */
export const WHOLE: Zoom = { scale: 1, x: 0, y: 0 };
const LARGEST = 6;
/** How large a double tap makes a picture. */
export const CLOSE = 2.5;

/** `zoom` enlarged to `scale`, with what is under `at` staying under it. */
export function zoomed(zoom: Zoom, scale: number, at: Point): Zoom {
  const next = Math.min(LARGEST, Math.max(1, scale));
  if (next === 1) return WHOLE;
  const grown = next / zoom.scale;
  return { scale: next, x: at.x - (at.x - zoom.x) * grown, y: at.y - (at.y - zoom.y) * grown };
}

/** `zoom` moved, not further than half a stage beyond what the enlarged picture covers. */
export function moved(
  zoom: Zoom,
  by: Point,
  stage: { readonly width: number; readonly height: number },
): Zoom {
  const within = (value: number, side: number) => {
    const most = ((zoom.scale - 1) * side) / 2;
    return Math.min(most, Math.max(-most, value));
  };
  return { scale: zoom.scale, x: within(zoom.x + by.x, stage.width), y: within(zoom.y + by.y, stage.height) };
}

/** What lifting the finger does to a picture that is shown whole and was drawn by `by`. */
export function swiped(by: Point): 'close' | 'before' | 'after' | undefined {
  const across = Math.abs(by.x);
  if (by.y > 110 && by.y > across * 1.4) return 'close';
  if (across > 70 && across > Math.abs(by.y) * 1.4) return by.x > 0 ? 'before' : 'after';
  return undefined;
}
