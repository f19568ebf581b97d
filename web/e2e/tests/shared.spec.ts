import { createServer } from 'node:http';
import type { BrowserContext } from '@playwright/test';
import { findings } from '../harness/axe.ts';
import { Person } from '../harness/person.ts';
import { expect, test } from '../harness/test.ts';

test.skip(({ isMobile }) => isMobile, 'about sign-ins, which are the same there');

/** Opens the app with a token, as a link of the marketplace does. */
async function opened(context: BrowserContext, token?: string, place = ''): Promise<Person> {
  const person = new Person(await context.newPage());
  await person.page.goto(token === undefined ? '/' : `/#token=${token}${place}`);
  return person;
}

const asks = (person: Person) => person.page.getByRole('heading', { name: /You are signed in as/ });
const signOut = async (person: Person) => {
  await person.page.getByRole('button', { name: 'Settings' }).click();
  await person.page.getByRole('button', { name: 'Sign out', exact: true }).click();
};

test('a link with another user’s token asks first, and then applies to its tab only', async ({
  browserOfOne,
  api,
}) => {
  const context = await browserOfOne();
  const you = await opened(context, api.token('you'));
  await expect(you.row('John Smith')).toBeVisible();

  const stays = await opened(context, api.token('mike'), '&open=/with/john');
  await expect(asks(stays)).toHaveText('You are signed in as You. Continue as Mike Worker?');
  expect(stays.page.url()).not.toContain('token');
  expect(await findings(stays.page)).toEqual([]);
  await stays.page.getByRole('button', { name: 'Stay signed in as You' }).click();
  await expect(stays.row('Jane Doe')).toBeVisible();

  const mike = await opened(context, api.token('mike'));
  await mike.page.getByRole('button', { name: 'Continue as Mike Worker' }).click();
  await expect(mike.list.getByRole('heading', { name: 'Messages' })).toBeVisible();
  await mike.page.reload();
  await expect(mike.row('You')).toBeVisible();
  await expect(mike.row('Jane Doe')).toHaveCount(0);

  // The device still belongs to the first user.
  await expect((await opened(context)).row('Jane Doe')).toBeVisible();
  await expect(you.row('Jane Doe')).toBeVisible();
});

test('a malformed, expired or refused token changes nothing', async ({ browserOfOne, api }) => {
  const context = await browserOfOne();
  const you = await opened(context, api.token('you'));
  await expect(you.row('Jane Doe')).toBeVisible();
  const forged = api.token('mike').replace(/\.[^.]*$/, '.forged');
  for (const token of ['damaged', '', api.token('mike', -600), api.token('you', -600), forged]) {
    const again = await opened(context, token);
    await expect(again.row('Jane Doe')).toBeVisible();
    await expect(asks(again)).toHaveCount(0);
    await again.page.reload();
    await expect(again.row('Jane Doe')).toBeVisible();
    await again.page.close();
  }
  // A forged token of the same user: the earlier one stays in use.
  const yours = await opened(context, api.token('you').replace(/\.[^.]*$/, '.forged'));
  await yours.open('John Smith');
  await yours.say('Still signed in');
  await expect(yours.message('Still signed in')).toContainText(/Sent|Delivered/);
});

test('with nobody signed in, an expired token signs nobody in', async ({ browserOfOne, api }) => {
  const context = await browserOfOne();
  for (const token of ['damaged', api.token('you', -600)]) {
    const nobody = await opened(context, token);
    await expect(nobody.page.getByRole('heading', { name: 'Who are you?' })).toBeVisible();
    await nobody.page.reload();
    await expect(nobody.page.getByRole('heading', { name: 'Who are you?' })).toBeVisible();
  }
});

test('signing out ends the session in every tab, also in a reloaded one, and only for that user', async ({
  browserOfOne,
  api,
}) => {
  const context = await browserOfOne();
  const first = await opened(context, api.token('you'));
  await expect(first.row('Jane Doe')).toBeVisible();
  const mike = await opened(context, api.token('mike'));
  await mike.page.getByRole('button', { name: 'Continue as Mike Worker' }).click();
  await expect(mike.row('You')).toBeVisible();
  const second = await opened(context);
  await second.open('John Smith');
  await second.sees('8 AM works?');

  await signOut(first);
  await expect(second.page.getByRole('heading', { name: 'Who are you?' })).toBeVisible();
  await expect(second.page.getByText('8 AM works?')).toHaveCount(0);
  await second.page.reload();
  await expect(second.page.getByRole('heading', { name: 'Who are you?' })).toBeVisible();
  await mike.page.reload();
  await expect(mike.row('You')).toBeVisible();
  const names = await mike.page.evaluate(async () =>
    (await indexedDB.databases()).map(({ name }) => name ?? ''),
  );
  expect(names.filter(name => name.endsWith(':mike'))).toHaveLength(1);
});

test('signing out everywhere asks about the unsent messages of all users, and then deletes everything', async ({
  browserOfOne,
  api,
}) => {
  const context = await browserOfOne();
  const you = await opened(context, api.token('you'));
  await expect(you.row('Jane Doe')).toBeVisible();
  const mike = await opened(context, api.token('mike'));
  await mike.page.getByRole('button', { name: 'Continue as Mike Worker' }).click();
  await mike.open('You');
  await context.route('**/messages/send', route => route.abort());
  await mike.say('Never sent');
  await mike.sees('Never sent');

  const everywhere = you.page.getByRole('button', { name: 'Sign out everywhere on this device' });
  await you.page.getByRole('button', { name: 'Settings' }).click();
  await everywhere.click();
  await expect(you.page.getByText('1 message has not been sent and will be lost.')).toBeVisible();
  expect(await findings(you.page)).toEqual([]);
  await you.page.getByRole('button', { name: 'Cancel' }).click();
  await mike.sees('Never sent');
  await everywhere.click();
  await expect(you.page.getByRole('button', { name: 'Cancel' })).toBeVisible();
  await everywhere.click();
  for (const { page } of [you, mike]) {
    await expect(page.getByRole('heading', { name: 'Who are you?' })).toBeVisible();
    await page.reload();
    await expect(page.getByRole('heading', { name: 'Who are you?' })).toBeVisible();
  }
  const storage = () => mike.page.evaluate(() => ({ ...localStorage }));
  await expect.poll(storage).toEqual({ 'jobline-signed-in': '{}' });
  const rows = () =>
    mike.page.evaluate(async () => {
      const keys = (name: string) =>
        new Promise<IDBValidKey[]>((resolve, reject) => {
          const opening = indexedDB.open(name);
          opening.onerror = () => reject(opening.error);
          opening.onsuccess = () => {
            const database = opening.result;
            const read = database.transaction('rows').objectStore('rows').getAllKeys();
            read.onsuccess = () => resolve(read.result);
            database.close();
          };
        });
      const names = (await indexedDB.databases()).map(({ name }) => name ?? '');
      return (await Promise.all(names.map(keys))).flat();
    });
  await expect.poll(async () => (await rows()).filter(key => key !== 'session')).toEqual([]);
});

test('signing out asks about the user’s unsent messages', async ({ browserOfOne, api }) => {
  const context = await browserOfOne();
  const you = await opened(context, api.token('you'));
  await context.route('**/messages/send', route => route.abort());
  await you.open('John Smith');
  await you.say('Never sent');
  await you.sees('Never sent');
  await signOut(you);
  await expect(you.page.getByText('1 message has not been sent and will be lost.')).toBeVisible();
  await you.page.getByRole('button', { name: 'Sign out', exact: true }).click();
  await expect(you.page.getByRole('heading', { name: 'Who are you?' })).toBeVisible();
});

test('the page is not blank when storage holds garbage or throws', async ({ browserOfOne, api }) => {
  const garbage = await browserOfOne();
  await garbage.addInitScript(() => {
    if (location.protocol === 'about:') return;
    for (const storage of [localStorage, sessionStorage])
      for (const name of ['session', 'signed-in', 'language']) storage.setItem(`jobline-${name}`, 'x');
  });
  const you = await opened(garbage, api.token('you'));
  await expect(you.row('John Smith')).toBeVisible();

  const denied = await browserOfOne();
  await denied.addInitScript(() => {
    for (const name of ['localStorage', 'sessionStorage', 'indexedDB'])
      Object.defineProperty(window, name, {
        get() {
          throw new DOMException('Denied.', 'SecurityError');
        },
      });
  });
  const other = await opened(denied, api.token('you'));
  await other.open('John Smith');
  await expect(other.page.getByText(/This browser keeps nothing for this page/).first()).toBeVisible();
  await other.say('From memory');
  await expect(other.message('From memory')).toContainText(/Sent|Delivered/);
});

test('an installed app opens while a proxy answers in place of the server', async ({ person, server }) => {
  const you = await person('You', { serviceWorkers: 'allow' });
  await you.page.evaluate(() => navigator.serviceWorker.ready);
  await you.page.reload();
  await expect(you.row('John Smith')).toBeVisible();
  await server.stop();
  let asked = 0;
  const proxy = createServer((request, response) => {
    if (request.url === '/') asked += 1;
    response.writeHead(502, { 'content-type': 'text/html' }).end('<h1>Bad gateway</h1>');
  });
  await new Promise<void>(resolve => proxy.listen(Number(new URL(server.url).port), '127.0.0.1', resolve));
  await you.page.reload();
  await expect(you.row('John Smith')).toBeVisible();
  expect(asked).toBeGreaterThan(0);
  proxy.closeAllConnections();
  await new Promise(resolve => proxy.close(resolve));
});

test('the page reloads when a deploy removed the files of its language', async ({ person }) => {
  const you = await person('You');
  let asked = 0;
  await you.page.route('**/assets/es-*.json', route => {
    asked += 1;
    return asked > 1 ? route.continue() : route.fulfill({ status: 404, body: '' });
  });
  await you.page.getByRole('button', { name: 'Settings' }).click();
  await you.page.getByRole('combobox').selectOption('es');
  await expect(you.page.getByRole('heading', { name: 'Mensajes' })).toBeAttached();
  expect(asked).toBe(2);
});

test('something is drawn before the server returns the demo’s users', async ({ browserOfOne }) => {
  const page = await (await browserOfOne()).newPage();
  let answer = () => {};
  const held = new Promise<void>(resolve => {
    answer = resolve;
  });
  await page.route('**/demo/people', async route => {
    await held;
    await route.continue();
  });
  await page.goto('/');
  await expect(page.getByRole('img', { name: 'Loading…' })).toBeVisible();
  answer();
  await expect(page.getByRole('heading', { name: 'Who are you?' })).toBeVisible();
});
