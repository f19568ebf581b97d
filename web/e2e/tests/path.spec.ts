/** A server whose public URL has a path, behind a proxy that strips the path or keeps it. */

import { readFile } from 'node:fs/promises';
import { Host } from '../harness/host.ts';
import { PathProxy } from '../harness/pathProxy.ts';
import { Person, WITH_JOHN } from '../harness/person.ts';
import { pdf, png } from '../harness/picture.ts';
import { Server } from '../harness/server.ts';
import { test as base, expect } from '../harness/test.ts';

interface World {
  /** Whether the proxy strips the path. */
  strips: boolean;
  outside: PathProxy;
  host: Host;
}

const test = base.extend<World>({
  strips: [false, { option: true }],
  host: async ({ page: _ }, use) => {
    const host = await Host.start();
    await use(host);
    await host.stop();
  },
  outside: async ({ strips }, use) => {
    const outside = await PathProxy.start('/chat', strips);
    await use(outside);
    await outside.stop();
  },
  server: async ({ outside, host }, use) => {
    const server = await Server.deployed(
      '--public-url',
      `${outside.origin}/chat`,
      '--allowed-origins',
      host.origin,
    );
    outside.to(server.url);
    await use(server);
    await server.remove();
  },
});

test.skip(({ isMobile }) => isMobile, 'about addresses, which are the same there');

for (const strips of [true, false]) {
  test.describe(strips ? 'a path that the proxy takes off' : 'a path that the proxy leaves on', () => {
    test.use({ strips });

    test('the app works under a path prefix: messages, photos, files, live connections, installation', async ({
      outside,
      browserOfOne,
      api,
    }) => {
      const page = await (await browserOfOne({ serviceWorkers: 'allow' })).newPage();
      const live = page.waitForEvent('websocket');
      const you = new Person(page);
      await page.goto(`${outside.origin}/chat/#token=${api.token('you')}`);
      await you.open('John Smith');
      expect((await live).url()).toBe(`${outside.origin.replace('http', 'ws')}/chat/messages/live`);
      await you.say('Under a path');
      await expect(you.message('Under a path')).toContainText(/Sent|Delivered/);
      await you.attach({ name: 'wall.png', mimeType: 'image/png', buffer: png(400, 300) });
      await you.say('With a photo');
      await expect(you.message('With a photo')).toContainText(/Sent|Delivered/);
      const bytes = pdf();
      await you.attach({ name: 'plan.pdf', mimeType: 'application/pdf', buffer: bytes });
      await you.say('With a file');
      await expect(you.message('With a file')).toContainText(/Sent|Delivered/);
      await page.reload();
      const file = you.message('With a file').getByRole('link', { name: /^Download plan.pdf/ });
      expect(await file.getAttribute('href')).toContain('/chat/files/');
      const download = page.waitForEvent('download');
      await file.click();
      expect(await readFile(await (await download).path())).toEqual(bytes);
      const photo = you.message('With a photo').getByRole('img').first();
      await expect.poll(() => photo.evaluate((image: HTMLImageElement) => image.naturalWidth)).toBe(400);
      expect(await photo.getAttribute('src')).toContain(`${outside.origin}/chat/files/`);
      await api.say('john', 'you', 'And back');
      await you.sees('And back');
      // The installed app opens there without a connection.
      await page.evaluate(() => navigator.serviceWorker.ready);
      const scope = await page.evaluate(async () => (await navigator.serviceWorker.ready).scope);
      expect(scope).toBe(`${outside.origin}/chat/`);
      await page.context().setOffline(true);
      await page.reload();
      await you.sees('And back');
      expect(outside.astray).toEqual([]);
    });

    test('the element works under a path prefix: messages, photos, live connections', async ({
      outside,
      host,
      browserOfOne,
      api,
    }) => {
      const page = await (await browserOfOne()).newPage();
      const live = page.waitForEvent('websocket');
      await page.goto(
        host.publish(
          '/',
          `<!doctype html><html lang="en"><head><title>Marketplace</title></head><body>
          <script src="${outside.origin}/chat/jobline-chat.js"></script>
          <jobline-chat conversation-with="john" style="display: block; height: 600px"></jobline-chat>
          <script>document.querySelector('jobline-chat').token = ${JSON.stringify(api.token('you'))};</script>
          </body></html>`,
        ),
      );
      const you = new Person(page);
      await you.attach({ name: 'wall.png', mimeType: 'image/png', buffer: png(400, 300) });
      await you.say('From another page');
      await expect(you.message('From another page')).toContainText(/Sent|Delivered/);
      expect((await live).url()).toBe(`${outside.origin.replace('http', 'ws')}/chat/messages/live`);
      await api.say('john', 'you', 'And back');
      await you.sees('And back');
      const said = await api.messages('you', WITH_JOHN);
      expect(said.at(-2)).toMatchObject({ content: 'From another page', senderId: 'you' });
      expect(outside.astray).toEqual([]);
    });
  });
}
