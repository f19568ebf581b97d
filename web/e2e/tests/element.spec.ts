import { findings } from '../harness/axe.ts';
import { Host } from '../harness/host.ts';
import { test } from '../harness/hosted.ts';
import { WITH_JOHN } from '../harness/person.ts';
import { png } from '../harness/picture.ts';
import type { Server } from '../harness/server.ts';
import { expect } from '../harness/test.ts';

const page = (server: Server, token: string, attributes: string) => `<!doctype html>
<html lang="en"><head><title>Marketplace</title>
<style>* { color: #900; font-size: 9px } button { display: none } jobline-chat { display: block; height: 560px; --jobline-accent: rgb(120, 0, 120) }</style>
</head><body><main><h1>Paint the living room</h1>
<script src="${server.url}/jobline-chat.js"></script>
<jobline-chat ${attributes}></jobline-chat>
</main>
<script>
  const chat = document.querySelector('jobline-chat');
  window.told = [];
  for (const name of ['jobline-unread', 'jobline-sent', 'jobline-message', 'unread', 'message', 'sent'])
    chat.addEventListener(name, event => window.told.push(name));
  chat.token = ${JSON.stringify(token)};
</script></body></html>`;

test('the element shows a chat in another site’s page', async ({ host, server, api, browserOfOne }) => {
  const address = host.publish(
    '/job/42',
    page(server, api.token('you'), 'conversation-with="john" job="42"'),
  );
  const opened = await (await browserOfOne()).newPage();
  await opened.goto(address);
  // There is one chat and no list, and no style of the page applies in it.
  const log = opened.getByRole('log');
  await expect(log.getByText('8 AM works?')).toBeVisible();
  await expect(opened.getByRole('button', { name: 'Back to all conversations' })).toHaveCount(0);
  // It fills the room that the page gives to the element.
  const wide = (selector: string) => opened.locator(selector).evaluate(one => one.clientWidth);
  expect(await wide('.chat-pane')).toBe(await wide('jobline-chat'));
  const field = opened.getByRole('textbox', { name: 'Message', exact: true });
  await field.fill('From the marketplace');
  await opened.getByRole('button', { name: 'Send', exact: true }).click();
  const sent = log.getByRole('article').filter({ hasText: 'From the marketplace' });
  await expect(sent).toContainText('Sent');
  expect(await sent.locator('.text').evaluate(text => getComputedStyle(text).fontSize)).not.toBe('9px');
  const said = await api.messages('you', WITH_JOHN);
  expect(said.at(-1)).toMatchObject({ content: 'From the marketplace', senderId: 'you' });
  await api.say('john', 'you', 'Seen from afar');
  await expect(log.getByText('Seen from afar')).toBeVisible();
  expect(
    (await opened.evaluate(() => (window as unknown as { told: string[] }).told)).length,
  ).toBeGreaterThan(0);
});

test('live connections work in the element, by a script from its own server', async ({
  host,
  server,
  api,
  browserOfOne,
}) => {
  const address = host.publish('/', page(server, api.token('you'), 'conversation-with="john"'));
  const opened = await (await browserOfOne()).newPage();
  const scripts: string[] = [];
  opened.on('request', request => scripts.push(new URL(request.url()).pathname));
  const live = opened.waitForEvent('websocket').then(async socket => {
    await socket.waitForEvent('framereceived', {
      predicate: ({ payload }) => payload.includes('"op":"ready"'),
    });
    return socket;
  });
  await opened.goto(address);
  expect((await live).url()).toBe(`${server.url.replace('http', 'ws')}/messages/live`);
  expect(scripts).toContain('/jobline-live.js');
  await api.say('john', 'you', 'At once');
  await opened.getByRole('log').getByText('At once').waitFor({ timeout: 2500 });
});

test('recording works in the element, by a script from its own server', async ({
  host,
  server,
  api,
  browserOfOne,
}) => {
  const address = host.publish('/', page(server, api.token('you'), 'conversation-with="john"'));
  const opened = await (await browserOfOne()).newPage();
  const recording = opened.waitForRequest(/\/jobline-voice\.js\?[0-9a-f]{12}$/);
  await opened.goto(address);
  await recording;
  await opened.getByRole('button', { name: 'Record a voice message' }).click();
  await expect(opened.getByRole('timer')).toHaveText(/^0:\d*[1-9]/);
  await opened.getByRole('button', { name: 'Send the voice message' }).click();
  await expect(opened.getByRole('log').locator('article:has(.voice)')).toContainText('Sent');
  expect((await api.messages('you', WITH_JOHN)).at(-1)).toMatchObject({ type: 'voice' });
});

test.describe('where that script fails', () => {
  test.use({ live: 'on', provoked: /Failed to load resource|net::ERR_/ });

  test('it is requested again, with another URL', async ({ host, server, api, browserOfOne }) => {
    const address = host.publish('/', page(server, api.token('you'), 'conversation-with="john"'));
    const opened = await (await browserOfOne()).newPage();
    const asked: string[] = [];
    await opened.route(/jobline-live\.js/, route => {
      asked.push(route.request().url());
      return asked.length === 1 ? route.abort() : route.continue();
    });
    await opened.clock.install();
    await opened.goto(address);
    await expect.poll(() => asked.length).toBe(1);
    const live = opened.waitForEvent('websocket');
    await expect
      .poll(async () => {
        await opened.clock.fastForward(60_000);
        return asked.length;
      })
      .toBe(2);
    expect(asked[1]).not.toBe(asked[0]);
    await live;
  });
});

test('a photo is sent from the element, and axe finds no violation', async ({
  host,
  server,
  api,
  browserOfOne,
}) => {
  const address = host.publish('/', page(server, api.token('you'), 'conversation-with="john"'));
  const opened = await (await browserOfOne()).newPage();
  await opened.goto(address);
  await expect(opened.getByRole('log').getByText('8 AM works?')).toBeVisible();
  await opened
    .getByLabel('Add photos or files')
    .setInputFiles([{ name: 'wall.png', mimeType: 'image/png', buffer: png(600, 400) }]);
  await opened.getByRole('button', { name: 'Send', exact: true }).click();
  await expect(opened.getByRole('log').getByRole('img', { name: 'Photo from You' })).toBeVisible();
  await expect(opened.getByRole('article').last()).toContainText('Sent');
  expect(await findings(opened)).toEqual([]);
});

test('without a conversation attribute it is the whole app with its list', async ({
  host,
  server,
  api,
  browserOfOne,
}) => {
  const address = host.publish('/', page(server, api.token('you'), ''));
  const opened = await (await browserOfOne()).newPage();
  await opened.goto(address);
  await opened.getByRole('button', { name: 'Jane Doe' }).click();
  await expect(opened.getByRole('log').getByText('When can you come?')).toBeVisible();
});

test('a page whose origin is not allowed gets nothing', async ({ api, server, browserOfOne }) => {
  const stranger = await Host.start();
  const address = stranger.publish('/', page(server, api.token('you'), 'conversation-with="john"'));
  const opened = await (await browserOfOne()).newPage();
  const asked = opened.waitForEvent('requestfailed', request => request.url().includes('/messages/'));
  await opened.goto(address);
  await asked;
  await expect(opened.getByText('8 AM works?')).toHaveCount(0);
  await stranger.stop();
});
test.use({ provoked: /Failed to load resource|net::ERR_|CORS policy/ });

test('the script may load after the page has set getToken', async ({ host, server, api, browserOfOne }) => {
  const html = `<!doctype html><html lang="en"><head><title>Marketplace</title></head><body>
    <jobline-chat id="one" conversation-with="john"></jobline-chat>
    <jobline-chat id="other" conversation-with="jane"></jobline-chat>
    <script>
      document.getElementById('one').getToken = () => ${JSON.stringify(api.token('you'))};
      document.getElementById('other').token = ${JSON.stringify(api.token('you'))};
    </script>
    <script src="${server.url}/jobline-chat.js" async></script></body></html>`;
  const opened = await (await browserOfOne()).newPage();
  await opened.goto(host.publish('/late', html));
  await expect(opened.locator('#one').getByRole('log').getByText('8 AM works?')).toBeVisible();
  await expect(opened.locator('#other').getByRole('log').getByText('When can you come?')).toBeVisible();
});
