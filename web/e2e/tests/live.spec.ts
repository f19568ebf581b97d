/** Live connections in real browsers, on a real server: sooner than a poll, and polls whenever they fail. */

import type { Locator, Page, WebSocket } from '@playwright/test';
import type { Api } from '../harness/api.ts';
import { Person, WITH_JOHN } from '../harness/person.ts';
import type { Server } from '../harness/server.ts';
import { expect, test } from '../harness/test.ts';

test.use({ live: 'on', flags: ['--send-rate', '0'] });

/**
 * The time, in milliseconds, in which something counts as immediate: far sooner than the next poll, also on a
 * busy machine.
 */
const AT_ONCE = { timeout: 2500 };

/** The open live connections of a page, in the order in which they were opened. */
function connections(page: Page): WebSocket[] {
  const open: WebSocket[] = [];
  page.on('websocket', socket => {
    if (!socket.url().endsWith('/messages/live')) return;
    open.push(socket);
    socket.on('close', () => open.splice(open.indexOf(socket), 1));
  });
  return open;
}

/** The polls of a page. */
function polls(page: Page): () => number {
  let count = 0;
  page.on('request', request => {
    if (request.url().includes('/messages/sync')) count++;
  });
  return () => count;
}

/** A person whose page is connected: it has shown something that came over the connection. */
async function connected(somebody: Person): Promise<void> {
  const ready = somebody.page
    .waitForEvent('websocket', { predicate: isLive })
    .then(socket =>
      socket.waitForEvent('framereceived', { predicate: ({ payload }) => payload.includes('"op":"ready"') }),
    );
  await somebody.page.reload();
  await ready;
  await somebody.page.waitForLoadState('networkidle');
}

/** How many live connections a server has. */
async function openAt(server: Server): Promise<number> {
  const metrics = await (await fetch(`${server.url}/metrics`)).text();
  return Number(/^jobline_live_connections (\d+)$/m.exec(metrics)?.[1]);
}

const isLive = (socket: WebSocket) => socket.url().endsWith('/messages/live');
const typing = (place: Locator, name: string) => place.getByText(`${name} is typing…`);
const online = (place: Locator) => place.getByRole('img', { name: 'Online' });
const head = (person: Person) => person.page.locator('.chat-head');

/** Milliseconds from a send of John's until You see the message: the best of five. */
async function bestDelay(you: Person, api: Api): Promise<number> {
  const times: number[] = [];
  for (let number = 1; number <= 5; number += 1) {
    const shown = you.message(`Right now ${number}`).waitFor(AT_ONCE);
    const at = Date.now();
    await api.say('john', 'you', `Right now ${number}`);
    await shown;
    times.push(Date.now() - at);
  }
  return Math.min(...times);
}

test('a message arrives sooner than the next poll, without a poll', {
  tag: '@timing',
}, async ({ person, api }) => {
  const you = await (await person('You')).open('John Smith');
  await connected(you);
  await you.sees('8 AM works?');
  const count = polls(you.page);
  expect(await bestDelay(you, api)).toBeLessThan(300);
  expect(count()).toBe(0);
  // Read receipts and the user's own messages come back as soon.
  await you.say('On my way');
  await expect(you.message('On my way')).toContainText('Sent', AT_ONCE);
  await api.read('john', WITH_JOHN);
  await expect(you.message('On my way')).toContainText('Read', AT_ONCE);
});

test('the typing indicator appears and disappears in the header and in the list, and moves nothing', async ({
  person,
}) => {
  const you = await (await person('You')).open('John Smith');
  await connected(you);
  const places = () =>
    you.page
      .locator(
        '.chat-head, .chat-head .avatar, .chat-head .name, .message, .conversation > *:not(.dot, .preview)',
      )
      .evaluateAll(all => all.map(element => JSON.stringify(element.getBoundingClientRect())));
  const before = await places();
  const john = await (await person('John Smith')).open('You');
  await connected(john);
  await expect(online(head(you))).toBeVisible();
  expect(await places()).toEqual(before);
  await john.field.pressSequentially('I am ', { delay: 30 });
  await expect(typing(head(you), 'John Smith')).toBeVisible(AT_ONCE);
  expect(await places()).toEqual(before);
  if (await you.list.isVisible()) await expect(typing(you.row('John Smith'), 'John Smith')).toBeVisible();
  // It is emptied, and then left alone: both end it.
  await john.field.fill('');
  await expect(typing(head(you), 'John Smith')).toHaveCount(0, AT_ONCE);
  await john.field.pressSequentially('I am on my way', { delay: 30 });
  await expect(typing(head(you), 'John Smith')).toBeVisible(AT_ONCE);
  await expect(typing(head(you), 'John Smith')).toHaveCount(0, { timeout: 9000 });
  // A message ends it at once.
  await john.field.pressSequentially('!', { delay: 30 });
  await expect(typing(head(you), 'John Smith')).toBeVisible({ timeout: 5000 });
  await john.send.click();
  await you.sees('I am on my way!');
  await expect(typing(head(you), 'John Smith')).toHaveCount(0, AT_ONCE);
});

test('the online dot disappears when a person goes offline, and the header shows when they were last seen', async ({
  person,
}, info) => {
  test.skip(info.project.name !== 'desktop', 'the same code');
  const you = await (await person('You')).open('John Smith');
  let tell = (_: object) => {};
  await you.page.routeWebSocket(/\/messages\/live$/, socket => {
    socket.connectToServer();
    tell = frame => socket.send(JSON.stringify(frame));
  });
  await connected(you);
  await expect(online(you.row('John Smith'))).toHaveCount(0);
  await person('John Smith');
  await expect(online(you.row('John Smith'))).toBeVisible();
  await expect(online(head(you))).toBeVisible();
  await expect(head(you).getByText('Online')).toBeVisible();
  // The server reports this two minutes after their tab was closed; the tests of the crate `live` check it
  // with a clock that they move.
  tell({ op: 'presence', userId: 'john', state: 'recent', lastActiveAt: new Date().toISOString() });
  await expect(online(you.row('John Smith'))).toHaveCount(0);
  await expect(head(you).getByText('Last seen today')).toBeVisible();
});

test('after being offline the missed messages are shown, and the live connection is back', async ({
  person,
  api,
}) => {
  const you = await (await person('You')).open('John Smith');
  await connected(you);
  const open = connections(you.page);
  await you.page.context().setOffline(true);
  await api.say('john', 'you', 'While you were away');
  await you.say('Written without a connection');
  await expect(you.page.getByText(/offline/i).filter({ visible: true })).toHaveCount(1);
  await you.page.context().setOffline(false);
  await you.sees('While you were away');
  await expect(you.message('Written without a connection')).toContainText(/Sent|Delivered/);
  await api.say('john', 'you', 'Live again');
  await you.message('Live again').waitFor();
  await expect.poll(() => open.length).toBeLessThanOrEqual(1);
});

test('after the server is killed and restarted nothing is lost, and the live connection is back', async ({
  person,
  api,
  server,
}) => {
  const you = await (await person('You')).open('John Smith');
  await connected(you);
  const open = connections(you.page);
  await api.say('john', 'you', 'Before');
  await you.message('Before').waitFor(AT_ONCE);
  await server.kill();
  await you.say('Into the dark');
  await server.start();
  await expect(you.message('Into the dark')).toContainText(/Sent|Delivered/);
  await expect.poll(() => open.length).toBe(1);
  await api.say('john', 'you', 'After');
  await you.message('After').waitFor(AT_ONCE);
  expect(
    (await api.messages('you', WITH_JOHN)).filter(({ content }) => content === 'Into the dark'),
  ).toHaveLength(1);
});

test('when the server stops offering live connections, pages poll, and no error is shown', async ({
  person,
  api,
  server,
}) => {
  const you = await (await person('You')).open('John Smith');
  await connected(you);
  const open = connections(you.page);
  await server.stop();
  await server.start(['--live', 'off']);
  await api.say('john', 'you', 'By a poll');
  await you.sees('By a poll');
  await you.say('And back');
  await expect(you.message('And back')).toContainText(/Sent|Delivered/);
  expect(open).toHaveLength(0);
  await expect(you.page.locator('.connection .line')).toHaveCount(0);
});

test('where a proxy blocks upgrades, long polls deliver messages as fast', {
  tag: '@timing',
}, async ({ browserOfOne, api }) => {
  const context = await browserOfOne();
  const page = await context.newPage();
  let tried = 0;
  await page.routeWebSocket(/\/messages\/live/, socket => {
    tried += 1;
    void socket.close({ code: 1011 });
  });
  const waits = page.waitForRequest(/\/messages\/sync\?.*wait=20/, { timeout: 30_000 });
  const you = await (await new Person(page).signIn('You')).open('John Smith');
  await api.say('john', 'you', 'By any poll');
  await you.sees('By any poll');
  await waits;
  expect(tried).toBe(3);
  // Other requests in flight end with the first answer.
  await api.say('john', 'you', 'By the one that waits');
  await you.sees('By the one that waits');
  const others: string[] = [];
  page.on('request', request => {
    if (/\/messages\/sync(?!.*wait=20)/.test(request.url())) others.push(request.url());
  });
  expect(await bestDelay(you, api)).toBeLessThan(300);
  expect(others).toEqual([]);
  expect(tried).toBe(3);
});

test('200 messages, with the connection cut in between: none missing, duplicated or out of order', async ({
  browserOfOne,
  api,
}) => {
  const context = await browserOfOne();
  const page = await context.newPage();
  let cut = (): void => undefined;
  let opened = 0;
  await page.routeWebSocket(/\/messages\/live/, socket => {
    opened += 1;
    const server = socket.connectToServer();
    let isCut = false;
    // Passed on here: what the page sent just before the cut would be lost with the closing connection.
    socket.onMessage(said => {
      if (!isCut) server.send(said);
    });
    cut = () => {
      isCut = true;
      void socket.close({ code: 4999 });
      void server.close();
    };
  });
  const you = await (await new Person(page).signIn('You')).open('John Smith');
  await expect.poll(() => opened).toBe(1);
  const texts = Array.from({ length: 200 }, (_, index) => `Burst ${index + 1}.`);
  for (const [index, text] of texts.entries()) {
    await api.say('john', 'you', text);
    if (index === 99) cut();
  }
  await you.message('Burst 200.').waitFor();
  await expect.poll(() => opened).toBe(2);
  // The page keeps only messages near the visible ones: the test scrolls through all of them.
  const seen = new Set<string>();
  const order: number[] = [];
  await expect(async () => {
    const shown = (await you.texts()).filter(text => text.startsWith('Burst '));
    const numbers = shown.map(text => Number(/\d+/.exec(text)?.[0]));
    expect(numbers).toEqual([...new Set(numbers)].sort((one, other) => one - other));
    for (const text of shown) seen.add(text);
    order.push(numbers.length);
    if (!seen.has('Burst 1.')) await you.log.evaluate(log => log.scrollBy(0, -1500));
    expect(seen.has('Burst 1.')).toBe(true);
  }).toPass({ intervals: [100], timeout: 60_000 });
  expect([...seen].map(text => Number(/\d+/.exec(text)?.[0])).sort((a, b) => a - b)).toEqual(
    texts.map((_, index) => index + 1),
  );
});

test('three tabs share one connection; when its tab is closed, another one takes over', async ({
  person,
  api,
  server,
}, info) => {
  test.skip(info.project.name !== 'desktop', 'about tabs, which are the same there');
  const first = await (await person('You')).open('John Smith');
  const tabs = [first, await first.inNewTab('You'), await first.inNewTab('You')];
  for (const tab of tabs.slice(1)) await tab.open('John Smith');
  let holder: Person | undefined;
  for (const tab of tabs) {
    tab.page.on('websocket', socket => {
      if (isLive(socket)) holder = tab;
    });
  }
  // From here on it is known which tab holds the connection: the last one that was opened.
  for (const tab of tabs) await tab.page.reload();
  await expect.poll(() => openAt(server)).toBe(1);
  await expect.poll(() => holder).toBe(first);
  await api.say('john', 'you', 'To all three');
  for (const tab of tabs) await tab.message('To all three').waitFor(AT_ONCE);
  await first.page.close();
  await expect.poll(() => holder).not.toBe(first);
  await expect.poll(() => openAt(server)).toBe(1);
  await api.say('john', 'you', 'To the two');
  for (const tab of tabs.slice(1)) await tab.sees('To the two');
});

test('screen readers do not announce typing and presence', async ({ person }) => {
  const you = await (await person('You')).open('John Smith');
  await connected(you);
  const john = await (await person('John Smith')).open('You');
  await connected(john);
  await expect(online(head(you))).toBeVisible();
  await john.field.pressSequentially('Half a sen', { delay: 30 });
  await expect(typing(head(you), 'John Smith')).toBeVisible(AT_ONCE);
  // It appears and disappears, and screen readers do not announce it each time.
  await expect(
    you.page.locator('[aria-live], [role=status], [role=log]').filter({ hasText: 'is typing' }),
  ).toHaveCount(0);
});
