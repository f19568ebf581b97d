/** How many rows before and after the visible ones are rendered, so that scrolling shows no gap. */
const MARGIN = 8;

/** The visible part of a list of rows of the same height. All in pixels. */
export interface Sight {
  readonly scrollTop: number;
  readonly height: number;
  readonly rowHeight: number;
}

/** The indexes of the rows to render, of `count`: the visible ones, some around them, and always `kept`. */
export function rowsInSight({ scrollTop, height, rowHeight }: Sight, count: number, kept: number): number[] {
  const from = Math.min(count, Math.max(0, Math.floor(scrollTop / rowHeight) - MARGIN));
  const to = Math.min(count, Math.ceil((scrollTop + height) / rowHeight) + MARGIN);
  const rows = Array.from({ length: Math.max(0, to - from) }, (_, place) => from + place);
  const apart = kept >= 0 && kept < count && (kept < from || kept >= to);
  if (!apart) return rows;
  return kept < from ? [kept, ...rows] : [...rows, kept];
}

/** The scroll position at which the row `index` is visible; the current one if it already is. */
export function scrolledTo({ scrollTop, height, rowHeight }: Sight, index: number): number {
  const top = index * rowHeight;
  if (top < scrollTop) return top;
  return Math.max(scrollTop, top + rowHeight - height);
}

/** The row to which a key moves from the row `index`; undefined for other keys. `page`: the number of visible rows. */
export function rowByKey(key: string, index: number, count: number, page: number): number | undefined {
  const steps: Readonly<Record<string, number>> = {
    ArrowUp: -1,
    ArrowDown: 1,
    PageUp: -page,
    PageDown: page,
    Home: -count,
    End: count,
  };
  const step = steps[key];
  return step === undefined ? undefined : Math.min(count - 1, Math.max(0, index + step));
}
