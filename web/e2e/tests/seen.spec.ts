import type { Page } from '@playwright/test';
import type { Api } from '../harness/api.ts';
import { test as onAPage } from '../harness/hosted.ts';
import { WITH_JOHN } from '../harness/person.ts';
import { expect, test } from '../harness/test.ts';

test.skip(
  ({ isMobile }) => isMobile,
  'what is in sight is asked of the browser, which answers the same on every screen',
);

async function statusOf(api: Api, content: string): Promise<string | undefined> {
  const messages = await api.messages('john', WITH_JOHN);
  return messages.find(message => message.content === content)?.status;
}

/** The message is in the page and stays unread for the time of two checks. */
async function staysUnread(page: Page, api: Api, content: string): Promise<void> {
  await expect.poll(() => statusOf(api, content)).toBe('delivered');
  await expect(page.locator('[data-key]').filter({ hasText: content })).toBeAttached();
  const looked = await page.evaluate(() => performance.now());
  await page.waitForFunction(from => performance.now() - from > 2_500, looked);
  expect(await statusOf(api, content)).toBe('delivered');
}

const HIDDEN = {
  'an element that is hidden by visibility': 'visibility: hidden',
  'an element that cannot be seen through': 'opacity: 0',
  'an element below the fold': 'margin-top: 3000px',
};

for (const [what, style] of Object.entries(HIDDEN)) {
  onAPage(
    `${what} marks nothing as read, and does when it is shown`,
    async ({ host, server, api, browserOfOne }) => {
      const html = `<!doctype html><html lang="en"><head><title>Marketplace</title></head><body>
      <div id="around" style="${style}"><jobline-chat conversation-with="john" style="height: 400px"></jobline-chat></div>
      <script src="${server.url}/jobline-chat.js"></script>
      <script>document.querySelector('jobline-chat').token = ${JSON.stringify(api.token('you'))};</script>
      </body></html>`;
      const page = await (await browserOfOne()).newPage();
      await page.goto(host.publish('/', html));
      await api.say('john', 'you', 'Not seen yet');
      await staysUnread(page, api, 'Not seen yet');
      await page.evaluate(() => document.getElementById('around')?.removeAttribute('style'));
      await expect.poll(() => statusOf(api, 'Not seen yet')).toBe('read');
    },
  );
}

onAPage(
  'an element in a closed <details> and one under a dialog of the page mark nothing as read',
  async ({ host, server, api, browserOfOne }) => {
    const html = `<!doctype html><html lang="en"><head><title>Marketplace</title></head><body>
    <details open><summary>Chat</summary>
    <jobline-chat conversation-with="john" style="height: 400px"></jobline-chat></details>
    <dialog>Cookies?</dialog>
    <script src="${server.url}/jobline-chat.js"></script>
    <script>document.querySelector('jobline-chat').token = ${JSON.stringify(api.token('you'))};</script>
    </body></html>`;
    const page = await (await browserOfOne()).newPage();
    await page.goto(host.publish('/', html));
    await expect(page.getByRole('log').getByText("Great! I'll start tomorrow")).toBeVisible();
    const change = (code: string) => page.evaluate(code);
    await change('document.querySelector("dialog").showModal()');
    await api.say('john', 'you', 'Under a dialog');
    await staysUnread(page, api, 'Under a dialog');
    await change('document.querySelector("dialog").close(); document.querySelector("details").open = false');
    expect(await statusOf(api, 'Under a dialog')).not.toBe('read');
    await api.say('john', 'you', 'In a closed box');
    await staysUnread(page, api, 'In a closed box');
    await change('document.querySelector("details").open = true');
    await expect.poll(() => statusOf(api, 'In a closed box')).toBe('read');
  },
);

test('in the app nothing is marked as read under a dialog, or while another window has the focus', async ({
  person,
  api,
}) => {
  const you = await (await person('You')).open('John Smith');
  await you.sees("Great! I'll start tomorrow");
  await you.page.evaluate(() => {
    document.hasFocus = () => false;
  });
  await api.say('john', 'you', 'Behind another window');
  await staysUnread(you.page, api, 'Behind another window');
  await you.page.evaluate(() => {
    document.hasFocus = () => true;
    window.dispatchEvent(new Event('focus'));
  });
  await expect.poll(() => statusOf(api, 'Behind another window')).toBe('read');
  await you.page.getByRole('button', { name: 'About this conversation' }).click();
  await expect(you.page.locator('dialog[open]')).toBeVisible();
  await api.say('john', 'you', 'Under the details');
  await staysUnread(you.page, api, 'Under the details');
  await you.page.keyboard.press('Escape');
  await expect.poll(() => statusOf(api, 'Under the details')).toBe('read');
});
