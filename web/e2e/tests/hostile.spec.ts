import { pdf } from '../harness/picture.ts';
import { expect, test } from '../harness/test.ts';

test.use({ flags: ['--send-rate', '0'] });

const HOSTILE = [
  '<img src=x onerror="document.title=\'owned\'">',
  '<script>document.title="owned"</script>',
  '"><svg onload=document.title="owned">',
  'javascript:document.title="owned"',
  '[click](javascript:alert(1))',
  'data:text/html,<script>alert(1)</script>',
  'https://bank.example@evil.example/',
  'https://evil.example/\u202Egnp.exe',
  '{{constructor.constructor("document.title=1")()}}',
];

test('messages are shown as text, whatever they contain', async ({ person, api }) => {
  for (const text of HOSTILE) await api.say('john', 'you', text);
  const you = await (await person('You')).open('John Smith');
  for (const text of HOSTILE) {
    const shown = you.messages.filter({ has: you.page.getByText(text, { exact: true }) });
    await expect(shown.or(you.messages.filter({ hasText: text })).first()).toBeVisible();
  }
  await expect(you.page).not.toHaveTitle(/owned/);
  await expect(you.log.locator('.text').locator('img, script, svg, iframe, style')).toHaveCount(0);
  const links = await you.log
    .locator('.text a')
    .evaluateAll(all => all.map(one => one.getAttribute('href') ?? ''));
  for (const link of links) expect(link).toMatch(/^https?:\/\//);
  expect(links.join()).not.toContain('bank.example');
});

test('a link opens in a new tab, without opener or referrer', async ({ person, api }) => {
  await api.say('john', 'you', 'Look at https://paint.example/white?size=5 (or http://other.example).');
  const you = await (await person('You')).open('John Smith');
  const link = you.log.getByRole('link', { name: 'https://paint.example/white?size=5' });
  await expect(link).toHaveAttribute('rel', 'noopener noreferrer nofollow');
  await expect(link).toHaveAttribute('target', '_blank');
  await expect(link).toHaveAttribute('href', 'https://paint.example/white?size=5');
  await expect(you.log.getByRole('link', { name: 'http://other.example' })).toBeVisible();
});

test('a link’s address is shown as it is, whatever direction the text around it has', async ({
  person,
  api,
}) => {
  await api.say('john', 'you', '\u202ePay here https://evil.example/moc.knab//:sptth now');
  await api.say('john', 'you', 'ادفع هنا https://evil.example/pay شكرا');
  const you = await (await person('You')).open('John Smith');
  await expect(you.log.getByRole('link')).toHaveCount(2);
  const forwards = await you.log.getByRole('link').evaluateAll(links =>
    links.map(link => {
      const text = link.firstChild;
      const left = (at: number) => {
        const range = document.createRange();
        if (text) range.setStart(text, at);
        if (text) range.setEnd(text, at + 1);
        return range.getBoundingClientRect().left;
      };
      // The host name of the server, letter by letter.
      return [9, 10, 11, 12].every(at => left(at) > left(at - 1));
    }),
  );
  expect(forwards).toEqual([true, true]);
});

test('names and file names cannot imitate something else', async ({ person, api }) => {
  await api.person('john', '<b>John</b> <img src=x onerror=alert(1)>');
  await api.sendFile('john', 'you', 'invoice.txt', 'text/plain', Buffer.from('hello'));
  await api.sendFile('john', 'you', 'img src=x onerror=alert(1).pdf', 'application/pdf', pdf());
  const you = await person('Mike Worker');
  // The server refuses such names. The page does not rely on that.
  await you.page.context().route('**/messages/**', async route => {
    const answer = await route.fetch();
    const text = await answer.text();
    await route.fulfill({
      response: answer,
      body: text
        .replaceAll('invoice.txt', 'invoice\\u202Efdp.txt')
        .replaceAll('img src=x onerror=alert(1).pdf', '<img src=x onerror=alert(1)>.pdf')
        .replaceAll('<b>John</b>', '<b>John</b>\\u202Enhoj\\u202C'),
    });
  });
  await you.page.getByRole('button', { name: 'Settings' }).click();
  await you.page.getByRole('button', { name: 'Be someone else' }).click();
  await you.page.getByRole('button', { name: 'You', exact: true }).click();
  const row = you.row('John');
  await expect(row).toContainText('<b>John</b>');
  await row.click();
  await expect(you.log.getByRole('link', { name: /^Download/ })).toHaveCount(2);
  const shown = await you.page.locator('body').innerText();
  expect(shown).not.toMatch(/[\u202A-\u202E\u2066-\u2069]/);
  expect(await you.page.locator('body img[src="x"]').count()).toBe(0);
  const names = await you.log
    .getByRole('link', { name: /^Download/ })
    .evaluateAll(all => all.map(one => one.getAttribute('download') ?? ''));
  for (const name of names) expect(name).not.toMatch(/[\u202A-\u202E\u2066-\u2069]/);
  expect(names[0]).toMatch(/\.txt$/);
  // A poll may be in flight when the test ends.
  await you.page.context().unrouteAll({ behavior: 'ignoreErrors' });
});

test('a message of 2,000 characters without a space wraps, and nothing is wider than the screen', async ({
  person,
  api,
}) => {
  await api.say('john', 'you', 'W'.repeat(2000));
  await api.say('john', 'you', `https://example.com/${'a'.repeat(1900)}`);
  const you = await (await person('You')).open('John Smith');
  await expect(you.messages.last()).toBeVisible();
  const wide = await you.log.evaluate(log => log.scrollWidth - log.clientWidth);
  expect(wide).toBeLessThanOrEqual(0);
});

test.describe('on a page that injects scripts', () => {
  test.use({ provoked: /Content Security Policy|Failed to load resource|net::ERR_/ });

  test('the content security policy blocks other scripts', async ({ person }) => {
    const you = await person('You');
    const outcome = await you.page.evaluate(async () => {
      const blocked = new Set<string>();
      const told = new Promise<void>(resolve => {
        // All four, or those that are there when a person would not wait any longer.
        setTimeout(resolve, 10_000);
        document.addEventListener('securitypolicyviolation', event => {
          if (blocked.add(event.effectiveDirective).size === 4) resolve();
        });
      });
      const script = document.createElement('script');
      script.textContent = 'document.title = "owned"';
      document.body.append(script);
      const image = new Image();
      // Avatars may come from any HTTPS address, and only over HTTPS.
      image.src = 'http://evil.example/pixel.png';
      document.body.append(image);
      const style = document.createElement('style');
      style.textContent = 'body { display: none }';
      document.body.append(style);
      await fetch('https://evil.example/').catch(() => undefined);
      await told;
      for (const one of [script, image, style]) one.remove();
      return { blocked: [...blocked].sort(), title: document.title };
    });
    expect(outcome.blocked).toEqual(['connect-src', 'img-src', 'script-src-elem', 'style-src-elem']);
    expect(outcome.title).not.toBe('owned');
  });
});
