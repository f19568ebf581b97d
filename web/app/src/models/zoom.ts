/** The zoom of a picture: enlarged `scale` times, and moved by `x` and `y` pixels from the middle. */
export interface Zoom {
  readonly scale: number;
  readonly x: number;
  readonly y: number;
}

/** A point, in pixels from the middle of the stage. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/** The whole picture, in the middle. */
export const WHOLE: Zoom = { scale: 1, x: 0, y: 0 };
const LARGEST = 6;
/** The scale after a double tap. */
export const CLOSE = 2.5;

/** `zoom` enlarged to `scale`, with the point at `at` fixed. */
export function zoomed(zoom: Zoom, scale: number, at: Point): Zoom {
  const next = Math.min(LARGEST, Math.max(1, scale));
  if (next === 1) return WHOLE;
  const grown = next / zoom.scale;
  return { scale: next, x: at.x - (at.x - zoom.x) * grown, y: at.y - (at.y - zoom.y) * grown };
}

/** `zoom` moved, at most half a stage beyond the enlarged picture. */
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

/** The action when the finger is lifted, for a picture that is shown whole and was dragged by `by`. */
export function swiped(by: Point): 'close' | 'before' | 'after' | undefined {
  const across = Math.abs(by.x);
  if (by.y > 110 && by.y > across * 1.4) return 'close';
  if (across > 70 && across > Math.abs(by.y) * 1.4) return by.x > 0 ? 'before' : 'after';
  return undefined;
}
