import { gzipSync } from 'node:zlib';
import { Person } from '../harness/person.ts';
import { expect, test } from '../harness/test.ts';

/** The most JavaScript that the app may load first, in bytes, gzipped, its worker included. */
const APP_BYTES = 46 * 1024;
/** The same for the element, one script with its styles and every language. */
const ELEMENT_BYTES = 80 * 1024;
/**
 * The same for each script that the app loads later; that for recording and playing voice messages may be
 * larger.
 */
const PART_BYTES = 5 * 1024;
const VOICE_BYTES = 8 * 1024;

test('what the app loads first is at most 46 KB of JavaScript', async ({ browserOfOne, server }, info) => {
  test.skip(info.project.name !== 'desktop', 'the same files');
  const page = await (await browserOfOne()).newPage();
  const paths = new Set(['/sw.js']);
  page.on('request', request => {
    const { pathname } = new URL(request.url());
    if (pathname.endsWith('.js')) paths.add(pathname);
  });
  const you = await new Person(page).signIn('You');
  await you.open('John Smith');
  await you.sees('8 AM works?');
  const found = new Map<string, number>();
  for (const path of paths) {
    const answer = await fetch(server.url + path);
    expect(answer.status, path).toBe(200);
    found.set(path, gzipSync(await answer.text(), { level: 9 }).length);
  }
  // The chunks that are loaded later: sending, live connections, recording, announcements, attachments,
  // notifications; and the page before a demo.
  const later = [...found].filter(([path]) =>
    /onDemand|live|LastSeen|Voice|Announcer|Tray|push|DemoPage|check|words|calls|lineWords|CallLine|voice|microphone/.test(
      path,
    ),
  );
  expect(later.length).toBeGreaterThan(0);
  for (const [path, bytes] of later)
    expect(bytes, path).toBeLessThanOrEqual(path.includes('Voice') ? VOICE_BYTES : PART_BYTES);
  const all = [...found.values()].reduce((sum, bytes) => sum + bytes, 0);
  const total = all - later.reduce((sum, [, bytes]) => sum + bytes, 0);
  info.annotations.push({
    type: 'JavaScript',
    description: `${total} bytes gzipped: ${JSON.stringify([...found])}`,
  });
  // The chunk for calls comes with the first call.
  expect([...paths].filter(path => path.includes('/part-'))).toEqual([]);
  expect(found.size).toBeGreaterThan(1);
  expect(total).toBeLessThanOrEqual(APP_BYTES);
  const element = await (await fetch(`${server.url}/jobline-chat.js`)).text();
  expect(gzipSync(element, { level: 9 }).length).toBeLessThanOrEqual(ELEMENT_BYTES);
});

test('it can be installed, and opens without a connection', async ({ person }) => {
  const you = await person('You', { serviceWorkers: 'allow' });
  const manifest = await you.page.evaluate(async () => {
    const link = document.querySelector<HTMLLinkElement>('link[rel=manifest]');
    const answer = await fetch(link?.href ?? '');
    return { type: answer.headers.get('content-type'), ...(await answer.json()) };
  });
  expect(manifest.type).toBe('application/manifest+json');
  expect(manifest).toMatchObject({
    display: 'standalone',
    start_url: expect.any(String),
    name: expect.any(String),
  });
  const sizes = manifest.icons.map((icon: { sizes: string }) => icon.sizes).join(' ');
  expect(sizes).toMatch(/192x192/);
  expect(sizes).toMatch(/512x512/);
  expect(JSON.stringify(manifest.icons)).toContain('maskable');
  for (const icon of manifest.icons) {
    expect((await you.page.request.get(new URL(icon.src, you.page.url()).href)).status()).toBe(200);
  }
  await you.page.evaluate(() => navigator.serviceWorker.ready);
  await expect(you.row('John Smith')).toBeVisible();
  await you.page.context().setOffline(true);
  await you.page.reload();
  await expect(you.row('John Smith')).toBeVisible();
});

test('opened offline with nobody signed in, it begins by itself once the device is online', async ({
  browserOfOne,
}) => {
  const context = await browserOfOne({ serviceWorkers: 'allow' });
  const page = await context.newPage();
  await page.goto('/');
  const people = page.getByRole('button', { name: 'John Smith' });
  await expect(people).toBeVisible();
  await page.evaluate(() => navigator.serviceWorker.ready);
  await context.setOffline(true);
  await page.reload();
  await expect(page.getByRole('button', { name: 'Try again' })).toBeVisible();
  await context.setOffline(false);
  await people.click();
  await expect(page.getByRole('heading', { name: 'Messages' })).toBeVisible();
  // From then on a connection that comes back does not reload the page.
  await page.evaluate(() => Object.assign(globalThis, { isSamePage: true }));
  await context.setOffline(true);
  await expect(page.locator('.line:visible').first()).toBeVisible();
  await context.setOffline(false);
  await expect(page.locator('.line:visible')).toHaveCount(0);
  expect(await page.evaluate(() => 'isSamePage' in globalThis)).toBe(true);
});

test('a user who came from a marketplace can open the installed app offline, until they sign out', async ({
  browserOfOne,
  api,
}) => {
  const context = await browserOfOne({ serviceWorkers: 'allow' });
  const sent = new Person(await context.newPage());
  await sent.page.goto(`/#token=${api.token('you')}`);
  await expect(sent.row('John Smith')).toBeVisible();
  expect(sent.page.url()).not.toContain('token');
  await sent.page.evaluate(() => navigator.serviceWorker.ready);
  await sent.page.close();

  await context.setOffline(true);
  const later = new Person(await context.newPage());
  await later.page.goto('/');
  await expect(later.row('John Smith')).toBeVisible();

  await context.setOffline(false);
  await later.page.getByRole('button', { name: 'Settings' }).click();
  await later.page.getByRole('button', { name: 'Sign out', exact: true }).click();
  await expect(later.page.getByRole('heading', { name: 'Who are you?' })).toBeVisible();
  await later.page.close();
  const nobody = await context.newPage();
  await nobody.goto('/');
  await expect(nobody.getByRole('heading', { name: 'Who are you?' })).toBeVisible();
});

test('the languages are English, Spanish, and Arabic from right to left', async ({ person }) => {
  const you = await person('You');
  await you.page.getByRole('button', { name: 'Settings' }).click();
  await you.page.getByRole('combobox').selectOption('es');
  await expect(you.page.locator('html')).toHaveAttribute('lang', 'es');
  await expect(you.page.getByRole('heading', { name: 'Mensajes' })).toBeAttached();
  await you.page.getByRole('combobox').selectOption('ar');
  await expect(you.page.locator('html')).toHaveAttribute('dir', 'rtl');
  await you.page.reload();
  await expect(you.page.locator('html')).toHaveAttribute('lang', 'ar');
});

test.describe('on a server without the demo', () => {
  test.use({ flags: ['--jwt-secret', 'a secret of the tests that is long enough'] });

  test('the page shows where to sign in', async ({ browserOfOne }) => {
    const page = await (await browserOfOne()).newPage();
    await page.goto('/');
    await expect(page.getByRole('heading', { name: 'You are not signed in' })).toBeVisible();
  });
});
