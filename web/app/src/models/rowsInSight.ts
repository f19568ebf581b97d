/** Rows before and after those in sight that are drawn too, so that scrolling shows no gap. */
const MARGIN = 8;

/** What a list of rows of the same height shows. All in pixels. */
export interface Sight {
  readonly scrollTop: number;
  readonly height: number;
  readonly rowHeight: number;
}

/** The indexes of the rows to draw of `count`: those in sight, some around them, and `kept` wherever it is. */
export function rowsInSight({ scrollTop, height, rowHeight }: Sight, count: number, kept: number): number[] {
  const from = Math.min(count, Math.max(0, Math.floor(scrollTop / rowHeight) - MARGIN));
  const to = Math.min(count, Math.ceil((scrollTop + height) / rowHeight) + MARGIN);
  const rows = Array.from({ length: Math.max(0, to - from) }, (_, place) => from + place);
  const apart = kept >= 0 && kept < count && (kept < from || kept >= to);
  if (!apart) return rows;
  return kept < from ? [kept, ...rows] : [...rows, kept];
}

/** Where to scroll so that the row `index` is in sight; where it is already, nowhere else. */
export function scrolledTo({ scrollTop, height, rowHeight }: Sight, index: number): number {
  const top = index * rowHeight;
  if (top < scrollTop) return top;
  return Math.max(scrollTop, top + rowHeight - height);
}

/** The row that a key leads to from the row `index`; undefined for other keys. `page`: rows in sight. */
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
