/** Calls between browsers with cameras that count: what both see, and how calls end. */

import type { Page } from '@playwright/test';
import { findings } from '../harness/axe.ts';
import type { Person } from '../harness/person.ts';
import { expect, test } from '../harness/test.ts';

test.use({ live: 'on', permissions: ['camera', 'microphone'] });
test.skip(({ isMobile }) => isMobile, 'it is about who is connected with whom, not about the screen');

const button = (person: Person, name: string) => person.page.getByRole('button', { name, exact: true });
const call = (person: Person) => person.page.locator('.call');
const ringing = (person: Person) => person.page.getByRole('alertdialog');
const lines = (person: Person) => person.log.locator('.call-line');

/** How many frames of the other side's video were shown. */
async function frames(page: Page, picture = '.call-picture'): Promise<number> {
  return page
    .locator(picture)
    .evaluate((video: HTMLVideoElement) => video.getVideoPlaybackQuality().totalVideoFrames)
    .catch(() => 0);
}

/** Waits until more frames are shown. */
async function moves(person: Person, picture?: string): Promise<void> {
  const before = await frames(person.page, picture);
  await expect.poll(() => frames(person.page, picture)).toBeGreaterThan(before + 5);
}

async function both(person: (name: 'You' | 'John Smith') => Promise<Person>): Promise<[Person, Person]> {
  const you = await (await person('You')).open('John Smith');
  const john = await (await person('John Smith')).open('You');
  await expect(button(john, 'Video call')).toBeVisible();
  return [you, john];
}

/** John calls You with video, and You accept. */
async function inCall(john: Person, you: Person): Promise<void> {
  await button(john, 'Video call').click();
  await expect(ringing(you)).toBeVisible();
  await button(you, 'Accept with video').click();
  for (const one of [john, you]) await expect(call(one)).toHaveAttribute('data-phase', 'connected');
}

test('a call rings, both see video and who is muted, and the timeline shows its duration', async ({
  person,
}) => {
  const [you, john] = await both(person);
  await button(john, 'Video call').click();
  await expect(ringing(you)).toContainText('John Smith is calling, with video');
  expect(await findings(you.page)).toEqual([]);
  await expect(call(john)).toContainText('Ringing…');
  const accepted = Date.now();
  await button(you, 'Accept with video').click();
  await expect.poll(() => frames(john.page)).toBeGreaterThan(0);
  console.log(`From accept to the first remote frame: ${Date.now() - accepted} ms.`);
  await moves(john);
  await moves(you);
  expect(await findings(you.page)).toEqual([]);
  await button(you, 'Mute the microphone').click();
  await expect(call(john)).toContainText('Microphone off: You');
  await button(you, 'Turn the camera off').click();
  await expect(john.page.locator('.call-picture')).toHaveCount(0);
  await button(you, 'Turn the camera on').click();
  await moves(john);
  await button(john, 'End the call').click();
  for (const one of [john, you]) {
    await expect(call(one)).toHaveCount(0);
    await expect(lines(one)).toContainText(/Video call · 0:\d\d/);
  }
  await expect(button(you, 'Call back')).toBeVisible();
  await expect(button(john, 'Call again')).toBeVisible();
});

test('declining ends a call, and calling back without video works', async ({ person }) => {
  const [you, john] = await both(person);
  await button(john, 'Audio call').click();
  await button(you, 'Decline').click();
  await expect(john.page.getByText('The call was declined.')).toBeVisible();
  await expect(lines(you)).toContainText('declined');
  await button(you, 'Call back').click();
  await button(john, 'Accept').click();
  for (const one of [john, you]) await expect(call(one)).toHaveAttribute('data-phase', 'connected');
  await expect(you.page.locator('video')).toHaveCount(0);
  await button(you, 'End the call').click();
  await expect(lines(john)).toHaveCount(2);
});

test('when one of several ringing devices accepts, the others stop ringing', async ({ person }) => {
  const [you, john] = await both(person);
  const tablet = await person('You');
  await tablet.page.waitForLoadState('networkidle');
  await button(john, 'Video call').click();
  for (const device of [you, tablet]) await expect(ringing(device)).toBeVisible();
  await button(tablet, 'Accept').click();
  await expect(ringing(you)).toHaveCount(0);
  await expect(call(tablet)).toHaveAttribute('data-phase', 'connected');
  await moves(tablet);
  await expect(call(you)).toHaveCount(0);
});

test('a tab that is reloaded in a call rejoins it', async ({ person }) => {
  const [you, john] = await both(person);
  await inCall(john, you);
  await you.page.reload();
  await expect(call(you)).toHaveAttribute('data-phase', 'connected');
  await moves(you);
  await moves(john);
});

test('devices are chosen by fields large enough for a finger, and the chosen ones stay after a reload', async ({
  person,
}) => {
  const [you, john] = await both(person);
  await inCall(john, you);
  await button(you, 'Microphone and camera').click();
  const microphone = you.page.getByRole('combobox', { name: 'Microphone' });
  await expect(microphone.locator('option')).not.toHaveCount(1);
  for (const field of [microphone, you.page.getByRole('combobox', { name: 'Camera' })])
    expect((await field.boundingBox())?.height).toBeGreaterThanOrEqual(44);
  const before = await microphone.inputValue();
  await microphone.selectOption({ index: 1 });
  const chosen = await microphone.inputValue();
  expect(chosen).not.toBe(before);
  await expect.poll(() => you.page.evaluate(() => localStorage.getItem('jobline-devices'))).toContain(chosen);
  await you.page.reload();
  await expect(call(you)).toHaveAttribute('data-phase', 'connected');
  await button(you, 'Microphone and camera').click();
  await expect(microphone).toHaveValue(chosen);
});

test('when a tab is duplicated in a call, only one of the two has the call', async ({ person }) => {
  const [you, john] = await both(person);
  await inCall(john, you);
  // The session storage of a tab when it is left, which a browser copies into a duplicate.
  const kept = await you.page.evaluate(() => {
    dispatchEvent(new PageTransitionEvent('pagehide'));
    return Object.entries(sessionStorage);
  });
  expect(kept.map(([key]) => key)).toContain('jobline.call');
  await you.page.reload();
  await expect(call(you)).toHaveAttribute('data-phase', 'connected');
  const copy = await you.page.context().newPage();
  await copy.addInitScript(all => {
    if (location.protocol === 'http:') for (const [key, value] of all) sessionStorage.setItem(key, value);
  }, kept);
  await copy.goto('/');
  await expect(copy.locator('[data-conversation]').first()).toBeVisible();
  // It has waited for the lock of its name, and continued without it.
  const waits = () =>
    copy.evaluate(async () =>
      (await navigator.locks.query()).pending?.some(({ name }) => /^jobline.call/.test(name ?? '')),
    );
  await expect.poll(waits).toBe(false);
  await expect(copy.locator('.call')).toHaveCount(0);
  await moves(you);
  await moves(john);
});

test('soon after a call is accepted there is video, and other devices stop ringing', {
  tag: '@timing',
}, async ({ person }) => {
  const [you, john] = await both(person);
  const tablet = await (await person('You')).open('John Smith');
  await expect(button(tablet, 'Video call')).toBeVisible();
  const pictures: number[] = [];
  const silences: number[] = [];
  for (let round = 0; round < 5; round += 1) {
    await button(john, 'Video call').click();
    for (const device of [you, tablet]) await expect(ringing(device)).toBeVisible();
    const silent = you.page.evaluate(
      () =>
        new Promise<number>(resolve => {
          const look = () => document.querySelector('[role="alertdialog"]') || resolve(Date.now());
          new MutationObserver(look).observe(document.body, { childList: true, subtree: true });
        }),
    );
    const shown = tablet.page.evaluate(
      () =>
        new Promise<[clicked: number, seen: number]>(resolve => {
          let clicked = 0;
          addEventListener('click', () => (clicked = Date.now()), { capture: true, once: true });
          const look = () => {
            const video = document.querySelector<HTMLVideoElement>('.call-picture');
            if (!video) return;
            watching.disconnect();
            video.requestVideoFrameCallback(() => resolve([clicked, Date.now()]));
          };
          const watching = new MutationObserver(look);
          watching.observe(document.body, { childList: true, subtree: true });
        }),
    );
    const accepted = tablet.page.waitForResponse(/calls\/accept$/);
    await button(tablet, 'Accept with video').click();
    const [clicked, seen] = await shown;
    const { startTime } = (await accepted).request().timing();
    pictures.push(seen - clicked);
    silences.push((await silent) - startTime);
    await button(john, 'End the call').click();
    for (const one of [john, tablet]) await expect(call(one)).toHaveCount(0);
  }
  const middle = (all: number[]) => Math.round([...all].sort((a, b) => a - b)[2] ?? 0);
  console.log(
    `From accept to the first picture: ${pictures} ms. To silence elsewhere: ${silences.map(Math.round)} ms.`,
  );
  // The goals are 1500 and 200 ms on an idle machine; more than this would mean that something waits for a
  // pause or a poll.
  expect(middle(pictures)).toBeLessThanOrEqual(5000);
  expect(middle(silences)).toBeLessThanOrEqual(1000);
});

test('the code for calls is loaded with the first call, which ends a recording; leaving the page in a call asks first', async ({
  person,
}) => {
  const parts = (page: Page) =>
    page.evaluate(
      () => performance.getEntriesByType('resource').filter(({ name }) => /assets\/part-/.test(name)).length,
    );
  const [you, john] = await both(person);
  expect([await parts(you.page), await parts(john.page)]).toEqual([0, 0]);
  await button(you, 'Record a voice message').click();
  await expect(you.page.getByRole('timer')).toHaveText(/^0:\d*[1-9]/);
  await button(john, 'Audio call').click();
  await expect(ringing(you)).toBeVisible();
  // It also rings on a page that is opened meanwhile.
  const late = await person('You');
  await expect(ringing(late)).toBeVisible();
  expect([await parts(you.page), await parts(john.page), await parts(late.page)]).toEqual([1, 1, 1]);
  await button(you, 'Accept').click();
  await expect(call(you)).toHaveAttribute('data-phase', 'connected');
  await expect(button(you, 'Play the voice message')).toBeVisible();
  const asked: string[] = [];
  john.page.on('dialog', async dialog => {
    asked.push(dialog.type());
    await dialog.dismiss();
  });
  await john.page.evaluate(() => location.reload());
  await expect.poll(() => asked).toEqual(['beforeunload']);
  await button(you, 'End the call').click();
  await expect(call(john)).toHaveCount(0);
  await button(you, 'Discard the recording').click();
  await john.page.reload();
  await expect(button(john, 'Audio call')).toBeVisible();
  expect(asked).toHaveLength(1);
});

test('an error is shown when the code for calls cannot be loaded, and another click tries again', async ({
  person,
}) => {
  const [you, john] = await both(person);
  let attempts = 0;
  await john.page.route(/assets\/part-/, route => {
    attempts += 1;
    return attempts < 3 ? route.abort() : route.continue();
  });
  // A new version may have been deployed, so the first failure reloads the page.
  const reloaded = john.page.waitForEvent('load');
  await button(john, 'Audio call').click();
  await reloaded;
  await button(john, 'Audio call').click();
  await expect(john.page.getByRole('alert')).toContainText('Calls could not be loaded.');
  await button(john, 'Dismiss').click();
  await button(john, 'Audio call').click();
  await expect(ringing(you)).toBeVisible();
  expect(attempts).toBe(3);
});

test('a restart of the server does not interrupt a call, and its end is reported afterwards', async ({
  person,
  server,
}) => {
  const [you, john] = await both(person);
  await inCall(john, you);
  await server.kill();
  await moves(john);
  await moves(you);
  await server.start();
  await moves(you);
  await button(john, 'End the call').click();
  await expect(call(you)).toHaveCount(0);
  await expect(lines(you)).toContainText(/Video call · \d+:\d\d/);
});

test('a screen is shared, seen by the other person, and stopped', async ({ person }) => {
  const [you, john] = await both(person);
  await inCall(john, you);
  await button(you, 'Share a screen').click();
  await moves(john, '.call-screen');
  await moves(john);
  await button(you, 'Stop sharing').click();
  await expect(john.page.locator('.call-screen')).toHaveCount(0);
});

test('a call fills the screen, its picture leaves the page, and both come back', async ({ person }) => {
  const [you, john] = await both(person);
  await inCall(john, you);
  await moves(you);
  const isFull = () =>
    you.page.evaluate(() => document.fullscreenElement?.classList.contains('call') ?? false);
  await button(you, 'Full screen').click();
  await expect.poll(isFull).toBe(true);
  expect(await findings(you.page)).toEqual([]);
  await button(you, 'Leave full screen').click();
  await expect.poll(isFull).toBe(false);
  // Beside the chat a call does not fill the screen.
  await button(you, 'Full screen').click();
  await expect.poll(isFull).toBe(true);
  await button(you, 'Show the chat').click();
  await expect.poll(isFull).toBe(false);
  await expect(you.field).toBeVisible();
  await button(you, 'Show the call').click();
  const isOut = () => you.page.evaluate(() => document.pictureInPictureElement?.className);
  await button(you, 'Picture in picture').click();
  await expect.poll(isOut).toBe('call-picture');
  await moves(you);
  await button(you, 'Leave picture in picture').click();
  await expect.poll(isOut).toBeUndefined();
  // The window that the browser opens has a button of its own, which the page hears of.
  await button(you, 'Picture in picture').click();
  await expect.poll(isOut).toBe('call-picture');
  await you.page.evaluate(() => document.exitPictureInPicture());
  await expect(button(you, 'Picture in picture')).toBeVisible();
  await button(you, 'Full screen').click();
  await button(john, 'End the call').click();
  await expect(call(you)).toHaveCount(0);
  await expect.poll(isFull).toBe(false);
});

test('without calls in the server’s offer there are no call buttons', async ({ person, server }) => {
  await server.stop();
  await server.start(['--live', 'on', '--calls', 'off']);
  const you = await (await person('You')).open('John Smith');
  await you.page.waitForLoadState('networkidle');
  await expect(button(you, 'Video call')).toHaveCount(0);
});
