/** Voice messages in a browser whose microphone beeps: recorded, sent, heard; and what stands against it. */

import type { Page } from '@playwright/test';
import { findings } from '../harness/axe.ts';
import { Person, WITH_JOHN } from '../harness/person.ts';
import { expect, test } from '../harness/test.ts';

test.skip(({ userAgent }) => userAgent?.includes('iPhone') === true, 'the same as on the other phone');

const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true });
const timer = (page: Page) => page.getByRole('timer');
const voices = (person: Person) => person.log.locator('article:has(.voice)');
/** How far the player is, in seconds. */
const position = (person: Person) =>
  voices(person)
    .last()
    .getByRole('slider')
    .evaluate((slider: HTMLInputElement) => Number(slider.value));

/** How long the recording is, in seconds. */
const seconds = async (page: Page) => Number((await timer(page).innerText()).split(':')[1]);

/** Records for at least two seconds. */
async function recordTwoSeconds(page: Page): Promise<void> {
  await button(page, 'Record a voice message').click();
  await expect.poll(() => seconds(page)).toBeGreaterThanOrEqual(2);
}

for (const format of ['audio/mp4', 'audio/webm']) {
  test(`a voice message in ${format} is recorded, sent, and heard on the other side`, async ({
    browserOfOne,
    person,
    api,
  }) => {
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
    // It plays to its end, and begins anew.
    await expect(button(john.page, 'Play the voice message')).toBeVisible();
    expect(await position(john)).toBe(0);
    if (await john.page.getByRole('button', { name: 'Back to all conversations' }).isVisible())
      await john.back();
    await expect(john.row('You')).toContainText('Voice message');
  });
}

test('one pauses, goes on, listens, and sends or discards', async ({ person, api }) => {
  const you = await (await person('You')).open('John Smith');
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
  await expect(you.field).toBeFocused();
  await recordTwoSeconds(you.page);
  await button(you.page, 'Discard the recording').click();
  await expect(you.field).toBeFocused();
  expect(await api.messages('you', WITH_JOHN)).toHaveLength(before);
  // Who writes, sends text.
  await you.say('Written after all');
  await expect(you.message('Written after all')).toContainText(/Sent|Delivered/);
});

test('what is recorded without a connection is sent when there is one', async ({ person, api }) => {
  const you = await (await person('You')).open('John Smith');
  await expect(button(you.page, 'Record a voice message')).toBeVisible();
  await you.page.context().setOffline(true);
  await recordTwoSeconds(you.page);
  await button(you.page, 'Send the voice message').click();
  await expect(voices(you)).toContainText('Waiting');
  // From what the device keeps.
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
  test(`that the microphone cannot be used is said: ${error}`, async ({ browserOfOne }, info) => {
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

test('where a browser cannot play it, the file is offered', async ({ person, browserOfOne }) => {
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
