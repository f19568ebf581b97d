import type { Page } from '@playwright/test';

declare global {
  interface Window {
    /** Layout shifts that no input of the reader's explains, added up since the page began. */
    jobline?: { shift: number; shifted: string[] };
  }
}

/** From the next navigation on, adds up what moves in the page by itself. */
export async function watchShifts(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const found = { shift: 0, shifted: [] as string[] };
    window.jobline = found;
    interface Shift extends PerformanceEntry {
      value: number;
      hadRecentInput: boolean;
      sources?: { node?: Node | null }[];
    }
    new PerformanceObserver(list => {
      for (const entry of list.getEntries() as Shift[]) {
        if (entry.hadRecentInput) continue;
        found.shift += entry.value;
        for (const { node } of entry.sources ?? []) {
          found.shifted.push(node instanceof Element ? node.outerHTML.slice(0, 120) : (node?.textContent ?? ''));
        }
      }
    }).observe({ type: 'layout-shift', buffered: true });
  });
}

/** What has moved, and how much: 0 is nothing, and a person sees from about 0.1 on. */
export async function shifts(page: Page): Promise<{ shift: number; shifted: string[] }> {
  return page.evaluate(() => window.jobline ?? { shift: Number.NaN, shifted: ['nobody watched'] });
}

/**
 * Milliseconds from the start of the page's script until the first message was painted, taken from the browser's own clock.
 * The page must have been opened after `watchPaint`.
 */
export async function watchPaint(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const seen = new MutationObserver(() => {
      if (!document.querySelector('[role=log] article')) return;
      seen.disconnect();
      // A task that is posted in a frame runs when that frame was drawn.
      requestAnimationFrame(() => {
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = () => performance.mark('painted');
        port2.postMessage(undefined);
      });
    });
    seen.observe(document, { childList: true, subtree: true });
  });
}

export async function paintedAfterScript(page: Page): Promise<number> {
  await page.waitForFunction(() => performance.getEntriesByName('painted').length > 0);
  return page.evaluate(() => {
    const scripts = performance.getEntriesByType('resource') as PerformanceResourceTiming[];
    const fetched = scripts.filter(entry => entry.initiatorType === 'script' || entry.name.endsWith('.js'));
    const started = Math.max(...fetched.filter(entry => entry.name.includes('/assets/app-')).map(entry => entry.responseEnd));
    const painted = performance.getEntriesByName('painted')[0]?.startTime ?? Number.NaN;
    return painted - started;
  });
}
