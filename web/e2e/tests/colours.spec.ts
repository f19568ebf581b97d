import type { Locator } from '@playwright/test';
import { test } from '../harness/hosted.ts';
import { expect } from '../harness/test.ts';

/** The WCAG contrast of the text of `element` to the ground that it stands on. */
async function contrastOf(element: Locator): Promise<number> {
  return element.evaluate(one => {
    const numbers = (css: string) => (css.match(/[\d.]+/g) ?? []).map(Number);
    const luminance = ([red = 0, green = 0, blue = 0]: number[]) =>
      [red, green, blue]
        .map(part => part / 255)
        .map(part => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4))
        .reduce((sum, part, at) => sum + part * ([0.2126, 0.7152, 0.0722][at] ?? 0), 0);
    let ground: number[] = [255, 255, 255];
    for (let around: Element | null = one; around; around = around.parentElement) {
      const found = numbers(getComputedStyle(around).backgroundColor);
      if ((found[3] ?? 1) === 0) continue;
      ground = found;
      break;
    }
    const both = [luminance(numbers(getComputedStyle(one).color)), luminance(ground)].sort((a, b) => b - a);
    return ((both[0] ?? 0) + 0.05) / ((both[1] ?? 0) + 0.05);
  });
}

test('in the colours of a host all text can be read, and when the host changes them', async ({
  host,
  server,
  api,
  browserOfOne,
}) => {
  const html = `<!doctype html><html lang="en"><head><title>Marketplace</title></head><body>
    <jobline-chat style="height: 600px; --jobline-surface: #111; --jobline-background: #000; --jobline-text: #eee"></jobline-chat>
    <script src="${server.url}/jobline-chat.js"></script>
    <script>document.querySelector('jobline-chat').token = ${JSON.stringify(api.token('you'))};</script>
    </body></html>`;
  const context = await browserOfOne({ viewport: { width: 1200, height: 700 }, reducedMotion: 'reduce' });
  const page = await context.newPage();
  await page.goto(host.publish('/', html));
  await page.getByRole('button', { name: 'John Smith' }).click();
  const field = page.getByRole('textbox', { name: 'Message', exact: true });
  await field.fill('Typed text');
  const texts = [
    field,
    page.getByRole('searchbox'),
    page.locator('.conversation[aria-current] .name'),
    page.locator('.conversation[aria-current] .when'),
    page.locator('.conversation[aria-current] .preview'),
    page.locator('.meta time').first(),
    page.locator('.bubble').first(),
    page.locator('.job').first(),
  ];
  const readable = async () => {
    for (const text of texts)
      await expect.poll(() => contrastOf(text), String(text)).toBeGreaterThanOrEqual(4.5);
  };
  await readable();
  await page.evaluate(() => {
    const { style } = document.querySelector('jobline-chat') as HTMLElement;
    style.setProperty('--jobline-surface', '#ffe94d');
    style.setProperty('--jobline-own-bubble', '#ffffff');
    style.setProperty('--jobline-background', '#808080');
  });
  await expect
    .poll(() => page.locator('.panes').evaluate(one => getComputedStyle(one).backgroundColor))
    .toBe('rgb(255, 233, 77)');
  await readable();
});
