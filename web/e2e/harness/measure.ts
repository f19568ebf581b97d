import type { Page } from '@playwright/test';

declare global {
  interface Window {
    /** Adds up the layout shifts that no user input explains, since the page was loaded. */
    jobline?: { shift: number; shifted: string[] };
  }
}

/** From the next navigation on, adds up unexpected layout shifts. */
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
          found.shifted.push(
            node instanceof Element ? node.outerHTML.slice(0, 120) : (node?.textContent ?? ''),
          );
        }
      }
    }).observe({ type: 'layout-shift', buffered: true });
  });
}

/** The layout shifts so far, and their sum: 0 is none, and people notice about 0.1. */
export async function shifts(page: Page): Promise<{ shift: number; shifted: string[] }> {
  return page.evaluate(() => window.jobline ?? { shift: Number.NaN, shifted: ['nobody watched'] });
}

/**
 * From the next navigation on, records when the app's script begins to run, and when the first message was
 * painted.
 */
export async function watchPaint(page: Page): Promise<void> {
  // Set before the first statement, so that the time in which the script is read counts, too.
  await page.route('**/assets/app-*.js', async route => {
    const response = await route.fetch();
    await route.fulfill({ response, body: `performance.mark('began');${await response.text()}` });
  });
  await page.addInitScript(() => {
    const seen = new MutationObserver(() => {
      if (!document.querySelector('[role=log] article')) return;
      seen.disconnect();
      // A task that is posted in a frame runs after that frame was drawn.
      requestAnimationFrame(() => {
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = () => performance.mark('painted');
        port2.postMessage(undefined);
      });
    });
    seen.observe(document, { childList: true, subtree: true });
  });
}

/**
 * Milliseconds from the start of the app's script until the first message was painted, by the browser's own
 * clock. Call `watchPaint` first.
 */
export async function paintedAfterScript(page: Page): Promise<number> {
  await page.waitForFunction(() => performance.getEntriesByName('painted').length > 0);
  return page.evaluate(() => {
    const at = (mark: string) => performance.getEntriesByName(mark)[0]?.startTime ?? Number.NaN;
    return at('painted') - at('began');
  });
}

/**
 * Milliseconds until the browser has painted the same page without any script, once it has its text: a lower
 * bound for the app. The page must show what is to be painted, and `watchPaint` must be on. The best of five.
 */
export async function paintedAsText(page: Page): Promise<number> {
  const text = await page.evaluate(() => {
    const copy = document.documentElement.cloneNode(true) as HTMLElement;
    for (const script of copy.querySelectorAll('script')) script.remove();
    return `<!doctype html>${copy.outerHTML}`;
  });
  await page.route('**/as-text', route => route.fulfill({ contentType: 'text/html', body: text }));
  const times: number[] = [];
  for (let round = 0; round < 5; round++) {
    await page.goto('/as-text');
    await page.waitForFunction(() => performance.getEntriesByName('painted').length > 0);
    const time = await page.evaluate(() => {
      const [came] = performance.getEntriesByType('navigation') as PerformanceNavigationTiming[];
      const painted = performance.getEntriesByName('painted')[0];
      return (painted?.startTime ?? Number.NaN) - (came?.responseEnd ?? Number.NaN);
    });
    times.push(time);
  }
  return Math.min(...times);
}
