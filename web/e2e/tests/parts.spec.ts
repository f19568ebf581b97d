import { expect, test } from '../harness/test.ts';

test.use({ provoked: /could not be loaded|Failed to load resource|net::ERR_/ });
test.skip(({ isMobile }) => isMobile, 'the same code');

test('a chunk of the app that could not be loaded is loaded once the device is online again', async ({
  person,
}) => {
  const you = await person('You');
  const failed = you.page.waitForEvent('console', message => /could not be loaded/.test(message.text()));
  await you.page.context().setOffline(true);
  await you.page.getByRole('button', { name: 'Settings' }).click();
  await failed;
  await expect(you.page.getByRole('combobox')).toHaveCount(0);
  await you.page.context().setOffline(false);
  await expect(you.page.getByRole('combobox')).toBeVisible();
});

test('a chunk that fails to load reloads the page once, and each further attempt uses another URL', async ({
  person,
}) => {
  const you = await person('You');
  const asked: string[] = [];
  await you.page.route(/assets\/SettingsDialog/, route => {
    asked.push(route.request().url());
    return asked.length < 4 ? route.abort() : route.continue();
  });
  const settings = you.page.getByRole('button', { name: 'Settings' });
  // A new version may have been deployed, so the first failure reloads the page.
  const reloaded = you.page.waitForEvent('load');
  await settings.click();
  await reloaded;
  let loads = 0;
  you.page.on('load', () => (loads += 1));
  const failure = () =>
    you.page.waitForEvent('console', message => /could not be loaded/.test(message.text()));
  let failed = failure();
  await settings.click();
  // One attempt at a time: the first two fail, and the third is answered.
  for (const count of [3, 4]) {
    await failed;
    failed = failure();
    failed.catch(() => undefined);
    await you.page.evaluate(() => dispatchEvent(new Event('focus')));
    await expect.poll(() => asked.length).toBe(count);
  }
  await expect(you.page.getByRole('combobox')).toBeVisible();
  expect(loads).toBe(0);
  // One from before the reload, and three from after it: browsers remember a failed module by its URL.
  expect(asked[1]).toBe(asked[0]);
  expect(new Set(asked.slice(1)).size).toBe(asked.length - 1);
});
