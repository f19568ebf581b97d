/** Scrollbars that take up space, as on most desktops. All other tests are drawn without them. */

import { test as base, expect } from '../harness/test.ts';

const test = base.extend<object, object>({
  launchOptions: [
    async ({ launchOptions }, use) => use({ ...launchOptions, ignoreDefaultArgs: ['--hide-scrollbars'] }),
    { scope: 'worker' },
  ],
});

test.skip(({ isMobile }) => isMobile, 'phones have no such scrollbars');

test('the border of the composer is complete beside a classic scrollbar', async ({ person }) => {
  const you = await (await person('You')).open('John Smith');
  await you.field.fill('A line\n'.repeat(40));
  await you.field.focus();
  const bar = await you.field.evaluate((one: HTMLTextAreaElement) => one.offsetWidth - one.clientWidth);
  expect(bar).toBeGreaterThan(0);
  const shot = await you.page.locator('.composer .field').screenshot();
  const { border, corners, sides } = await you.page.evaluate(
    async bytes => {
      const picture = await createImageBitmap(new Blob([new Uint8Array(bytes)], { type: 'image/png' }));
      const { width, height } = picture;
      const canvas = new OffscreenCanvas(width, height).getContext('2d') as OffscreenCanvasRenderingContext2D;
      canvas.drawImage(picture, 0, 0);
      const at = (x: number, y: number) => [...canvas.getImageData(x, y, 1, 1).data.slice(0, 3)];
      const border = at(width >> 1, 0);
      const isBorder = (x: number, y: number) =>
        at(x, y).every((part, channel) => Math.abs(part - (border[channel] ?? 0)) < 90);
      // The point where a corner with a radius of 22 pixels is nearest to that of the box.
      const inset = Math.round(21.5 - 21.5 * Math.SQRT1_2);
      const near = (x: number, y: number) =>
        [-1, 0, 1].some(dx => [-1, 0, 1].some(dy => isBorder(x + dx, y + dy)));
      const corners = [
        near(inset, inset),
        near(width - 1 - inset, inset),
        near(inset, height - 1 - inset),
        near(width - 1 - inset, height - 1 - inset),
      ];
      let sides = 0;
      for (let y = 24; y < height - 24; y++) if (isBorder(0, y) && isBorder(width - 1, y)) sides += 1;
      return { border, corners, sides: sides / (height - 48) };
    },
    [...shot],
  );
  // The found pixel belongs to the border, which has the accent colour.
  expect(border).not.toEqual([255, 255, 255]);
  expect(corners).toEqual([true, true, true, true]);
  expect(sides).toBe(1);
});
