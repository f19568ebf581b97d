import { png } from '../harness/picture.ts';
import { expect, test } from '../harness/test.ts';

test('a picture that failed to load is loaded again when the device is online again', async ({
  person,
  api,
}) => {
  await api.sendFile('john', 'you', 'wall-800x600.png', 'image/png', png(800, 600));
  const you = await person('You');
  let down = true;
  await you.page.route('**/files/**', route => (down ? route.abort() : route.continue()));
  await you.open('John Smith');
  const tile = you.log.getByRole('button', { name: /^Open the photo wall/ });
  await expect(tile).toContainText('The photo cannot be shown now');
  await expect(tile.getByRole('img')).toHaveCount(0);
  down = false;
  await you.page.evaluate(() => window.dispatchEvent(new Event('online')));
  const image = tile.getByRole('img');
  await expect.poll(() => image.evaluate((it: HTMLImageElement) => it.naturalWidth)).toBe(800);
});
