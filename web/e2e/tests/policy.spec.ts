import { Person } from '../harness/person.ts';
import { png } from '../harness/picture.ts';
import { expect, test } from '../harness/test.ts';

// The last step provokes one violation.
test.use({ live: 'on', provoked: /Content Security Policy|Failed to load resource|net::ERR_/ });
test.skip(({ isMobile }) => isMobile, 'the same policy, and the same code');

test('the app does not violate its content security policy during a conversation', async ({
  browserOfOne,
  api,
}) => {
  const page = await (await browserOfOne()).newPage();
  // Violations of a page that was left count as well.
  const refused: string[] = [];
  await page.exposeFunction('tellRefused', (one: string) => refused.push(one));
  await page.addInitScript(() => {
    const { tellRefused } = window as unknown as { tellRefused: (one: string) => void };
    document.addEventListener('securitypolicyviolation', event =>
      tellRefused(`${event.effectiveDirective} ${event.blockedURI}`),
    );
  });
  const live = page.waitForEvent('websocket');
  const answer = await page.goto(`/#token=${api.token('you')}`);
  // Without a policy nothing could be refused.
  expect(answer?.headers()['content-security-policy']).toMatch(/default-src|script-src/);
  await live;
  const you = await new Person(page).open('John Smith');
  await you.say('See https://example.com 👍');
  await expect(you.message('See https')).toContainText(/Sent|Delivered/);
  await api.say('john', 'you', 'I have seen it');
  await you.sees('I have seen it');
  await you.attach({ name: 'wall.png', mimeType: 'image/png', buffer: png(600, 400) });
  await you.say('The wall');
  await expect(you.message('The wall')).toContainText(/Sent|Delivered/);
  await you.log.getByRole('button', { name: /^Open the photo wall/ }).click();
  await expect(page.getByRole('button', { name: 'Zoom in' })).toBeVisible();
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Settings' }).click();
  await page.getByRole('combobox').selectOption('ar');
  await expect(page.locator('html')).toHaveAttribute('dir', 'rtl');
  await page.getByRole('combobox').selectOption('en');
  await expect(page.locator('html')).toHaveAttribute('dir', 'ltr');
  await page.keyboard.press('Escape');
  await page.emulateMedia({ colorScheme: 'dark' });
  await page.reload();
  await you.sees('I have seen it');
  expect(refused).toEqual([]);
  // The listener works: a violation is reported.
  await page.evaluate(() => {
    const style = document.createElement('style');
    style.textContent = 'body { display: none }';
    document.body.append(style);
    style.remove();
  });
  await expect.poll(() => refused).toEqual(['style-src-elem inline']);
});
