import type { Page, Route } from '@playwright/test';
import type { Api } from '../harness/api.ts';
import { Person, WITH_JOHN } from '../harness/person.ts';
import { png } from '../harness/picture.ts';
import { expect, test } from '../harness/test.ts';

/**
 * A tab can be killed at any instant. Each test kills it at one step of sending five messages, opens another
 * tab, and checks what the server has in the end: each of the five once, in their order.
 */

const WRITTEN = ['First', 'Second', 'Third', 'Fourth', 'Fifth'];

/** The step that the third message has reached when the tab is killed. */
interface Step {
  readonly name: string;
  readonly url: string;
  readonly matches: (route: Route) => boolean;
  /**
   * `before`: the request never arrives. `after`: the server has carried it out, and the answer never
   * arrives.
   */
  readonly when: 'before' | 'after';
  readonly photo?: true;
}

const isThird = (route: Route) => route.request().postData()?.includes('"Third"') ?? false;
const put = (route: Route) => route.request().method() === 'PUT';

const STEPS: Step[] = [
  { name: 'as the message is about to be sent', url: '**/messages/send', matches: isThird, when: 'before' },
  {
    name: 'as the server has the message, unanswered',
    url: '**/messages/send',
    matches: isThird,
    when: 'after',
  },
  {
    name: 'as its photo is about to be announced',
    url: '**/messages/uploadFile',
    matches: () => true,
    when: 'before',
    photo: true,
  },
  {
    name: 'as its photo is announced, unanswered',
    url: '**/messages/uploadFile',
    matches: () => true,
    when: 'after',
    photo: true,
  },
  {
    name: 'as its photo is about to be uploaded',
    url: '**/files/**',
    matches: put,
    when: 'before',
    photo: true,
  },
  {
    name: 'as its photo is uploaded, unanswered',
    url: '**/files/**',
    matches: put,
    when: 'after',
    photo: true,
  },
  {
    name: 'as the message with the photo is about to be sent',
    url: '**/messages/send',
    matches: isThird,
    when: 'before',
    photo: true,
  },
  {
    name: 'as the server has the message with the photo, unanswered',
    url: '**/messages/send',
    matches: isThird,
    when: 'after',
    photo: true,
  },
];

for (const step of STEPS) {
  test(`killed ${step.name}`, async ({ person, api }, info) => {
    test.skip(info.project.name !== 'desktop', 'the same code on every screen');
    const you = await (await person('You')).open('John Smith');
    const reached = hold(you.page, step);
    await write(you, step.photo);
    await reached;
    await you.page.close();
    await completes(await you.page.context().newPage(), api);
  });
}

test('killed in the instant after the fifth was written', async ({ person, api }) => {
  const you = await (await person('You')).open('John Smith');
  await write(you);
  await you.page.close();
  await completes(await you.page.context().newPage(), api);
});

test('killed again and again while it sends', async ({ person, api }, info) => {
  test.skip(info.project.name !== 'desktop', 'it is about time, not about the screen');
  const you = await (await person('You')).open('John Smith');
  const context = you.page.context();
  await context.setOffline(true);
  await write(you);
  await you.page.close();
  await context.setOffline(false);
  for (let life = 0; life < 6; life++) {
    const page = await context.newPage();
    let asked = 0;
    // Each tab is killed while an answer of the server is in flight, at different steps. There is always
    // another request, because the tab polls.
    const dies = page.waitForEvent(
      'request',
      request => request.url().includes('/messages/') && ++asked > life % 3,
    );
    await new Person(page).signIn('You');
    await dies;
    await page.close();
  }
  await completes(await context.newPage(), api);
});

async function write(you: Person, photo?: true): Promise<void> {
  for (const text of WRITTEN) {
    if (photo && text === 'Third') {
      await you.attach({ name: 'wall.png', mimeType: 'image/png', buffer: png(600, 400) });
      await expect(
        you.page.getByRole('list', { name: 'To be sent' }).getByRole('img', { name: 'wall.png' }),
      ).toBeVisible();
    }
    await you.say(text);
  }
  // The bubble means that the message is stored: from here on nothing may be lost.
  await expect(you.message('Fifth')).toBeVisible();
}

/** Resolves when the step is reached, and holds all requests from there on. */
function hold(page: Page, step: Step): Promise<void> {
  return new Promise(resolve => {
    void page.route(step.url, async route => {
      if (!step.matches(route)) return route.continue();
      if (step.when === 'after') await route.fetch();
      resolve();
    });
  });
}

/** The next tab: it sends the rest, and then each message is there once, in its order. */
async function completes(page: Page, api: Api): Promise<void> {
  const you = await new Person(page).signIn('You');
  const mine = async () => {
    const said = await api.messages('you', WITH_JOHN);
    return said.filter(message => message.senderId === 'you').map(message => message.content);
  };
  await expect.poll(async () => (await mine()).at(-1)).toBe('Fifth');
  expect((await mine()).slice(-5)).toEqual(WRITTEN);
  expect((await mine()).filter(text => WRITTEN.includes(text))).toHaveLength(5);
  await you.open('John Smith');
  for (const text of WRITTEN) {
    await expect(you.message(text)).toHaveCount(1);
    await expect(you.message(text)).toHaveAttribute('data-state', /sent|delivered|read/);
  }
  expect((await you.texts()).slice(-5)).toEqual(WRITTEN);
}
