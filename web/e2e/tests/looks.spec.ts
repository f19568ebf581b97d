/** Visual details: positions, and contrast with the background. */

import { contrastOf } from '../harness/contrast.ts';
import { expect, test } from '../harness/test.ts';

for (const scheme of ['light', 'dark'] as const) {
  test(`where the user cannot write, the reason and what to do are legible: ${scheme}`, async ({
    person,
    api,
  }) => {
    await api.oneJob();
    const you = await (await person('You', { colorScheme: scheme })).open('John Smith');
    await api.job(42, 'Paint the living room', ['you', 'john'], 'closed');
    const reason = you.page.getByText(
      'This job is closed. You can read the conversation, but not write in it.',
    );
    await expect(reason).toBeVisible();
    await expect(you.field).toHaveCount(0);
    const other = you.page.getByRole('button', { name: 'Write about another job' });
    expect(await contrastOf(reason)).toBeGreaterThanOrEqual(4.5);
    expect(await contrastOf(other)).toBeGreaterThanOrEqual(4.5);
    // Its edge has the colour of its words.
    const edge = await other.evaluate(one => [getComputedStyle(one).boxShadow, getComputedStyle(one).color]);
    expect(edge[0]).toContain(edge[1]);
  });
}

test('a link to an unknown user says so in place of the composer, without a loading state', async ({
  person,
}) => {
  const you = await person('You');
  for (const [place, reason] of [
    ['/with/nobody', 'You do not share an open job with this person.'],
    ['/c/conv_nobody_you', 'You do not share an open job with this person.'],
    ['/c/conv_jane_john', 'This conversation is not there, or is not yours.'],
  ]) {
    await you.page.goto(`/#${place}`);
    await you.page.reload();
    const chat = you.page.locator('.chat-pane');
    await expect(chat.getByText(reason ?? '')).toBeVisible();
    await expect(you.field).toHaveCount(0);
    await expect(chat.getByText('Say hello', { exact: false })).toHaveCount(0);
    await expect(chat.getByRole('button', { name: 'Write about another job' })).toHaveCount(0);
    await expect(chat.locator('.spinner')).toHaveCount(0);
    const heading = await chat.getByRole('heading', { level: 1 }).innerText();
    expect(heading).not.toMatch(/^$|\?|nobody/);
  }
});

test('times and unread counts of the list are aligned at the end', async ({ person, api }) => {
  for (const text of ['One', 'Two', 'Three']) await api.say('mike', 'you', text);
  const you = await person('You');
  await expect(you.row('Mike Worker')).toContainText('Three');
  const ends = (part: string) =>
    you.list.locator(part).evaluateAll(all => all.map(one => Math.round(one.getBoundingClientRect().right)));
  const times = await ends('.when');
  expect(times).toHaveLength(4);
  expect(new Set([...times, ...(await ends('.badge'))]).size).toBe(1);
});

for (const locale of ['en', 'ar']) {
  test(`a long draft is shown from its beginning over the whole width of its row: ${locale}`, async ({
    browserOfOne,
    api,
    isMobile,
  }) => {
    test.skip(isMobile, 'the same list');
    const page = await (await browserOfOne({ locale })).newPage();
    await page.goto(`/#token=${api.token('you')}`);
    const row = (id: string) => page.locator(`[data-conversation="${id}"]`);
    await row('conv_mike_you').click();
    await page.locator('textarea').fill('Half a thought that is too long to be seen as a whole in a list');
    await row('conv_jane_you').click();
    const draft = row('conv_mike_you').locator('.preview bdi');
    const [first, cut, end] = await draft.evaluate(one => {
      const range = document.createRange();
      range.setStart(one.firstChild as Node, 0);
      range.setEnd(one.firstChild as Node, 1);
      const box = one.getBoundingClientRect();
      const when = one.closest('button')?.querySelector('.when')?.getBoundingClientRect();
      const isRtl = document.documentElement.dir === 'rtl';
      return [
        range.getBoundingClientRect().left - box.left,
        one.scrollWidth - one.clientWidth,
        Math.abs(isRtl ? box.left - (when?.left ?? 0) : box.right - (when?.right ?? 0)),
      ];
    });
    expect(first).toBeGreaterThanOrEqual(0);
    expect(cut).toBeGreaterThan(0);
    expect(end).toBeLessThan(2);
  });
}

test('being offline is announced once', async ({ person }) => {
  const you = await (await person('You')).open('John Smith');
  await you.page.context().setOffline(true);
  const said = you.page.locator('.connection .line').filter({ visible: true });
  await expect(said).toHaveCount(1);
  await expect(said).toBeInViewport();
});

test.describe('a sign-in that has ended', () => {
  test.use({ provoked: /Failed to load resource|net::ERR_/ });
  test.skip(({ isMobile }) => isMobile, 'the same there');

  test('is shown on an empty device instead of a loading state, and the user can sign out', async ({
    browserOfOne,
    api,
  }) => {
    const context = await browserOfOne();
    const first = await context.newPage();
    await first.goto(`/#token=${api.token('you')}`);
    await expect(first.locator('[data-conversation]').first()).toBeVisible();
    // Of the stored data only the session is left, with a token that expired a day ago.
    await first.route('**/*', route => route.abort());
    const ended = api.token('you', -86_400);
    await context.addInitScript(token => {
      if (location.protocol === 'about:' || sessionStorage.getItem('ended')) return;
      sessionStorage.setItem('ended', 'yes');
      const kept = JSON.parse(localStorage.getItem('jobline-session') ?? '{}');
      localStorage.setItem('jobline-session', JSON.stringify({ ...kept, token }));
    }, ended);
    await first.evaluate(async () => {
      for (const { name } of await indexedDB.databases()) if (name) indexedDB.deleteDatabase(name);
    });
    await first.close();
    const page = await context.newPage();
    await page.goto('/');
    await expect(page.locator('.connection .line').filter({ visible: true })).toHaveCount(1);
    await expect(page.locator('.skeleton')).toHaveCount(0);
    await page.getByRole('button', { name: 'Settings' }).click();
    await page.getByRole('button', { name: 'Sign out', exact: true }).click();
    await expect(page.getByRole('button', { name: 'Settings' })).toHaveCount(0);
    expect(await page.evaluate(() => localStorage.getItem('jobline-session'))).toBeNull();
  });
});
