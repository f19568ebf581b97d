import { expect, test } from '../harness/test.ts';

test.skip(({ isMobile }) => !isMobile, 'conventions of phones');

test('inputs have a font size of at least 16 px, so that iOS does not zoom', async ({ person }) => {
  const you = await (await person('You')).open('John Smith');
  const sizes = () =>
    you.page
      .locator('input:not([type=file]), textarea, select')
      .evaluateAll(fields => fields.map(field => Number.parseFloat(getComputedStyle(field).fontSize)));
  expect((await sizes()).length).toBeGreaterThan(0);
  for (const size of await sizes()) expect(size).toBeGreaterThanOrEqual(16);
  await you.back();
  for (const size of await sizes()) expect(size).toBeGreaterThanOrEqual(16);
});

test('every touch target is at least 44 points high and wide', async ({ person }) => {
  const you = await person('You');
  const small = () =>
    you.page
      .locator('button:visible, [role=button]:visible, select:visible, label:has(input[type=file]):visible')
      .evaluateAll(all =>
        all
          .map(one => ({
            name: one.getAttribute('aria-label') ?? one.textContent,
            box: one.getBoundingClientRect(),
          }))
          .filter(({ box }) => box.width < 44 || box.height < 44)
          .map(({ name, box }) => `${name}: ${box.width} × ${box.height}`),
      );
  expect(await small()).toEqual([]);
  await you.page.getByRole('button', { name: 'Settings' }).click();
  expect(await small()).toEqual([]);
  await you.page.getByRole('button', { name: 'Close' }).click();
  await you.open('John Smith');
  expect(await small()).toEqual([]);
});

test('on a phone Enter makes a new line, the button sends, and the keyboard stays open', async ({
  person,
}) => {
  const you = await (await person('You')).open('John Smith');
  await expect(you.field).toHaveAttribute('enterkeyhint', 'enter');
  await you.field.tap();
  await you.field.pressSequentially('One');
  await you.page.keyboard.press('Enter');
  await you.field.pressSequentially('Two');
  await expect(you.field).toHaveValue('One\nTwo');
  await you.send.tap();
  await expect(you.field).toBeFocused();
  await expect(you.field).toHaveValue('');
  await expect(you.messages.last().locator('.text')).toHaveText('One\nTwo', { useInnerText: true });
});

test('the keyboard opens when the composer is tapped, not when a chat is opened', async ({ person }) => {
  const you = await (await person('You')).open('John Smith');
  await expect(you.field).not.toBeFocused();
});

test('the page neither scrolls nor zooms, and leaves space for notch and keyboard', async ({ person }) => {
  const you = await (await person('You')).open('John Smith');
  const viewport = await you.page.locator('meta[name=viewport]').getAttribute('content');
  expect(viewport).toContain('width=device-width');
  expect(viewport).toContain('viewport-fit=cover');
  expect(viewport).toContain('interactive-widget=resizes-content');
  // A user who needs to zoom can.
  expect(viewport).not.toMatch(/user-scalable\s*=\s*no|maximum-scale/);
  const room = await you.page.evaluate(() => {
    window.scrollTo(0, 500);
    const { scrollHeight, clientHeight, scrollWidth, clientWidth } = document.documentElement;
    return { scrolled: window.scrollY, high: scrollHeight - clientHeight, wide: scrollWidth - clientWidth };
  });
  expect(room).toEqual({ scrolled: 0, high: 0, wide: 0 });
});

test('the composer stays above the keyboard, and the last message above the composer', async ({ person }) => {
  const you = await (await person('You')).open('John Smith');
  await you.sees("Great! I'll start tomorrow");
  const size = you.page.viewportSize();
  if (!size) throw new Error('a phone has a size');
  // What a keyboard does to a page with `interactive-widget=resizes-content`.
  await you.page.setViewportSize({ width: size.width, height: size.height - 300 });
  await expect(you.field).toBeInViewport({ ratio: 1 });
  await expect(you.send).toBeInViewport({ ratio: 1 });
  await expect(you.message("Great! I'll start tomorrow")).toBeInViewport();
});

test('on a phone either the list or the chat is shown, and Back closes the chat', async ({ person }) => {
  const you = await person('You');
  await you.open('John Smith');
  await expect(you.list).toBeHidden();
  await you.page.goBack();
  await expect(you.list).toBeVisible();
  await expect(you.field).toBeHidden();
  await you.open('Jane Doe');
  await you.back();
  await expect(you.row('Jane Doe')).toBeFocused();
});

test('hover styles do not stay after a tap', async ({ person }) => {
  const you = await person('You');
  const ground = () => you.row('Jane Doe').evaluate(row => getComputedStyle(row).backgroundColor);
  const before = await ground();
  await you.row('Jane Doe').tap();
  await expect(you.field).toBeVisible();
  await you.page.goBack();
  await expect(you.list).toBeVisible();
  expect(await ground()).toBe(before);
});
