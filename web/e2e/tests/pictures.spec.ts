import type { Page } from '@playwright/test';
import type { Api } from '../harness/api.ts';
import type { Person } from '../harness/person.ts';
import { expect, test } from '../harness/test.ts';

/** Makes the pictures of the documentation: `cargo xtask pictures`. They show the current app. */

test.skip(!process.env.UPDATE_PICTURES, 'they are drawn when asked for');
test.skip(({ viewport, isMobile }) => isMobile || viewport?.width !== 1280, 'each once');
test.use({ deviceScaleFactor: 2 });

const FOLDER = new URL('../../../docs/pictures/', import.meta.url).pathname;
const PHONE = {
  viewport: { width: 390, height: 780 },
  isMobile: true,
  hasTouch: true,
  deviceScaleFactor: 2,
} as const;

/** A room with a fresh wall, drawn by the browser, so that it is nobody's photo. */
async function room(page: Page): Promise<Buffer> {
  const bytes = await page.evaluate(async () => {
    const canvas = new OffscreenCanvas(1600, 1100);
    const draw = canvas.getContext('2d');
    if (!draw) return [];
    const fill = (
      colour: string | CanvasGradient,
      ...[x, y, width, height]: [number, number, number, number]
    ) => {
      draw.fillStyle = colour;
      draw.fillRect(x, y, width, height);
    };
    const wall = draw.createLinearGradient(0, 0, 1600, 800);
    wall.addColorStop(0, '#f7f3ea');
    wall.addColorStop(1, '#ddd5c6');
    fill(wall, 0, 0, 1600, 820);
    fill('#b98d5f', 0, 820, 1600, 280);
    for (let plank = 0; plank < 8; plank++) fill('#a97e52', 0, 820 + plank * 36, 1600, 3);
    fill('#fbfaf6', 0, 790, 1600, 34);
    fill('#8fb9d6', 980, 150, 380, 420);
    fill('#cfe3ef', 980, 150, 380, 190);
    for (const [x, y, w, h] of [
      [965, 135, 410, 16],
      [965, 570, 410, 22],
      [965, 135, 16, 450],
      [1360, 135, 16, 450],
      [1162, 150, 14, 420],
    ] as const) {
      fill('#ffffff', x, y, w, h);
    }
    fill('#d8dde0', 420, 330, 26, 560);
    fill('#d8dde0', 640, 330, 26, 560);
    for (let rung = 0; rung < 7; rung++) fill('#c3cacf', 420, 390 + rung * 72, 246, 20);
    fill('#5f7f8f', 760, 730, 150, 160);
    fill('#f7f3ea', 760, 716, 150, 22);
    const blob = await canvas.convertToBlob({ type: 'image/jpeg', quality: 0.85 });
    return [...new Uint8Array(await blob.arrayBuffer())];
  });
  return Buffer.from(bytes);
}

/**
 * In the page: a microphone with a voice of words and pauses, since the browser's own one beeps once a
 * second.
 */
function speaks(): void {
  navigator.mediaDevices.getUserMedia = async () => {
    const context = new AudioContext();
    const [voice, loudness, heard] = [
      new OscillatorNode(context, { type: 'sawtooth', frequency: 140 }),
      new GainNode(context, { gain: 0 }),
      new MediaStreamAudioDestinationNode(context),
    ];
    voice.connect(loudness).connect(heard);
    voice.start();
    let seed = 7;
    const random = () => {
      seed = (seed * 16_807) % 2_147_483_647;
      return seed / 2_147_483_647;
    };
    for (let at = context.currentTime; at < context.currentTime + 30; at += 0.12 + 0.15 * random()) {
      const pause = random() < 0.14;
      loudness.gain.setTargetAtTime(pause ? 0.01 : 0.1 + 0.8 * random() ** 2, at, 0.04);
    }
    return heard.stream;
  };
}

/** A conversation for the pictures. */
async function furnish(api: Api, page: Page): Promise<Buffer> {
  const photo = await room(page);
  await api.say('you', 'john', 'Almost done. One wall still wants a second coat.');
  await api.sendFile('you', 'john', 'living-room-1600x1100.jpg', 'image/jpeg', photo);
  await api.say('john', 'you', 'That looks wonderful! 😍');
  await api.say('john', 'you', 'Is tomorrow at 9 still good for the last wall?');
  return photo;
}

test('the pictures', async ({ person, browserOfOne, api, server }) => {
  const painter = await (await browserOfOne()).newPage();
  await painter.goto('/');
  const photo = await furnish(api, painter);
  const save = async (page: Page, name: string) => {
    await page.evaluate(() => document.fonts.ready);
    await page.screenshot({ path: `${FOLDER}${name}.png`, animations: 'disabled', caret: 'hide' });
  };
  const shown = async (one: Person) => {
    const image = one.log.getByRole('img', { name: /^Photo/ }).first();
    await expect.poll(() => image.evaluate((it: HTMLImageElement) => it.naturalWidth)).toBeGreaterThan(0);
  };

  const phone = await person('You', PHONE);
  await expect(phone.row('John Smith')).toContainText('Is tomorrow at 9');
  await expect(phone.row('Tile the bathroom')).toContainText('John Smith: Twelve');
  await save(phone.page, 'list');
  await phone.open('John Smith');
  await shown(phone);
  await save(phone.page, 'chat');

  const offline = await (await person('You', PHONE)).open('Jane Doe');
  await offline.sees('When can you come?');
  await offline.page.context().setOffline(true);
  await offline.say('On Thursday, around noon. I bring the new hinges.');
  await expect(offline.page.locator('.line:visible').first()).toBeVisible();
  await save(offline.page, 'offline');

  const dark = await (await person('You', { ...PHONE, colorScheme: 'dark' })).open('John Smith');
  await shown(dark);
  await save(dark.page, 'dark');

  const wide = await (await person('You', { viewport: { width: 1180, height: 760 } })).open('John Smith');
  await shown(wide);
  await save(wide.page, 'desktop');

  // A slow connection.
  const line = await phone.page.context().newCDPSession(phone.page);
  const slow = { offline: false, latency: 40, downloadThroughput: -1, uploadThroughput: 12_000 };
  await line.send('Network.emulateNetworkConditions', slow);
  await phone.attach({ name: 'second-coat.jpg', mimeType: 'image/jpeg', buffer: photo });
  await phone.say('Here it is, with the second coat');
  const progress = phone.log.getByRole('progressbar');
  await expect.poll(() => progress.evaluate((bar: HTMLProgressElement) => bar.position)).toBeGreaterThan(0.3);
  await save(phone.page, 'upload');

  await api.person('youssef', 'يوسف المصري');
  await api.job(90, 'دهان غرفة المعيشة', ['you', 'youssef'], 'open');
  await api.say('youssef', 'you', 'مرحبًا! غرفة المعيشة 20 م²، أريدها بيضاء. هل يمكنك ذلك؟');
  await api.say('you', 'youssef', 'نعم، بكل سرور. متى أبدأ؟');
  await api.say('youssef', 'you', 'هل يناسبك الغد الساعة التاسعة؟');
  const turned = await (await browserOfOne({ ...PHONE, locale: 'ar-EG' })).newPage();
  await turned.goto('/');
  await turned.locator('button.person').first().click();
  await turned.locator('button.conversation').first().click();
  const field = turned.locator('textarea');
  await field.fill('نعم، سأحضر السلم معي.');
  await turned.locator('button.send').click();
  await expect(turned.locator('article').last()).toHaveAttribute('data-state', 'sent');
  await save(turned, 'right-to-left');

  // The picture of the README: three of them side by side, on a separate page.
  const frame = await (await browserOfOne({ viewport: { width: 1200, height: 800 } })).newPage();
  await frame.route(`${server.url}/frame*`, async route => {
    const name = new URL(route.request().url()).searchParams.get('picture');
    if (name) return route.fulfill({ path: `${FOLDER}${name}.png` });
    const images = ['list', 'chat', 'dark'].map(
      one => `<img src="/frame?picture=${one}" alt="" width="370" height="740">`,
    );
    await route.fulfill({
      contentType: 'text/html',
      body: `<style>body{margin:0;height:800px;display:flex;gap:20px;align-items:center;justify-content:center;background:#dfe7e9}
        img{border-radius:26px;box-shadow:0 8px 30px rgb(12 30 35/22%)}</style>${images.join('')}`,
    });
  });
  await frame.goto('/frame');
  await expect
    .poll(() => frame.evaluate(() => [...document.images].every(image => image.naturalWidth > 0)))
    .toBe(true);
  await frame.screenshot({ path: `${FOLDER}demo.png` });
});

test('the group chat of a job', async ({ person, api }) => {
  await api.job(77, 'Repair the roof', ['you', 'john', 'mike'], 'open');
  await api.sayTo('john', 'crew_77', 'Morning! I have the ladder. Shall we start at eight?');
  await api.sayTo('mike', 'crew_77', 'Eight is fine. I bring nails and the tiles.');
  await api.sayTo('you', 'crew_77', 'Great, see you both at the house.');
  await api.job(77, 'Repair the roof', ['you', 'john', 'mike', 'jane'], 'open');
  await api.sayTo('jane', 'crew_77', 'Hello everybody, I do the gutters.');
  await api.sayTo('you', 'crew_77', 'Welcome @Jane Doe!');
  await api.read('john', 'crew_77');
  const you = await person('You', PHONE);
  await you.page.goto('/#/c/crew_77');
  await expect(you.page.getByRole('button', { name: '1 of 3 have read it' })).toBeVisible();
  await you.page.screenshot({ path: `${FOLDER}crew.png` });
});

test.describe('live', () => {
  test.use({ live: 'on' });

  test('a ringing call', async ({ person }) => {
    const you = await (await person('You', PHONE)).open('John Smith');
    const john = await (await person('John Smith')).open('You');
    await john.page.getByRole('button', { name: /video/i }).first().click();
    await expect(you.page.getByText('John Smith is calling, with video')).toBeVisible();
    await you.page.screenshot({ path: `${FOLDER}call.png` });
  });

  test('a voice message', async ({ person }) => {
    const you = await (await person('You', PHONE)).open('John Smith');
    const john = await person('John Smith');
    await john.page.addInitScript(speaks);
    await john.page.reload();
    await john.open('You');
    await john.say('Quicker to say than to type:');
    await john.page.getByRole('button', { name: 'Record a voice message' }).click();
    await expect(john.page.getByRole('timer')).toHaveText('0:10');
    await john.page.getByRole('button', { name: 'Send the voice message' }).click();
    await you.log.getByRole('button', { name: 'Play the voice message' }).click();
    const slider = you.log.getByRole('slider');
    await expect.poll(() => slider.evaluate((it: HTMLInputElement) => it.valueAsNumber)).toBeGreaterThan(4);
    await you.log.getByRole('button', { name: 'Pause the voice message' }).click();
    await you.page.screenshot({ path: `${FOLDER}voice.png`, caret: 'hide' });
  });
});
