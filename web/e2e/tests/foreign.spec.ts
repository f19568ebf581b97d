import type { Page } from '@playwright/test';
import { Host } from '../harness/host.ts';
import { test as base } from '../harness/hosted.ts';
import { WITH_JOHN } from '../harness/person.ts';
import { png } from '../harness/picture.ts';
import type { Server } from '../harness/server.ts';
import { expect } from '../harness/test.ts';

/** The element in a page of a marketplace with its own styles, scripts and policies. */
const test = base.extend<{ opened: Page; visit: (attributes: string, more?: Around) => Promise<string> }>({
  opened: async ({ browserOfOne }, use) => use(await (await browserOfOne()).newPage()),
  // Publishes such a page, opens it, and returns its address.
  visit: async ({ host, server, opened }, use) => {
    await use(async (attributes, more) => {
      const address = host.publish('/', page(server, attributes, more));
      await opened.goto(address);
      return address;
    });
  },
});

/** The parts of such a page besides the element. */
interface Around {
  readonly head?: string;
  readonly script?: string;
}

/** Sets a token for this user, as the page would. */
const token = (text: string) => `chat.token = ${JSON.stringify(text)};`;

test.skip(({ isMobile }) => isMobile, 'about pages around, which are the same there');

interface Chat extends HTMLElement {
  token?: string | undefined;
  getToken?: (() => string | Promise<string>) | undefined;
  signOut(): Promise<void>;
}
declare global {
  interface Window {
    chat: Chat;
    told: [string, unknown][];
    keys: string[];
    asked: number;
  }
}

const EVENTS = ['ready', 'unread', 'message', 'error', 'signed-out'];

/** A page with a form and the element; `head` comes before, `script` after it. */
const page = (server: Server, attributes: string, { head = '', script = '' }: Around = {}) => `<!doctype html>
<html lang="en"><head><title>Marketplace</title>${head}</head><body><main>
<h1>Paint the living room</h1><input aria-label="Search jobs">
<jobline-chat ${attributes}></jobline-chat></main>
<script src="${server.url}/jobline-chat.js"></script>
<script>
  window.chat = document.querySelector('jobline-chat');
  window.told = []; window.keys = []; window.asked = 0;
  for (const name of ${JSON.stringify(EVENTS)})
    chat.addEventListener('jobline-' + name, event => told.push([name, event.detail]));
  for (const name of ['keydown', 'keyup', 'keypress'])
    document.addEventListener(name, event => keys.push(event.key));
  ${script}
</script></body></html>`;

const told = (opened: Page, name: string) =>
  opened.evaluate(wanted => window.told.filter(([one]) => one === wanted).map(([, detail]) => detail), name);

/** Everything that this browser stores for the origin of the page. */
const kept = (opened: Page) =>
  opened.evaluate(async () => {
    const rows: string[] = [];
    for (const { name } of await indexedDB.databases()) {
      const database = await new Promise<IDBDatabase>((resolve, reject) => {
        const request = indexedDB.open(name ?? '');
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error);
      });
      for (const store of database.objectStoreNames) {
        const request = database.transaction(store).objectStore(store).getAll();
        await new Promise(resolve => {
          request.onsuccess = resolve;
        });
        rows.push(...request.result.map(row => JSON.stringify(row)));
      }
      database.close();
    }
    return rows;
  });

test('when the element’s token becomes another user’s, nothing of the first user is shown or sent', async ({
  api,
  opened,
  visit,
}) => {
  await api.job(901, 'Hang the door', ['john', 'mike'], 'open');
  const script = token(api.token('you'));
  await visit('conversation-with="john"', { script });
  await expect(opened.getByText('8 AM works?')).toBeVisible();
  await opened.route('**/messages/send', route => route.abort());
  const field = opened.getByRole('textbox', { name: 'Message', exact: true });
  await field.fill('From You, not from Mike');
  await opened.getByRole('button', { name: 'Send', exact: true }).click();
  await expect(opened.getByRole('article').last()).toContainText('From You, not from Mike');
  await field.fill('half a sentence');
  await opened
    .getByLabel('Add photos or files')
    .setInputFiles([{ name: 'wall.png', mimeType: 'image/png', buffer: png(60, 40) }]);
  await opened.evaluate(token => {
    window.chat.token = token;
  }, api.token('mike'));
  await expect(opened.getByText('8 AM works?')).toHaveCount(0);
  await opened.unroute('**/messages/send');
  await expect.poll(() => told(opened, 'ready')).toEqual([{ user: 'you' }, { user: 'mike' }]);
  await expect(field).toHaveValue('');
  await expect(opened.getByText('wall.png')).toHaveCount(0);
  await field.fill('From Mike');
  await opened.getByRole('button', { name: 'Send', exact: true }).click();
  const answer = opened.getByRole('article').filter({ hasText: 'From Mike' });
  await expect(answer).toContainText(/Sent|Delivered|Not sent/);
  const all = JSON.stringify([
    await api.messages('john', WITH_JOHN),
    await api.messages('john', 'conv_john_mike').catch(() => []),
  ]);
  expect(all).not.toContain('From You, not from Mike');
});

test('a getToken that returns another user’s token is noticed, and typed text does not become theirs', async ({
  api,
  opened,
  visit,
}) => {
  const script = `chat.getToken = () => ${JSON.stringify(api.token('you'))}`;
  await visit('', { script });
  await expect(opened.getByRole('button', { name: 'Jane Doe' })).toBeVisible();
  await opened.evaluate(token => {
    window.chat.getToken = async () => token;
  }, api.token('mike'));
  await expect.poll(() => told(opened, 'ready')).toEqual([{ user: 'you' }, { user: 'mike' }]);
  await expect(opened.getByRole('button', { name: 'Jane Doe' })).toHaveCount(0);
});

test('signing out deletes the data in every tab, and the next token starts afresh', async ({
  api,
  opened,
  visit,
}) => {
  const script = token(api.token('you'));
  const address = await visit('conversation-with="john"', { script });
  const other = await opened.context().newPage();
  for (const tab of [opened, other]) {
    await tab.goto(address);
    await expect(tab.getByText('8 AM works?')).toBeVisible();
  }
  await opened.evaluate(() => window.chat.signOut());
  for (const tab of [opened, other]) {
    await expect(tab.getByText('8 AM works?')).toHaveCount(0);
    await expect.poll(() => told(tab, 'signed-out')).toEqual([{ user: 'you' }]);
  }
  expect(await kept(opened)).toEqual([]);
  await opened.evaluate(token => {
    window.chat.getToken = () => token;
  }, api.token('you'));
  await expect(opened.getByText('8 AM works?')).toBeVisible();
  await expect(other.getByText('8 AM works?')).toHaveCount(0);
});

test('it never takes the focus, neither when added nor when its attributes change', async ({
  api,
  opened,
  visit,
}) => {
  const script = `document.querySelector('input').focus(); ${token(api.token('you'))}`;
  await visit('conversation-with="john"', { script });
  await expect(opened.getByText('8 AM works?')).toBeVisible();
  await opened.keyboard.type('pain');
  await opened.evaluate(() => window.chat.setAttribute('conversation-with', 'jane'));
  await expect(opened.getByText('When can you come?')).toBeVisible();
  await opened.keyboard.type('ter');
  await expect(opened.getByLabel('Search jobs')).toHaveValue('painter');
});

test('opening a chat from the list moves the focus into it', async ({ api, opened, visit }) => {
  const script = token(api.token('you'));
  await visit('', { script });
  await opened.getByRole('button', { name: 'Jane Doe' }).click();
  await expect(opened.getByRole('textbox', { name: 'Message', exact: true })).toBeFocused();
});

test('typing in it does not trigger shortcuts of the page; Control shortcuts still reach the page', async ({
  api,
  opened,
  visit,
}) => {
  const script = `
    ${token(api.token('you'))}
    document.addEventListener('keydown', event => { if (/^[/jk]$/.test(event.key)) event.preventDefault(); });`;
  await visit('conversation-with="john"', { script });
  const field = opened.getByRole('textbox', { name: 'Message', exact: true });
  await field.click();
  await opened.keyboard.type('j/k and more');
  await expect(field).toHaveValue('j/k and more');
  await opened.keyboard.press('Control+y');
  expect(await opened.evaluate(() => window.keys.filter(key => key.length === 1))).toEqual(['y', 'y']);
});

test('text styles of the page are not inherited', async ({ api, opened, visit }) => {
  const head = `<style>body { text-transform: uppercase; letter-spacing: 5px; text-indent: 40px; user-select: none;
    cursor: wait; word-break: break-all; font: italic 30px serif; line-height: 3; text-align: right; color: red;
    white-space: pre; direction: ltr; word-spacing: 9px; text-shadow: 1px 1px red; } jobline-chat { color-scheme: dark }
    * { letter-spacing: 5px; text-indent: 40px }</style>`;
  const script = token(api.token('you'));
  await visit('conversation-with="john"', { head, script });
  const text = opened.getByText('8 AM works?');
  await expect(text).toBeVisible();
  const looks = await text.evaluate(one => {
    const found = getComputedStyle(one);
    const names = [
      'textTransform',
      'letterSpacing',
      'textIndent',
      'userSelect',
      'cursor',
      'wordBreak',
      'fontStyle',
      'wordSpacing',
      'textShadow',
      'colorScheme',
    ] as const;
    return Object.fromEntries(names.map(name => [name, found[name]]));
  });
  expect(looks).toEqual({
    textTransform: 'none',
    letterSpacing: 'normal',
    textIndent: '0px',
    userSelect: 'text',
    cursor: 'auto',
    wordBreak: 'normal',
    fontStyle: 'normal',
    wordSpacing: '0px',
    textShadow: 'none',
    // Styles that are set on the element itself apply.
    colorScheme: 'dark',
  });
});

test('it works under a strict content security policy without violations', async ({
  host,
  server,
  api,
  opened,
}) => {
  await api.say('john', 'you', 'https://example.com and 👍');
  const policy = `default-src 'none'; script-src ${server.url} 'nonce-page'; connect-src http://127.0.0.1:* ws://127.0.0.1:*; img-src http://127.0.0.1:* blob:; style-src 'none'`;
  const script = `
    document.addEventListener('securitypolicyviolation', event => told.push(['violation', event.effectiveDirective + ' ' + event.blockedURI]));
    ${token(api.token('you'))}`;
  const head = `<meta http-equiv="Content-Security-Policy" content="${policy}">`;
  const html = page(server, 'conversation-with="john"', { head, script }).replace(
    '<script>',
    '<script nonce="page">',
  );
  await opened.goto(host.publish('/', html));
  await expect(opened.getByText('8 AM works?')).toBeVisible();
  await opened
    .getByLabel('Add photos or files')
    .setInputFiles([{ name: 'wall.png', mimeType: 'image/png', buffer: png(600, 400) }]);
  await opened.getByRole('button', { name: 'Send', exact: true }).click();
  const photo = opened.getByRole('img', { name: 'Photo from You' });
  await expect(photo).toBeVisible();
  await expect(opened.getByRole('article').last()).toContainText(/Sent|Delivered/);
  expect((await photo.boundingBox())?.width).toBeGreaterThan(100);
  await photo.click();
  await expect(opened.getByRole('button', { name: 'Zoom in' })).toBeVisible();
  expect(await told(opened, 'violation')).toEqual([]);
});

test('it reports an unread count of 0, and calls getToken once', async ({ api, opened, visit }) => {
  await api.read('you', WITH_JOHN);
  const script = `chat.getToken = async () => { asked += 1; return ${JSON.stringify(api.token('mike'))}; };`;
  await visit('conversation-with="john" job="42"', { script });
  await expect.poll(() => told(opened, 'unread')).not.toEqual([]);
  expect((await told(opened, 'unread'))[0]).toEqual({ count: expect.any(Number) });
  await expect.poll(() => told(opened, 'ready')).toEqual([{ user: 'mike' }]);
  expect(await opened.evaluate(() => window.asked)).toBe(1);
});

test('with no unread messages it reports 0', async ({ api, opened, visit }) => {
  const script = token(api.token('nobody'));
  await visit('', { script });
  await expect.poll(() => told(opened, 'unread')).toEqual([{ count: 0 }]);
});

test('it adapts to any height', async ({ api, opened, visit }) => {
  const head = '<style>jobline-chat { height: 180px }</style>';
  const script = token(api.token('you'));
  await visit('conversation-with="john"', { head, script });
  await expect(opened.getByRole('log')).toBeVisible();
  expect(await opened.evaluate(() => window.chat.clientHeight)).toBe(180);
  await expect(opened.getByRole('textbox', { name: 'Message', exact: true })).toBeInViewport();
});

test('a getToken that fails is reported, and tried again', async ({ api, opened, visit }) => {
  const script = `chat.getToken = async () => { asked += 1; if (asked < 2) throw new Error('Down.'); return ${JSON.stringify(api.token('you'))}; };`;
  await visit('conversation-with="john"', { script });
  await expect
    .poll(() => told(opened, 'error'))
    .toEqual([{ code: 'token_failed', detail: 'getToken failed: Down.' }]);
  await expect(opened.getByText('8 AM works?')).toBeVisible();
});

test.describe('a page', () => {
  test.use({
    provoked:
      /Failed to load resource|net::ERR_|CORS policy|does not let pages|Content Security Policy|forbids/,
  });

  test('whose origin is not allowed gets an error in the console and an event', async ({
    server,
    api,
    opened,
  }) => {
    const stranger = await Host.start();
    const script = token(api.token('you'));
    const said = opened.waitForEvent('console', message => /does not let pages/.test(message.text()));
    await opened.goto(stranger.publish('/', page(server, 'conversation-with="john"', { script })));
    expect((await said).text()).toContain(`--allowed-origins ${stranger.origin}`);
    await expect
      .poll(() => told(opened, 'error'))
      .toContainEqual({ code: 'origin_not_allowed', detail: expect.stringContaining(stranger.origin) });
    await stranger.stop();
  });

  test('whose content security policy forbids the server gets an error', async ({ api, opened, visit }) => {
    const head = `<meta http-equiv="Content-Security-Policy" content="connect-src 'none'">`;
    const script = token(api.token('you'));
    await visit('conversation-with="john"', { head, script });
    await expect
      .poll(() => told(opened, 'error'))
      .toContainEqual({ code: 'blocked_by_policy', detail: expect.stringContaining('connect-src') });
  });
});

for (const [attributes, what] of [
  ['', 'the list'],
  ['conversation-with="john"', 'a chat'],
] as const) {
  test(`${what} shows no loading state while there is no token`, async ({ opened, visit }) => {
    for (const script of [
      "chat.token = 'damaged'",
      "chat.getToken = async () => { throw new Error('Down.') }",
    ]) {
      await visit(attributes, { script });
      await expect(opened.getByText('Your messages could not be loaded.')).toBeVisible();
      await expect(opened.getByLabel('Loading…')).toHaveCount(0);
    }
  });
}
