import type { RefObject } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { useLatest } from './hooks.ts';

/** Passes files that are dropped onto `area` to `take`. Returns whether files are being dragged over it. */
export function useDrop(
  area: RefObject<HTMLElement | null>,
  take: ((files: Iterable<File>) => void) | undefined,
): boolean {
  const [over, setOver] = useState(false);
  const latest = useLatest(take);
  useEffect(() => {
    const element = area.current;
    if (!element) return;
    // Entering a child leaves its parent, so the drag is over when as many elements were left as were entered.
    let depth = 0;
    const files = (event: DragEvent) =>
      Boolean(latest.current && event.dataTransfer?.types.includes('Files'));
    const heard = (event: DragEvent) => {
      if (!files(event)) return;
      event.preventDefault();
      if (event.type === 'dragenter') depth++;
      if (event.type === 'dragleave') depth--;
      if (event.type === 'drop') {
        depth = 0;
        latest.current?.(event.dataTransfer?.files ?? []);
      }
      setOver(depth > 0);
    };
    const types = ['dragenter', 'dragover', 'dragleave', 'drop'] as const;
    for (const type of types) element.addEventListener(type, heard);
    return () => {
      for (const type of types) element.removeEventListener(type, heard);
    };
  }, [area]);
  return over;
}
