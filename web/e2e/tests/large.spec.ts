/** Small screens and large text: no word of the app is broken, and no label of a field is cut. */

import type { Locator, Page } from '@playwright/test';
import { Person } from '../harness/person.ts';
import { png } from '../harness/picture.ts';
import { expect, test } from '../harness/test.ts';

test.use({ flags: ['--send-rate', '0'] });
test.skip(({ isMobile }) => isMobile, 'the sizes are set here');

/** The visible words that begin in one line and end in another. */
async function brokenWords(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const broken: string[] = [];
    const nodes = document.createTreeWalker(
      document.querySelector('.panes') as Element,
      NodeFilter.SHOW_TEXT,
    );
    for (let node = nodes.nextNode(); node; node = nodes.nextNode()) {
      const parent = node.parentElement as HTMLElement;
      if (!parent.checkVisibility() || parent.closest('.hidden')) continue;
      for (const { 0: word, index } of (node.textContent ?? '').matchAll(/[\p{L}\p{N}]+/gu)) {
        const range = document.createRange();
        range.setStart(node, index);
        range.setEnd(node, index + word.length);
        const lines = new Set([...range.getClientRects()].map(rect => Math.round(rect.top)));
        if (lines.size > 1) broken.push(word);
      }
    }
    return broken;
  });
}

/** By how many pixels the placeholder of a field is wider than the field. */
async function placeholderCut(field: Locator): Promise<number> {
  return field.evaluate((one: HTMLInputElement | HTMLTextAreaElement) => {
    const style = getComputedStyle(one, '::placeholder');
    const measure = document.createElement('canvas').getContext('2d') as CanvasRenderingContext2D;
    measure.font = `${style.fontWeight} ${style.fontSize} ${style.fontFamily}`;
    const { paddingLeft, paddingRight } = getComputedStyle(one);
    const room = one.clientWidth - Number.parseFloat(paddingLeft) - Number.parseFloat(paddingRight);
    return Math.max(0, measure.measureText(one.placeholder).width - room);
  });
}

for (const [width, percent] of [
  [320, 100],
  [320, 200],
  [390, 200],
] as const) {
  for (const lang of ['en-GB', 'es', 'ar']) {
    test(`no word is broken at ${width} px and ${percent} % in ${lang}`, async ({ browserOfOne, api }) => {
      await api.person('bart', 'Bartholomew Smith');
      await api.job(900, 'Repair the gutter', ['you', 'bart'], 'open');
      await api.say('bart', 'you', 'Hello');
      const context = await browserOfOne({ viewport: { width, height: 640 }, locale: lang });
      const page = await context.newPage();
      await page.goto(`/#token=${api.token('you')}`);
      await page.evaluate(
        size => document.documentElement.style.setProperty('font-size', size),
        `${percent}%`,
      );
      const row = page.locator('[data-conversation="conv_bart_you"]');
      await expect(row).toBeVisible();
      await expect(page.locator('html')).toHaveAttribute('lang', lang.slice(0, 2));
      expect(await brokenWords(page)).toEqual([]);
      expect(await placeholderCut(page.getByRole('searchbox'))).toBe(0);
      // No lines of a row overlap, nor any controls of the settings.
      for (const one of await page.locator('.conversation').all())
        expect(await one.evaluate(it => it.scrollHeight - it.clientHeight)).toBeLessThanOrEqual(1);
      await page.locator('.list-head button').click();
      const settings = page.locator('dialog[open]');
      await expect(settings.locator('select').first()).toBeVisible();
      expect(await settings.evaluate(it => it.scrollWidth - it.clientWidth)).toBe(0);
      await settings.locator('.head button').click();
      await row.click();
      const field = page.locator('.composer textarea');
      await expect(field).toBeInViewport({ ratio: 1 });
      expect(await placeholderCut(field)).toBe(0);
      await field.fill('Yes');
      await page.locator('.composer .send').click();
      await expect(page.locator('[data-state="sent"], [data-state="delivered"]').last()).toBeVisible();
      expect(await brokenWords(page)).toEqual([]);
      for (const part of ['.attach', '.microphone', '.send'])
        await expect(page.locator(`.composer ${part}`)).toBeInViewport({ ratio: 1 });
      const wide = await page.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
      );
      expect(wide).toBe(0);
    });
  }
}

test('tiny pictures in a grid are not enlarged, and the cells of a row are equally wide', async ({
  person,
}) => {
  const you = await (await person('You', { viewport: { width: 320, height: 640 } })).open('John Smith');
  await you.page.evaluate(() => document.documentElement.style.setProperty('font-size', '200%'));
  const photo = (name: string, width: number, height: number) => ({
    name,
    mimeType: 'image/png',
    buffer: png(width, height),
  });
  await you.attach(photo('one.png', 16, 12), photo('two.png', 40, 40), photo('three.png', 600, 400));
  await expect(you.page.locator('.tray .thumb')).toHaveCount(3);
  await you.send.click();
  await expect(you.messages.last()).toContainText('Sent');
  const images = you.log.locator('.album img');
  await expect(images).toHaveCount(3);
  const fits = await images.evaluateAll(all => all.map(one => getComputedStyle(one).objectFit));
  expect(fits).toEqual(['scale-down', 'scale-down', 'cover']);
  const widths = await you.log
    .locator('.album .half')
    .evaluateAll(all => all.map(one => one.getBoundingClientRect().width));
  expect(widths).toHaveLength(2);
  expect(Math.abs((widths[0] ?? 0) - (widths[1] ?? 0))).toBeLessThan(1);
});

test('the day label floats while scrolling back, and covers nothing after sending', async ({
  person,
  api,
}) => {
  for (let number = 1; number <= 12; number++) await api.say('john', 'you', `News ${number}`);
  const you = await (await person('You', { viewport: { width: 320, height: 640 } })).open('John Smith');
  const position = () =>
    you.log
      .locator('.day')
      .last()
      .evaluate(one => getComputedStyle(one).position);
  await expect(you.message('News 2')).toBeInViewport();
  await you.log.hover();
  await you.page.mouse.wheel(0, 30);
  await expect.poll(position).toBe('sticky');
  await you.field.fill('Seen');
  await you.field.press('Enter');
  await expect(you.message('Seen')).toBeInViewport();
  // From the frame in which the list has reached its end.
  const floated = await you.log.evaluate(async log => {
    let floated = 0;
    for (let frame = 0; frame < 30; frame++) {
      await new Promise(requestAnimationFrame);
      if (frame > 3 && log.classList.contains('moving')) floated += 1;
    }
    return floated;
  });
  expect(floated).toBe(0);
  expect(await position()).toBe('static');
});

test('at 3,000 px the composer is as wide as the messages above it', async ({ browserOfOne, api }) => {
  const page = await (await browserOfOne({ viewport: { width: 3000, height: 1200 } })).newPage();
  await page.goto(`/#token=${api.token('you')}&open=/c/conv_john_you`);
  const you = new Person(page);
  await expect(you.field).toBeVisible();
  const width = (part: string) => page.locator(part).evaluate(one => one.getBoundingClientRect().width);
  expect(Math.abs((await width('.composer .field')) - (await width('.messages')))).toBeLessThan(2);
});

test('at 320 px the name and the closed job are both fully visible', async ({ browserOfOne, api }) => {
  const [name, title] = [
    'Bartholomew Featherstonehaugh-Cholmondeley',
    'Repair the gutter of the old summer house',
  ];
  await api.person('bart', name);
  await api.job(900, title, ['you', 'bart'], 'open');
  await api.say('bart', 'you', 'Hello');
  await api.job(900, title, ['you', 'bart'], 'closed');
  const page = await (await browserOfOne({ viewport: { width: 320, height: 640 } })).newPage();
  await page.goto(`/#token=${api.token('you')}`);
  const row = page.locator('[data-conversation="conv_bart_you"]');
  await expect(row).toContainText('closed');
  const width = (part: string) => row.locator(part).evaluate(one => one.getBoundingClientRect().width);
  expect(await width('.name')).toBeGreaterThan(140);
  expect(await width('.about bdi')).toBeGreaterThan(140);
  await row.click();
  await page.getByRole('button', { name: 'About this conversation' }).click();
  const dialog = page.getByRole('dialog', { name: 'About this conversation' });
  for (const whole of [name, title]) {
    const text = dialog.getByText(whole, { exact: true });
    await expect(text).toBeInViewport({ ratio: 1 });
    expect(await text.evaluate(one => one.scrollWidth - one.clientWidth)).toBeLessThanOrEqual(0);
  }
});

test.describe('with calls and a microphone', () => {
  test.use({ live: 'on', permissions: ['camera', 'microphone'] });

  test('at 320 px and 200 % every control of a recording and of a call is on the screen', async ({
    browserOfOne,
    api,
  }) => {
    const context = await browserOfOne({ viewport: { width: 320, height: 640 } });
    const page = await context.newPage();
    await page.goto(`/#token=${api.token('you')}&open=/c/conv_john_you`);
    await page.evaluate(() => document.documentElement.style.setProperty('font-size', '200%'));
    const button = (name: string) => page.getByRole('button', { name, exact: true });
    /** Every button there is on the screen, and not covered. */
    const whole = async (place: string) => {
      for (const one of await page.locator(`${place} button, ${place} input`).all()) {
        await expect(one).toBeInViewport({ ratio: 0.99 });
        await one.click({ trial: true });
      }
    };
    await expect(button('Video call')).toBeVisible();
    expect(await brokenWords(page)).toEqual([]);
    await button('Record a voice message').click();
    await expect(page.getByRole('timer')).toBeVisible();
    await whole('.recorder');
    await button('Stop and listen').click();
    await expect(button('Play the voice message')).toBeVisible();
    await whole('.recorder');
    await button('Send the voice message').click();
    await expect(page.locator('.message .voice')).toBeVisible();
    expect(await page.locator('.message .voice').evaluate(it => it.scrollWidth - it.clientWidth)).toBe(0);
    await whole('.message .voice');
    expect(await page.locator('.root').evaluate(it => it.scrollLeft)).toBe(0);
    await button('Video call').click();
    await expect(button('End the call')).toBeVisible();
    await whole('.call-controls');
  });
});
