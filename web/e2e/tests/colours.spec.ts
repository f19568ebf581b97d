import { contrastOf } from '../harness/contrast.ts';
import { test } from '../harness/hosted.ts';
import { expect } from '../harness/test.ts';

test('all text has enough contrast in a host’s colours, also after the host changes them', async ({
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
  await page.locator('[data-conversation="conv_john_you"]').click();
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
