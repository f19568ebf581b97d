import type { Page } from '@playwright/test';
import axe, { type AxeResults } from 'axe-core';

/** The violations that axe finds on the page, one line each, best practices included. */
export async function findings(page: Page): Promise<string[]> {
  // Colours fade in and out; only the final colours are judged.
  await page.evaluate(() =>
    Promise.all(document.getAnimations().map(one => one.finished.catch(() => undefined))),
  );
  await page.evaluate(axe.source);
  const results = await page.evaluate(() =>
    (window as unknown as { axe: { run(): Promise<AxeResults> } }).axe.run(),
  );
  return results.violations.flatMap(violation =>
    violation.nodes.map(
      node => `${violation.id} (${violation.impact}): ${node.html.slice(0, 200)} — ${node.failureSummary}`,
    ),
  );
}
