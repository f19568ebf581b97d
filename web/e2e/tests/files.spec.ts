import { readFile } from 'node:fs/promises';
import { animatedPng, pdf, png } from '../harness/picture.ts';
import { expect, test } from '../harness/test.ts';

const photo = (name = 'garden.png', seed = 0) => ({
  name,
  mimeType: 'image/png',
  buffer: png(1200, 800, seed),
});

test('a photo is sent, and its tile has the right aspect ratio before it is loaded', async ({ person }) => {
  const you = await (await person('You')).open('John Smith');
  const john = await (await person('John Smith')).open('You');
  await you.attach(photo());
  await expect(you.page.getByRole('list', { name: 'To be sent' }).getByRole('img')).toBeVisible();
  await you.say('The garden');
  await expect(you.message('The garden')).toContainText('Sent');
  const tile = john.message('The garden').getByRole('button', { name: /^Open the photo garden/ });
  await expect(tile.getByRole('img', { name: 'Photo from You' })).toBeVisible();
  const box = await tile.boundingBox();
  expect((box?.width ?? 0) / (box?.height ?? 1)).toBeCloseTo(1.5, 1);
  await expect
    .poll(() =>
      tile.getByRole('img').evaluate((image: HTMLImageElement) => image.complete && image.naturalWidth),
    )
    .toBe(1200);
});

test('photos open in a viewer, and the Back button closes it', async ({ person }) => {
  const you = await (await person('You')).open('John Smith');
  await you.attach(photo('one.png', 1), photo('two.png', 2));
  await you.send.click();
  await expect(you.messages.last()).toContainText('Sent');
  await you.log.getByRole('button', { name: /^Open the photo one/ }).click();
  const large = you.page.getByRole('dialog', { name: 'Photos' });
  await expect(large).toContainText('1 of 2');
  await large.getByRole('button', { name: 'Next photo' }).click();
  await expect(large).toContainText('2 of 2');
  await you.page.keyboard.press('ArrowLeft');
  await expect(large).toContainText('1 of 2');
  await you.page.goBack();
  await expect(large).toHaveCount(0);
  await expect(you.field).toBeVisible();
});

test('photos in a row of the grid are aligned at the top', async ({ person }) => {
  const you = await (await person('You')).open('John Smith');
  await you.attach(photo('one.png', 1), photo('two.png', 2), photo('three.png', 3));
  await you.send.click();
  await expect(you.messages.last()).toContainText('Sent');
  const halves = you.log.locator('.album .half .bubble');
  await expect(halves).toHaveCount(2);
  const tops = await halves.evaluateAll(all => all.map(one => one.getBoundingClientRect().top));
  expect(tops[0]).toBe(tops[1]);
});

test('a file is shown with its name and size, and downloads byte for byte', async ({ person }) => {
  const you = await (await person('You')).open('John Smith');
  const john = await (await person('John Smith')).open('You');
  const buffer = pdf(123_000);
  await you.attach({ name: 'Offer.pdf', mimeType: 'application/pdf', buffer });
  await you.say('My offer');
  const link = john.message('My offer').getByRole('link', { name: /^Download Offer.pdf, 12\d/ });
  await expect(link).toBeVisible();
  const [download] = await Promise.all([john.page.waitForEvent('download'), link.click()]);
  expect(download.suggestedFilename()).toBe('Offer.pdf');
  expect((await readFile(await download.path())).equals(buffer)).toBe(true);
});

test('several files keep the order in which they were chosen', async ({ person }) => {
  const you = await (await person('You')).open('John Smith');
  const john = await (await person('John Smith')).open('You');
  const names = ['a.pdf', 'b.pdf', 'c.pdf'];
  await you.attach(
    ...names.map((name, at) => ({ name, mimeType: 'application/pdf', buffer: pdf(3_000 - at * 900) })),
  );
  await you.say('All three');
  await expect(john.log.getByRole('link', { name: /^Download/ })).toHaveCount(3);
  const order = await john.log
    .getByRole('link', { name: /^Download/ })
    .evaluateAll(links => links.map(link => link.getAttribute('download')));
  expect(order).toEqual(names);
});

test('a copied picture can be pasted, files can be dropped, and text is pasted as usual', async ({
  person,
}) => {
  const you = await (await person('You')).open('John Smith');
  const chosen = you.page.getByRole('list', { name: 'To be sent' }).getByRole('listitem');
  await you.field.fill('What I wrote');
  // Browsers give every copied picture the same name.
  await you.paste(photo('image.png'));
  await expect(chosen).toHaveCount(1);
  await expect(chosen.getByRole('img', { name: 'image.png' })).toBeVisible();
  await expect(you.field).toHaveValue('What I wrote');
  await you.drop(photo('fence.png', 1), { name: 'Offer.pdf', mimeType: 'application/pdf', buffer: pdf() });
  await expect(chosen).toHaveCount(3);
  await you.send.click();
  await expect(you.message('What I wrote')).toContainText('Sent');
  await expect(you.log.getByRole('button', { name: /^Open the photo/ })).toHaveCount(2);
  await expect(you.message('What I wrote').getByRole('link', { name: /^Download Offer.pdf/ })).toBeVisible();
  await expect(chosen).toHaveCount(0);
});

test('a file that cannot be sent is refused at once and never uploaded', async ({ person }) => {
  const you = await (await person('You')).open('John Smith');
  await you.attach({
    name: 'page.html',
    mimeType: 'text/html',
    buffer: Buffer.from('<script>alert(1)</script>'),
  });
  await expect(you.page.getByText('page.html cannot be sent.', { exact: false })).toBeVisible();
  await you.attach({ name: 'film.pdf', mimeType: 'application/pdf', buffer: pdf(10_485_761) });
  await expect(you.page.getByText('film.pdf is too large.', { exact: false })).toBeVisible();
  await you.attach({ name: 'nothing.pdf', mimeType: 'application/pdf', buffer: Buffer.alloc(0) });
  await expect(you.page.getByText('nothing.pdf is empty.')).toBeVisible();
  await expect(you.page.getByRole('list', { name: 'To be sent' })).toHaveCount(0);
});

test('every file that cannot be sent is named once, and the tray shows how many can', async ({ person }) => {
  const you = await (await person('You')).open('John Smith');
  const page = { name: 'page.html', mimeType: 'text/html', buffer: Buffer.from('<p>') };
  const empty = { name: 'nothing.pdf', mimeType: 'application/pdf', buffer: Buffer.alloc(0) };
  const large = { name: 'film.pdf', mimeType: 'application/pdf', buffer: pdf(10_485_761) };
  await you.attach(page, photo('one.png', 1), empty, photo('two.png', 2), large);
  const notices = you.page.locator('.note li');
  await expect(notices).toHaveText([/^page\.html /, /^nothing\.pdf /, /^film\.pdf /]);
  await expect(you.page.locator('.tray-count')).toHaveText('2 files');
  await you.attach(page);
  await expect(notices).toHaveText([/^page\.html /]);
  await you.page.getByRole('button', { name: 'Remove two.png' }).click();
  await expect(you.page.locator('.tray-count')).toHaveCount(0);
  await you.page.getByRole('button', { name: 'Dismiss' }).click();
  await expect(notices).toHaveCount(0);
});

test('the viewer shows the position among the photos', async ({ person, api }) => {
  for (const name of ['one.png', 'two.png', 'three.png'])
    await api.sendFile('john', 'you', name, 'image/png', png(300, 200));
  const you = await (await person('You')).open('John Smith');
  await you.log.getByRole('button', { name: /^Open the photo two/ }).click();
  await expect(you.page.getByText('2 of 3')).toBeInViewport({ ratio: 1 });
});

test('a file whose content does not match its name stays unsent, with the reason', async ({ person }) => {
  const you = await (await person('You')).open('John Smith');
  await you.attach({
    name: 'scan.pdf',
    mimeType: 'application/pdf',
    buffer: Buffer.from('MZ this is a program'.repeat(20)),
  });
  await you.send.click();
  const refused = you.messages.last();
  await expect(refused).toContainText('The file is not what its name says.');
  await refused.getByRole('button', { name: 'Delete' }).click();
  await expect(you.log.getByText('scan.pdf')).toHaveCount(0);
});

test('an upload shows its progress, and can be cancelled', async ({ person, api }) => {
  const you = await (await person('You')).open('John Smith');
  await you.page.route('**/files/**', route =>
    route.request().method() === 'PUT' ? undefined : route.continue(),
  );
  await you.attach({ name: 'plan.pdf', mimeType: 'application/pdf', buffer: pdf(400_000) });
  await you.say('The plan');
  const uploading = you.message('The plan');
  await expect(uploading.getByRole('progressbar')).toBeVisible();
  await uploading.getByRole('button', { name: 'Cancel the upload of plan.pdf' }).click();
  await expect(you.message('The plan')).toHaveCount(0);
  await you.say('No plan, then');
  await expect(you.message('No plan, then')).toContainText('Sent');
  const said = await api.messages('you', 'conv_john_you');
  expect(said.map(message => message.content)).not.toContain('The plan');
});

test('a photo loses its location, and is made small enough', async ({ person, api }) => {
  const you = await (await person('You')).open('John Smith');
  // A JPEG that the browser encoded, with a location written into it.
  const bytes = await you.page.evaluate(async () => {
    const canvas = new OffscreenCanvas(3000, 2000);
    const context = canvas.getContext('2d');
    if (context) context.fillRect(0, 0, 1500, 2000);
    const blob = await canvas.convertToBlob({ type: 'image/jpeg' });
    return [...new Uint8Array(await blob.arrayBuffer())];
  });
  const place = Buffer.from('Exif\0\0GPS 52.5200 N 13.4050 E');
  const exif = Buffer.concat([Buffer.from([0xff, 0xe1, 0, place.length + 2]), place]);
  const plain = Buffer.from(bytes);
  const buffer = Buffer.concat([plain.subarray(0, 2), exif, plain.subarray(2)]);
  await you.attach({ name: 'IMG_0001.jpg', mimeType: 'image/jpeg', buffer });
  await you.say('Here');
  await expect(you.message('Here')).toContainText('Sent');
  const sent = (await api.messages('you', 'conv_john_you')).at(-1) as unknown as { fileUrl: string };
  const kept = Buffer.from(await (await fetch(sent.fileUrl)).arrayBuffer());
  expect(kept.length).toBeGreaterThan(1_000);
  expect(kept.includes('GPS')).toBe(false);
  expect(kept.includes('Exif')).toBe(false);
});

test('an animated picture stays animated, and loses its metadata', async ({ person, api }) => {
  const you = await (await person('You')).open('John Smith');
  const buffer = animatedPng(200, 100, 'Comment\0taken in Madrid');
  await you.attach({ name: 'waving.png', mimeType: 'image/png', buffer });
  await you.say('Look');
  await expect(you.message('Look')).toContainText('Sent');
  const sent = (await api.messages('you', 'conv_john_you')).at(-1) as unknown as { fileUrl: string };
  const kept = Buffer.from(await (await fetch(sent.fileUrl)).arrayBuffer());
  expect(kept.includes('acTL') && kept.includes('fdAT')).toBe(true);
  expect(kept.includes('Madrid')).toBe(false);
});

test('chosen files are still there after visiting another chat', async ({ person }) => {
  const you = await (await person('You')).open('John Smith');
  const chosen = you.page.getByRole('list', { name: 'To be sent' }).getByRole('listitem');
  await you.attach(photo(), { name: 'offer.pdf', mimeType: 'application/pdf', buffer: pdf() });
  await expect(chosen).toHaveCount(2);
  await you.toList();
  await you.open('Jane Doe');
  await expect(chosen).toHaveCount(0);
  await you.toList();
  await you.open('John Smith');
  await expect(chosen).toHaveCount(2);
  await expect(chosen.getByRole('img', { name: 'garden.png' })).toBeVisible();
  await you.say('Both');
  await expect(you.message('Both')).toContainText('Sent');
  await expect(you.log.getByRole('button', { name: /^Open the photo garden/ })).toBeVisible();
});

for (const [shape, width, height] of [
  ['high', 400, 1_600],
  ['wide', 1_800, 300],
] as const) {
  test(`a ${shape} photo is fully visible, in the tray and in the viewer`, async ({ person }) => {
    const you = await (await person('You')).open('John Smith');
    await you.attach({ name: 'shape.png', mimeType: 'image/png', buffer: png(width, height) });
    const preview = you.page.getByRole('img', { name: 'shape.png' });
    const small = await preview.boundingBox();
    expect(Math.sign((small?.width ?? 0) - (small?.height ?? 0))).toBe(Math.sign(width - height));
    await you.send.click();
    await you.log.getByRole('button', { name: /^Open the photo shape/ }).click();
    const large = you.page.getByRole('dialog', { name: 'Photos' }).getByRole('img');
    await expect(large).toBeInViewport({ ratio: 1 });
    const box = await large.boundingBox();
    expect((box?.width ?? 0) / (box?.height ?? 1)).toBeCloseTo(width / height, 1);
  });
}
