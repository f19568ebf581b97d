import type { Page } from '@playwright/test';
import { Person } from '../harness/person.ts';
import { png } from '../harness/picture.ts';
import { expect, test } from '../harness/test.ts';

test.skip(({ isMobile }) => isMobile, 'phones have no keys');

/** Presses Tab until the element with this name has the focus; everything must be reachable. */
async function tabTo(page: Page, name: string | RegExp): Promise<void> {
  for (let presses = 0; presses < 40; presses++) {
    const now = page.locator(':focus');
    const label = (await now.count())
      ? await now.evaluate(one => one.getAttribute('aria-label') ?? (one as HTMLElement).innerText ?? '')
      : '';
    if (typeof name === 'string' ? label === name : name.test(label)) return;
    await page.keyboard.press('Tab');
  }
  throw new Error(`Tab does not lead to ${name}`);
}

test('everything works with the keyboard alone', async ({ browserOfOne }) => {
  const page = await (await browserOfOne()).newPage();
  await page.goto('/');
  await expect(page.getByRole('button', { name: 'You' })).toBeVisible();
  await tabTo(page, /You$/);
  await page.keyboard.press('Enter');
  const you = new Person(page);
  await expect(you.row('John Smith')).toBeVisible();
  await tabTo(page, 'Filter by name or job');
  await page.keyboard.type('john');
  await tabTo(page, /John Smith/);
  await page.keyboard.press('Enter');
  await expect(you.field).toBeFocused();
  await page.keyboard.type('Line one');
  await page.keyboard.press('Shift+Enter');
  await page.keyboard.type('line two');
  await page.keyboard.press('Enter');
  await expect(you.message('Line one')).toContainText('Sent');
  await expect(you.field).toBeFocused();
  await expect(you.field).toHaveValue('');
});

test('the log scrolls by keys', async ({ person, api }) => {
  for (let number = 1; number <= 9; number++)
    await api.say('john', 'you', `Long ${number}\n\n\n\n\n\n\n\nend`);
  const you = await (await person('You')).open('John Smith');
  await you.log.focus();
  const end = await you.log.evaluate(log => log.scrollTop);
  await you.page.keyboard.press('Home');
  await expect.poll(() => you.log.evaluate(log => log.scrollTop)).toBeLessThan(end);
});

test('a photo opens, zooms and closes by keyboard, and the focus returns', async ({ person }) => {
  const you = await (await person('You')).open('John Smith');
  await you.attach({ name: 'wall.png', mimeType: 'image/png', buffer: png(400, 300) });
  await you.send.click();
  await expect(you.messages.last()).toContainText('Sent');
  const tile = you.log.getByRole('button', { name: /^Open the photo wall/ });
  await tile.focus();
  await you.page.keyboard.press('Enter');
  const large = you.page.getByRole('dialog', { name: 'Photos' });
  await expect(large).toBeVisible();
  await you.page.keyboard.press('+');
  await you.page.keyboard.press('Escape');
  await expect(large).toHaveCount(0);
  await expect(tile).toBeFocused();
});

test('the settings trap the focus until they are closed', async ({ person }) => {
  const you = await person('You');
  const settings = you.page.getByRole('button', { name: 'Settings' });
  await settings.focus();
  await you.page.keyboard.press('Enter');
  const dialog = you.page.getByRole('dialog', { name: 'Settings' });
  await expect(dialog).toBeVisible();
  // A person of the demo cannot sign out.
  await expect(dialog).not.toContainText('Signing out');
  for (let presses = 0; presses < 8; presses++) {
    await you.page.keyboard.press('Tab');
    const outside = await you.page.evaluate(() => {
      const focused = document.activeElement;
      return focused !== document.body && !focused?.closest('dialog');
    });
    expect(outside).toBe(false);
  }
  await you.page.keyboard.press('Escape');
  await expect(dialog).toBeHidden();
  await expect(settings).toBeFocused();
});

test('arrow keys move in the list, which is one tab stop, and Escape leaves the chat', async ({ person }) => {
  const you = await person('You');
  const { page } = you;
  await page.getByRole('searchbox').focus();
  await page.keyboard.press('ArrowDown');
  const rows = you.list.locator('[data-conversation]');
  await expect(rows.nth(0)).toBeFocused();
  await page.keyboard.press('ArrowDown');
  await expect(rows.nth(1)).toBeFocused();
  await page.keyboard.press('End');
  await expect(rows.last()).toBeFocused();
  await page.keyboard.press('Tab');
  await expect(rows.and(page.locator(':focus'))).toHaveCount(0);
  await page.keyboard.press('Shift+Tab');
  await expect(rows.last()).toBeFocused();
  await page.keyboard.press('Home');
  await page.keyboard.press('Enter');
  await expect(you.field).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(you.field).toHaveCount(0);
  await expect(rows.nth(0)).toBeFocused();
});

test('Page Up and Page Down in the composer scroll the messages, and the draft stays', async ({
  person,
  api,
}) => {
  for (let number = 1; number <= 9; number++)
    await api.say('john', 'you', `Long ${number}\n\n\n\n\n\n\n\nend`);
  const you = await (await person('You')).open('John Smith');
  await you.field.fill('Half a sentence');
  await you.log.evaluate(log => log.scrollTo({ top: log.scrollHeight }));
  const end = await you.log.evaluate(log => log.scrollTop);
  await you.page.keyboard.press('PageUp');
  await expect.poll(() => you.log.evaluate(log => log.scrollTop)).toBeLessThan(end);
  await you.page.keyboard.press('PageDown');
  await expect(you.field).toHaveValue('Half a sentence');
  await expect(you.field).toBeFocused();
});
