/** A user with thousands of conversations. */

import type { Page } from '@playwright/test';
import type { Api } from '../harness/api.ts';
import { Person } from '../harness/person.ts';
import { expect, test } from '../harness/test.ts';

test.use({ flags: ['--send-rate', '0'] });
test.skip(({ isMobile }) => isMobile, 'the same list; and it takes long to furnish');

/** The most participants of a job, besides the reader. */
const IN_A_JOB = 99;

/** Runs `work` for each number from 1 to `count`, several at a time. */
async function each(count: number, work: (number: number) => Promise<void>): Promise<void> {
  let next = 1;
  const worker = async () => {
    for (let number = next++; number <= count; number = next++) await work(number);
  };
  await Promise.all(Array.from({ length: 16 }, worker));
}

/** Makes `count` people who have each written `messages` messages to `reader`. */
async function furnish(api: Api, reader: string, count: number, messages: number): Promise<void> {
  const person = (number: number) => `${reader}-p${number}`;
  await each(Math.ceil(count / IN_A_JOB), async job => {
    const first = (job - 1) * IN_A_JOB + 1;
    const last = Math.min(count, job * IN_A_JOB);
    const people = Array.from({ length: last - first + 1 }, (_, at) => person(first + at));
    await api.job((reader === 'you' ? 1_000 : 2_000) + job, `Job ${job}`, [reader, ...people], 'open');
  });
  await each(count, async number => {
    await api.person(person(number), `Person ${number}`);
    for (let text = 1; text <= messages; text++)
      await api.say(person(number), reader, `Hello ${number}.${text}`);
  });
}

/** How many conversations the list has, whether drawn or not. */
async function listed(page: Page): Promise<number> {
  return Number(await page.locator('[aria-setsize]').first().getAttribute('aria-setsize'));
}

/** How long the list takes to follow the filter, in milliseconds: the median of several tries. */
async function filtering(page: Page): Promise<number> {
  return page.evaluate(async () => {
    const field = document.querySelector<HTMLInputElement>('input[type=search]');
    const painted = () => new Promise(resolve => requestAnimationFrame(() => setTimeout(resolve)));
    const times: number[] = [];
    for (const text of ['p', 'pe', 'per', 'perso', 'person 1', 'person 12', 'nobody', 'person 2', '']) {
      await painted();
      const begun = performance.now();
      if (field) field.value = text;
      field?.dispatchEvent(new InputEvent('input', { bubbles: true }));
      await painted();
      times.push(performance.now() - begun);
    }
    return times.sort((one, other) => one - other)[times.length >> 1] ?? 0;
  });
}

/** The same for scrolling by a screen. */
async function scrolling(page: Page): Promise<number> {
  return page.locator('.conversations').evaluate(async list => {
    const painted = () => new Promise(resolve => requestAnimationFrame(() => setTimeout(resolve)));
    const times: number[] = [];
    for (let screen = 1; screen <= 9; screen++) {
      await painted();
      const begun = performance.now();
      list.scrollBy({ top: list.clientHeight });
      await painted();
      times.push(performance.now() - begun);
    }
    return times.sort((one, other) => one - other)[times.length >> 1] ?? 0;
  });
}

test('5,000 conversations: few rows are in the page, and it filters and scrolls as fast as with 50', {
  tag: '@timing',
}, async ({ browserOfOne, api }) => {
  await furnish(api, 'you', 5_000, 1);
  await furnish(api, 'jane', 50, 1);
  const measured: Record<string, { filter: number; scroll: number }> = {};
  for (const [reader, count] of [
    ['jane', 50],
    ['you', 5_000],
  ] as const) {
    const page = await (await browserOfOne()).newPage();
    await page.goto(`/#token=${api.token(reader)}`);
    await expect.poll(() => listed(page)).toBeGreaterThanOrEqual(count);
    measured[reader] = { scroll: await scrolling(page), filter: await filtering(page) };
    expect(await page.locator('*').count()).toBeLessThan(2_000);
    await page.getByRole('searchbox').fill(`person ${count}`);
    await expect(page.locator('[data-conversation]')).toHaveCount(1);
    await page.getByRole('searchbox').fill('');
    await page.locator('.conversations').evaluate(list => list.scrollTo({ top: list.scrollHeight }));
    await expect(page.locator('[data-conversation]').last()).toBeInViewport();
  }
  console.log('ms for a key and a screen:', measured);
  const { jane: few, you: many } = measured;
  // Two more frames for a busy machine.
  expect(many?.filter).toBeLessThan(3 * (few?.filter ?? 0) + 33);
  expect(many?.scroll).toBeLessThan(3 * (few?.scroll ?? 0) + 33);
});

test('300 conversations of 60 messages on an empty device: a new message in the open chat does not wait for them', async ({
  browserOfOne,
  api,
}) => {
  await furnish(api, 'you', 300, 60);
  const page = await (await browserOfOne()).newPage();
  let polls = 0;
  page.on('request', request => {
    if (request.url().includes('/messages/sync')) polls += 1;
  });
  // The list comes in answers of 50. From the fourth on they are held, so the list cannot be complete before
  // that.
  let release = () => {};
  const released = new Promise<void>(resolve => {
    release = resolve;
  });
  await page.route(/\/messages\/sync/, async route => {
    if (polls > 3) await released;
    await route.continue().catch(() => undefined);
  });
  const first = page.waitForResponse(/\/messages\/sync/);
  await page.goto(`/#token=${api.token('you')}&open=/c/conv_you_you-p1`);
  await first;
  const before = polls;
  await api.say('you-p1', 'you', 'Are you there?');
  const you = new Person(page);
  await you.sees('Are you there?');
  expect(polls - before).toBeLessThan(300 / 50 + 3);
  // The demo's own four conversations come as well.
  expect(await listed(page)).toBeLessThan(304);
  release();
  await expect.poll(() => listed(page)).toBe(304);
});
