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

/** From the next navigation on, marks when the first message was painted. */
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

/**
 * Milliseconds from when the page had its script until the first message was painted, by the browser's own clock. Needs
 * `watchPaint` before.
 */
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

/** Milliseconds for what every app would have to do: open the database, read all rows one after another, draw a frame. */
export async function bareReading(page: Page): Promise<number> {
  return page.evaluate(async () => {
    const times: number[] = [];
    const { name = '' } = (await indexedDB.databases())[0] ?? {};
    const answer = <T>(request: IDBRequest<T>): Promise<T> =>
      new Promise((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error);
      });
    for (let round = 0; round < 5; round++) {
      const began = performance.now();
      const database = await answer(indexedDB.open(name));
      for (const store of database.objectStoreNames) {
        for (let read = 0; read < 3; read++) await answer(database.transaction(store).objectStore(store).getAll());
      }
      await new Promise(resolve => requestAnimationFrame(resolve));
      times.push(performance.now() - began);
      database.close();
    }
    return Math.min(...times);
  });
}
