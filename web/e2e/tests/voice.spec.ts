/** Voice messages in a browser whose microphone beeps: recorded, sent, played; and what can go wrong. */

import type { Page } from '@playwright/test';
import { findings } from '../harness/axe.ts';
import { Person, WITH_JOHN } from '../harness/person.ts';
import { expect, test } from '../harness/test.ts';

test.skip(({ userAgent }) => userAgent?.includes('iPhone') === true, 'the same as on the other phone');

const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true });
const timer = (page: Page) => page.getByRole('timer');
const voices = (person: Person) => person.log.locator('article:has(.voice)');
/** The position of the player, in seconds. */
const position = (person: Person) =>
  voices(person)
    .last()
    .getByRole('slider')
    .evaluate((slider: HTMLInputElement) => Number(slider.value));

/** The duration of the recording, in seconds. */
const seconds = async (page: Page) => Number((await timer(page).innerText()).split(':')[1]);

/** Records for at least two seconds. */
async function recordTwoSeconds(page: Page): Promise<void> {
  await button(page, 'Record a voice message').click();
  await expect.poll(() => seconds(page)).toBeGreaterThanOrEqual(2);
}

for (const format of ['audio/mp4', 'audio/webm']) {
  test(`a voice message in ${format} is recorded, sent, and played by the other person`, async ({
    browserOfOne,
    person,
    api,
  }, info) => {
    test.skip(info.project.name !== 'desktop', 'the same code');
    const page = await (await browserOfOne()).newPage();
    await page.addInitScript(wanted => {
      const asked = MediaRecorder.isTypeSupported.bind(MediaRecorder);
      MediaRecorder.isTypeSupported = type => type.startsWith(wanted) && asked(type);
    }, format);
    const you = await (await new Person(page).signIn('You')).open('John Smith');
    const can = await page.evaluate(
      types => types.some(type => MediaRecorder.isTypeSupported(type)),
      ['audio/mp4;codecs=mp4a.40.2', 'audio/webm;codecs=opus'],
    );
    test.skip(!can, `this browser does not record ${format}`);
    await recordTwoSeconds(page);
    await button(page, 'Send the voice message').click();
    await expect(voices(you)).toHaveCount(1);
    await expect(voices(you)).toContainText(/Sent|Delivered/);
    const [sent] = (await api.messages('john', WITH_JOHN)).slice(-1);
    expect(sent).toMatchObject({ type: 'voice', contentType: format });
    expect(sent?.durationMs).toBeGreaterThan(1500);
    expect(sent?.durationMs).toBeLessThan(20_000);
    // The microphone beeps about once a second: the waveform is not flat.
    expect(new Set(sent?.waveform).size).toBeGreaterThan(2);

    const john = await (await person('John Smith')).open('You');
    await expect(voices(john)).toHaveCount(1);
    await button(john.page, 'Play the voice message').click();
    await expect(button(john.page, 'Pause the voice message')).toBeVisible();
    await expect.poll(() => position(john)).toBeGreaterThan(0.5);
    // It plays to its end, and starts again.
    await expect(button(john.page, 'Play the voice message')).toBeVisible();
    expect(await position(john)).toBe(0);
    if (await john.page.getByRole('button', { name: 'Back to all conversations' }).isVisible())
      await john.back();
    await expect(john.row('You')).toContainText('Voice message');
  });
}

test('a recording can be paused, continued, played, sent and discarded', async ({
  person,
  api,
  isMobile,
}) => {
  const you = await (await person('You')).open('John Smith');
  // On a phone, focusing the field would open the keyboard.
  const next = isMobile ? button(you.page, 'Record a voice message') : you.field;
  const before = (await api.messages('you', WITH_JOHN)).length;
  await recordTwoSeconds(you.page);
  expect(await findings(you.page)).toEqual([]);
  await button(you.page, 'Pause').click();
  const paused = await seconds(you.page);
  await expect(button(you.page, 'Go on recording')).toBeVisible();
  expect(await findings(you.page)).toEqual([]);
  expect(await seconds(you.page)).toBe(paused);
  await button(you.page, 'Go on recording').click();
  await expect.poll(() => seconds(you.page)).toBeGreaterThan(paused);
  await button(you.page, 'Stop and listen').click();
  await expect(button(you.page, 'Send the voice message')).toBeFocused();
  expect(await findings(you.page)).toEqual([]);
  await button(you.page, 'Play the voice message').click();
  await expect(button(you.page, 'Pause the voice message')).toBeVisible();
  await button(you.page, 'Discard the recording').click();
  await expect(next).toBeFocused();
  await recordTwoSeconds(you.page);
  await button(you.page, 'Discard the recording').click();
  await expect(next).toBeFocused();
  expect(await api.messages('you', WITH_JOHN)).toHaveLength(before);
  // With text in the composer, the button sends the text.
  await you.say('Written after all');
  await expect(you.message('Written after all')).toContainText(/Sent|Delivered/);
});

test('Escape stops a recording, then discards it, and only then closes the chat', async ({
  person,
  api,
  isMobile,
}) => {
  test.skip(isMobile, 'a key');
  const you = await (await person('You')).open('John Smith');
  const before = (await api.messages('you', WITH_JOHN)).length;
  await recordTwoSeconds(you.page);
  await you.page.keyboard.press('Escape');
  await expect(button(you.page, 'Send the voice message')).toBeFocused();
  await expect(button(you.page, 'Play the voice message')).toBeVisible();
  await you.page.keyboard.press('Escape');
  await expect(you.page.getByText('The recording was discarded.')).toBeVisible();
  await expect(you.field).toBeFocused();
  // Also where the focus is on a message.
  await recordTwoSeconds(you.page);
  await you.log.focus();
  await you.page.keyboard.press('Escape');
  await expect(button(you.page, 'Play the voice message')).toBeVisible();
  // In a dialog it closes that, and the recording stays.
  await you.page.getByRole('button', { name: 'About this conversation' }).click();
  await expect(you.page.getByRole('dialog')).toBeVisible();
  await you.page.keyboard.press('Escape');
  await expect(you.page.getByRole('dialog')).toHaveCount(0);
  await button(you.page, 'Send the voice message').click();
  await expect(voices(you)).toHaveCount(1);
  await expect(voices(you)).toContainText(/Sent|Delivered/);
  expect(await api.messages('you', WITH_JOHN)).toHaveLength(before + 1);
  await you.field.press('Escape');
  await expect(you.field).toHaveCount(0);
  await expect(you.row('John Smith')).toBeFocused();
});

test('a recording ends after five minutes, and says why', async ({ person }) => {
  const you = await person('You');
  await you.page.clock.install();
  await you.page.reload();
  await you.open('John Smith');
  await button(you.page, 'Record a voice message').click();
  await expect(timer(you.page)).toBeVisible();
  await you.page.clock.fastForward('04:50');
  await expect(timer(you.page)).toBeVisible();
  await you.page.clock.fastForward('00:10');
  await expect(button(you.page, 'Send the voice message')).toBeFocused();
  await expect(you.page.getByRole('alert')).toHaveText('A voice message has five minutes at most.');
  expect(await findings(you.page)).toEqual([]);
  // A recording that the user ends needs no reason.
  await button(you.page, 'Discard the recording').click();
  await recordTwoSeconds(you.page);
  await button(you.page, 'Stop and listen').click();
  await expect(button(you.page, 'Send the voice message')).toBeFocused();
  await expect(you.page.getByRole('alert')).toHaveCount(0);
});

test('a voice message recorded offline is sent when there is a connection', async ({ person, api }, info) => {
  test.skip(info.project.name !== 'desktop', 'the same code');
  const you = await (await person('You')).open('John Smith');
  await expect(button(you.page, 'Record a voice message')).toBeVisible();
  await you.page.context().setOffline(true);
  await recordTwoSeconds(you.page);
  await button(you.page, 'Send the voice message').click();
  await expect(voices(you)).toContainText('Waiting');
  // From the data on the device.
  await button(you.page, 'Play the voice message').click();
  await expect.poll(() => position(you)).toBeGreaterThan(0);
  await you.page.context().setOffline(false);
  await expect(voices(you)).toContainText(/Sent|Delivered/);
  expect((await api.messages('you', WITH_JOHN)).at(-1)).toMatchObject({ type: 'voice' });
});

for (const [error, words] of [
  ['NotAllowedError', 'The microphone is not allowed for this page.'],
  ['NotFoundError', 'No microphone was found.'],
  ['NotReadableError', 'The microphone is used by another program.'],
] as const) {
  test(`an error is shown when the microphone cannot be used: ${error}`, async ({ browserOfOne }, info) => {
    test.skip(info.project.name !== 'desktop', 'the same words');
    const page = await (await browserOfOne()).newPage();
    await page.addInitScript(name => {
      navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('No.', name));
    }, error);
    const you = await (await new Person(page).signIn('You')).open('John Smith');
    await button(page, 'Record a voice message').click();
    await expect(page.getByRole('alert')).toContainText(words);
    await button(page, 'Dismiss').click();
    await expect(you.field).toBeFocused();
  });
}

test('where the browser cannot play a voice message, it is offered as a file', async ({
  person,
  browserOfOne,
}, info) => {
  test.skip(info.project.name !== 'desktop', 'the same code');
  const you = await (await person('You')).open('John Smith');
  await recordTwoSeconds(you.page);
  await button(you.page, 'Send the voice message').click();
  await expect(voices(you)).toContainText(/Sent|Delivered/);
  const page = await (await browserOfOne()).newPage();
  await page.addInitScript(() => {
    HTMLMediaElement.prototype.play = () => Promise.reject(new DOMException('No.', 'NotSupportedError'));
  });
  const john = await (await new Person(page).signIn('John Smith')).open('You');
  await button(page, 'Play the voice message').click();
  await expect(john.log).toContainText('This browser cannot play it. You can download it.');
  await expect(john.log.getByRole('link', { name: /^Download voice/ })).toBeVisible();
});

/** A finger that presses the microphone, moves by this many pixels, and is lifted. */
async function finger(page: Page) {
  const session = await page.context().newCDPSession(page);
  const box = await page.locator('.microphone button').boundingBox();
  if (!box) throw new Error('The microphone is there.');
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  const touch = (type: 'touchStart' | 'touchMove' | 'touchEnd' | 'touchCancel', points: object[]) =>
    session.send('Input.dispatchTouchEvent', { type, touchPoints: points as [] });
  return {
    down: () => touch('touchStart', [{ x, y }]),
    /** A second finger, elsewhere. */
    second: async () => {
      await touch('touchStart', [
        { x, y, id: 0 },
        { x: 100, y: 300, id: 1 },
      ]);
      await touch('touchEnd', [{ x, y, id: 0 }]);
    },
    move: async (right: number, down: number) => {
      for (const part of [0.25, 0.5, 0.75, 1])
        await touch('touchMove', [{ x: x + part * right, y: y + part * down }]);
    },
    up: () => touch('touchEnd', []),
    cancel: () => touch('touchCancel', []),
  };
}

test.describe('by touch', () => {
  test.use({ permissions: ['microphone'] });
  // Touch gestures are the same on both phones, so one of them is left out above.
  test.skip(({ isMobile }) => !isMobile, 'a mouse holds nothing');

  test('releasing the button sends; sliding sideways discards; a short tap shows how it works', async ({
    person,
    api,
  }) => {
    const you = await (await person('You')).open('John Smith');
    const { page } = you;
    const before = (await api.messages('you', WITH_JOHN)).length;
    await expect(button(page, 'Record a voice message')).toHaveAttribute('aria-description', /Tap to record/);
    const one = await finger(page);
    await one.down();
    await expect.poll(() => seconds(page)).toBeGreaterThanOrEqual(1);
    expect(await findings(page)).toEqual([]);
    await one.second();
    await one.up();
    await expect(voices(you)).toHaveCount(1);
    await expect(voices(you)).toContainText(/Sent|Delivered/);
    await one.down();
    await expect.poll(() => seconds(page)).toBeGreaterThanOrEqual(1);
    await one.move(-120, 5);
    await expect(page.getByText('The recording was discarded.')).toBeVisible();
    await one.up();
    await expect(timer(page)).toHaveCount(0);
    // Long enough to be no tap, and shorter than the shortest message.
    await page.evaluate(() => {
      const real = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
      navigator.mediaDevices.getUserMedia = async wanted => {
        const stream = await real(wanted);
        await new Promise<void>(resolve => {
          (window as unknown as { listen: () => void }).listen = resolve;
        });
        return stream;
      };
    });
    const since = Date.now();
    await one.down();
    await expect.poll(() => Date.now() - since).toBeGreaterThan(400);
    await one.up();
    await page.evaluate(() => (window as unknown as { listen: () => void }).listen());
    await expect(page.getByText('Hold to record, let go to send.')).toBeVisible();
    expect(await api.messages('you', WITH_JOHN)).toHaveLength(before + 1);
  });

  test('sliding up locks the recording; when it is interrupted or hidden, it is kept for playback', async ({
    person,
    api,
  }) => {
    const you = await (await person('You')).open('John Smith');
    const { page } = you;
    const before = (await api.messages('you', WITH_JOHN)).length;
    const one = await finger(page);
    await one.down();
    await expect(timer(page)).toBeVisible();
    await one.move(0, -120);
    await one.up();
    await button(page, 'Pause').click();
    await button(page, 'Discard the recording').click();
    await one.down();
    await expect.poll(() => seconds(page)).toBeGreaterThanOrEqual(1);
    await one.cancel();
    await expect(button(page, 'Play the voice message')).toBeVisible();
    // After visiting another chat it is still there.
    await you.back();
    await you.open('John Smith');
    await expect(button(page, 'Send the voice message')).toBeVisible();
    expect(await api.messages('you', WITH_JOHN)).toHaveLength(before);
    await button(page, 'Send the voice message').click();
    await expect(voices(you)).toContainText(/Sent|Delivered/);
    await one.down();
    await expect.poll(() => seconds(page)).toBeGreaterThanOrEqual(1);
    await page.evaluate(() => {
      Object.defineProperty(document, 'visibilityState', { value: 'hidden', configurable: true });
      document.dispatchEvent(new Event('visibilitychange', { bubbles: true }));
    });
    await expect(button(page, 'Play the voice message').last()).toBeVisible();
    await one.up();
    await expect(button(page, 'Discard the recording')).toBeVisible();
  });

  test('in right-to-left languages the slide to discard goes the other way', async ({
    browserOfOne,
    api,
  }) => {
    const page = await (await browserOfOne({ locale: 'ar' })).newPage();
    await page.goto(`/#token=${api.token('you')}`);
    await page.locator(`[data-conversation="${WITH_JOHN}"]`).click();
    await page.locator('.microphone button').waitFor();
    const before = (await api.messages('you', WITH_JOHN)).length;
    const one = await finger(page);
    await one.down();
    await expect.poll(() => seconds(page)).toBeGreaterThanOrEqual(1);
    // Left is the direction of other languages: the recording continues. Down again, and then to the right.
    await one.move(-120, 0);
    await expect(timer(page)).toBeVisible();
    await one.move(120, 0);
    await expect(page.getByText('حُذف التسجيل.')).toBeVisible();
    await one.up();
    await expect(timer(page)).toHaveCount(0);
    expect(await api.messages('you', WITH_JOHN)).toHaveLength(before);
  });

  test('a tap records like a click, and the first hold only asks for the microphone', async ({ person }) => {
    const you = await person('You');
    const { page } = you;
    await page.evaluate(() => {
      navigator.permissions.query = async () => ({ state: 'prompt' }) as PermissionStatus;
    });
    await you.open('John Smith');
    const one = await finger(page);
    await one.down();
    await expect(page.getByText('The microphone is allowed now. Hold again to record.')).toBeVisible();
    await one.up();
    await one.down();
    await expect(timer(page)).toBeVisible();
    await one.move(-120, 0);
    await one.up();
    await page.touchscreen.tap(1, 1);
    await button(page, 'Record a voice message').tap();
    await expect(button(page, 'Stop and listen')).toBeVisible();
  });
});

test('leaving the page during a recording asks first', async ({ person }, info) => {
  test.skip(info.project.name !== 'desktop', 'the same question');
  const you = await (await person('You')).open('John Smith');
  const asked: string[] = [];
  you.page.on('dialog', async dialog => {
    asked.push(dialog.type());
    await dialog.dismiss();
  });
  await recordTwoSeconds(you.page);
  await you.page.evaluate(() => location.reload());
  await expect.poll(() => asked).toEqual(['beforeunload']);
  await button(you.page, 'Discard the recording').click();
  // Until then there is something to lose.
  await expect(button(you.page, 'Record a voice message')).toBeVisible();
  await you.page.reload();
  await expect(you.field).toBeVisible();
  expect(asked).toHaveLength(1);
});
