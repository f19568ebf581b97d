import type { BrowserContextOptions } from '@playwright/test';
import { findings } from '../harness/axe.ts';
import { pdf, png } from '../harness/picture.ts';
import { expect, test } from '../harness/test.ts';

const LOOKS: Record<string, BrowserContextOptions> = {
  light: { colorScheme: 'light' },
  dark: { colorScheme: 'dark' },
  'right to left': { locale: 'ar-EG', colorScheme: 'light' },
};

for (const [look, options] of Object.entries(LOOKS)) {
  test(`axe finds no violation on any screen: ${look}`, async ({ browserOfOne, api }, info) => {
    test.skip(info.project.name === 'iphone', 'the screens of the other phone');
    await api.sendFile('john', 'you', 'wall-800x600.png', 'image/png', png(800, 600));
    await api.sendFile('john', 'you', 'Offer.pdf', 'application/pdf', pdf());
    await api.say('john', 'you', 'See https://paint.example');
    const context = await browserOfOne(options);
    const page = await context.newPage();
    const clean = async (screen: string) => expect(await findings(page), screen).toEqual([]);
    // Found by role and not by name: this runs in three languages.
    await page.goto('/');
    await page.locator('button.person').first().waitFor();
    expect(await page.evaluate(() => document.documentElement.dir)).toBe(
      look === 'right to left' ? 'rtl' : 'ltr',
    );
    await clean('who are you');
    await page.locator('button.person').first().click();
    await page.locator('button.conversation').first().waitFor();
    await clean('list');
    await page.locator('input[type=search]').fill('nobody');
    await page.locator('.blank [class], .blank strong').first().waitFor();
    await clean('nothing found');
    await page.locator('input[type=search]').fill('');
    await page.locator('.list-head > button').click();
    await page.locator('dialog[open]').waitFor();
    await clean('settings');
    await page.keyboard.press('Escape');
    await page.locator('button.conversation').first().click();
    await page.locator('[role=log] img').waitFor();
    await clean('chat');
    await page.locator('input[type=file]').setInputFiles([
      { name: 'one.png', mimeType: 'image/png', buffer: png(300, 200) },
      { name: 'two.pdf', mimeType: 'application/pdf', buffer: pdf() },
    ]);
    await page.locator('.tray img').waitFor();
    await page.locator('textarea').fill('x'.repeat(1_995));
    await clean('about to send');
    await page.route('**/files/**', route =>
      route.request().method() === 'PUT' ? undefined : route.continue(),
    );
    await page.locator('button.send').click();
    await page.getByRole('progressbar').first().waitFor();
    await clean('upload');
    await page.locator('[data-photo]').first().click();
    await page.locator('dialog.lightbox[open] img').waitFor();
    await clean('photo');
    await page.keyboard.press('Escape');
    await context.setOffline(true);
    await page.locator('.line:visible').first().waitFor();
    await clean('offline');
    await context.setOffline(false);
    await api.oneJob();
    await api.job(42, 'Paint the living room', ['you', 'john'], 'closed');
    await page.locator('.note.plain').waitFor();
    await clean('closed job');
  });
}

test('an incoming message is read out once, and the log has an accessible name', async ({ person, api }) => {
  const you = await (await person('You')).open('John Smith');
  await expect(you.page.getByRole('log', { name: 'Conversation with John Smith' })).toBeVisible();
  await you.sees("Great! I'll start tomorrow");
  await api.say('john', 'you', 'Read me out');
  await expect(
    you.page.locator('[aria-live=polite]').filter({ hasText: 'John Smith: Read me out' }),
  ).toHaveCount(1);
});

test('with prefers-reduced-motion nothing moves', async ({ person }) => {
  const you = await person('You', { reducedMotion: 'reduce' });
  await you.open('John Smith');
  await you.say('Calmly');
  await expect(you.message('Calmly')).toBeVisible();
  const long = await you.page.evaluate(
    () =>
      document.getAnimations().filter(one => Number(one.effect?.getComputedTiming().duration ?? 0) > 10)
        .length,
  );
  expect(long).toBe(0);
});

test('text can be enlarged to 200 %', async ({ person }) => {
  const you = await person('You');
  await you.page.evaluate(() => document.documentElement.style.setProperty('font-size', '200%'));
  const heading = you.list.getByRole('heading', { name: 'Messages' });
  const lines = await heading.evaluate(
    one => one.clientHeight / Number.parseFloat(getComputedStyle(one).lineHeight),
  );
  expect(Math.round(lines)).toBe(1);
  await you.open('John Smith');
  // The name of the other person is not cut in favour of the rest.
  const cut = await you.page
    .locator('.chat-head .name bdi')
    .evaluate(name => name.scrollWidth - name.clientWidth);
  expect(cut).toBe(0);
  await expect(you.field).toBeInViewport({ ratio: 1 });
  await expect(you.send).toBeInViewport({ ratio: 1 });
  const wide = await you.page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  );
  expect(wide).toBe(0);
});

test('in forced-colors mode borders replace backgrounds and shadows', async ({ person, api }) => {
  for (let number = 1; number <= 8; number++)
    await api.say('jane', 'you', `News ${number}\n\n\n\n\n`.repeat(2));
  const you = await (await person('You', { forcedColors: 'active' })).open('Jane Doe');
  await expect(you.page.getByRole('separator', { name: 'New messages' })).toBeVisible();
  await you.page.route('**/files/**', route =>
    route.request().method() === 'PUT' ? undefined : route.continue(),
  );
  const seen = (selector: string, pseudo?: string) =>
    you.page
      .locator(selector)
      .first()
      .evaluate((one, pseudo) => {
        const { backgroundColor, borderTopWidth, borderTopColor } = getComputedStyle(one, pseudo);
        const ground = getComputedStyle(document.body).backgroundColor;
        const line = borderTopWidth !== '0px' && borderTopColor !== ground;
        return line || backgroundColor !== ground;
      }, pseudo);
  expect(await seen('.divider', '::before')).toBe(true);
  for (const part of ['.bubble', '.day', '.jump', '.job', '.avatar'])
    expect(await seen(part), part).toBe(true);
  await you.attach({ name: 'plan.pdf', mimeType: 'application/pdf', buffer: pdf() });
  await expect(you.page.getByRole('list', { name: 'To be sent' })).toContainText('plan.pdf');
  expect(await seen('.tray .file')).toBe(true);
  expect(await seen('.composer .send')).toBe(true);
  await you.send.click();
  await expect(you.log.getByRole('progressbar')).toBeVisible();
  expect(await seen('.upload progress')).toBe(true);
});

test('in forced-colors mode what is chosen has an outline, and menus have borders', async ({ person }) => {
  const you = await (await person('You', { forcedColors: 'active' })).open('Tile the bathroom');
  const style = (selector: string) =>
    you.page
      .locator(selector)
      .first()
      .evaluate(one => {
        const { outlineStyle, borderTopWidth, borderTopStyle } = getComputedStyle(one);
        return {
          outlined: outlineStyle === 'solid',
          bordered: borderTopStyle === 'solid' && borderTopWidth !== '0px',
        };
      });
  // The user's own reaction, and those of others.
  const [mine, theirs] = ['.reactions [aria-pressed="true"]', '.reactions [aria-pressed="false"]'];
  await expect(you.log.locator(mine)).toBeVisible();
  expect(await style(mine)).toEqual({ outlined: true, bordered: true });
  expect(await style(theirs)).toEqual({ outlined: false, bordered: true });
  await you.log.locator('article:has([aria-pressed="true"]) .bubble').click({ button: 'right' });
  await expect(you.page.getByRole('dialog')).toBeVisible();
  expect(await style('.message-dialog')).toMatchObject({ bordered: true });
  expect(await style('.quick [aria-pressed="true"]')).toMatchObject({ outlined: true });
  await you.page.getByRole('button', { name: 'More emoji' }).click();
  await expect(you.page.locator('.emoji-picker .colours [aria-pressed="true"]')).toBeVisible();
  expect(await style('.emoji-picker .colours [aria-pressed="true"]')).toMatchObject({ outlined: true });
  await you.page.keyboard.press('Escape');
  await you.field.pressSequentially('@');
  await expect(you.page.getByRole('option', { selected: true })).toBeVisible();
  expect(await style('.mentions [aria-selected="true"]')).toMatchObject({ outlined: true });
  expect(await style('.mentions [aria-selected="false"]')).toMatchObject({ outlined: false });
});
