/** Changes of sent messages by two people: edits, reactions, replies, deletions. */

import type { Locator } from '@playwright/test';
import { type Person, WITH_JOHN } from '../harness/person.ts';
import { expect, test } from '../harness/test.ts';

/** Opens the menu of a message, with a mouse or a finger. */
async function menuOf(of: Person, message: Locator, isMobile: boolean): Promise<Locator> {
  const bubble = message.locator('.bubble');
  const menu = of.page.getByRole('dialog', { name: 'What to do with this message' });
  if (isMobile) {
    // A long press.
    await bubble.dispatchEvent('pointerdown', {
      pointerType: 'touch',
      isPrimary: true,
      clientX: 5,
      clientY: 5,
    });
    await expect(menu).toBeVisible();
    await bubble.dispatchEvent('pointerup', { pointerType: 'touch', isPrimary: true });
  } else {
    await bubble.click({ button: 'right' });
  }
  await expect(menu).toBeVisible();
  return menu;
}

test('an edit, a reaction, a reply and a deletion are seen by the other person', async ({
  person,
  isMobile,
}) => {
  const you = await (await person('You')).open('John Smith');
  const john = await (await person('John Smith')).open('You');
  await you.say('Shall we meet at nine?');
  await john.sees('Shall we meet at nine?');

  // Edit: the draft is restored afterwards.
  await you.field.fill('a draft');
  const edit = await menuOf(you, you.message('Shall we meet at nine?'), isMobile);
  await edit.getByRole('button', { name: 'Edit' }).click();
  await expect(you.field).toBeFocused();
  await expect(you.field).toHaveValue('Shall we meet at nine?');
  await you.page.keyboard.press('Escape');
  await expect(you.field).toHaveValue('a draft');
  await you.field.fill('');
  await you.field.press('ArrowUp');
  await expect(you.field).toHaveValue('Shall we meet at nine?');
  await you.say('Shall we meet at ten?');
  await john.sees('Shall we meet at ten?');
  await john.message('Shall we meet at ten?').getByRole('button', { name: 'edited' }).click();
  const versions = john.page.getByRole('dialog', { name: 'What this message said' });
  await expect(versions.getByText('Shall we meet at nine?')).toBeVisible();
  await versions.getByRole('button', { name: 'Close' }).click();

  // React, and remove the reaction by pressing it.
  const react = await menuOf(john, john.message('Shall we meet at ten?'), isMobile);
  await react.getByRole('button', { name: '👍' }).click();
  const reaction = you.message('Shall we meet at ten?').getByRole('button', { name: '👍 from John Smith' });
  await expect(reaction).toBeVisible();
  await john.message('Shall we meet at ten?').getByRole('button', { name: '👍 from You' }).click();
  await expect(reaction).toHaveCount(0);

  // Reply; the quote leads to the original.
  const reply = await menuOf(john, john.message('Shall we meet at ten?'), isMobile);
  await reply.getByRole('button', { name: 'Reply' }).click();
  await expect(john.page.getByText('Replying to You')).toBeVisible();
  await john.say('Ten is fine');
  const quote = you
    .message('Ten is fine')
    .getByRole('button', { name: /^Reply to You: Shall we meet at ten/ });
  await quote.click();
  await expect(you.message('Shall we meet at ten?')).toHaveClass(/found/);

  // Delete, after a confirmation, for both; the quote then shows no text.
  const drop = await menuOf(you, you.message('Shall we meet at ten?'), isMobile);
  await drop.getByRole('button', { name: 'Delete' }).click();
  const question = you.page.getByRole('dialog', { name: 'Delete this message?' });
  await question.getByRole('button', { name: 'Delete' }).click();
  await expect(you.log.getByText('You deleted this message')).toBeVisible();
  await expect(john.log.getByText('This message was deleted').first()).toBeVisible();
  await expect(john.message('Ten is fine').locator('.quote')).toContainText('This message was deleted');
  await expect(john.log.getByText('Shall we meet at ten?')).toHaveCount(0);
});

test('an offline edit is sent when the connection is back', async ({ person }) => {
  const you = await (await person('You')).open('John Smith');
  const john = await (await person('John Smith')).open('You');
  await you.say('The key is under the mat');
  await john.sees('The key is under the mat');
  await you.page.context().setOffline(true);
  await you.field.press('ArrowUp');
  await you.say('The key is with the neighbour');
  await you.sees('The key is with the neighbour');
  await expect(john.message('The key is under the mat')).toBeVisible();
  await you.page.context().setOffline(false);
  await john.sees('The key is with the neighbour');
  await expect(john.message('The key is under the mat')).toHaveCount(0);
});

test('a change that the server refuses is reverted, with the reason', async ({ person, api }) => {
  const you = await (await person('You')).open('John Smith');
  await you.say('For good');
  await expect(you.message('For good')).toContainText(/Sent|Delivered/);
  // The maximum number of edits.
  const id = (await api.messages('you', WITH_JOHN)).at(-1)?.id ?? '';
  for (let time = 1; time <= 5; time++) await api.edit('you', WITH_JOHN, id, `For good ${time}`);
  await you.sees('For good 5');
  await you.field.press('ArrowUp');
  await you.say('Once more');
  await expect(you.message('For good 5')).toContainText(
    'Not changed. It is too late to change this message.',
  );
  await you.message('For good 5').getByRole('button', { name: 'Dismiss' }).click();
  await expect(you.message('For good 5')).not.toContainText('Not changed.');
});

test('the menu of a message can be used with the keyboard alone', async ({ person, isMobile }) => {
  test.skip(isMobile, 'Phones have no keyboard.');
  const you = await (await person('You')).open('John Smith');
  await you.say('First');
  await you.say('Second');
  await expect(you.message('Second')).toContainText(/Sent|Delivered/);
  await you.message('Second').getByRole('button', { name: 'What to do with this message' }).focus();
  await you.page.keyboard.press('ArrowUp');
  await you.page.keyboard.press('Enter');
  const menu = you.page.getByRole('dialog', { name: 'What to do with this message' });
  await expect(menu).toBeVisible();
  await you.page.keyboard.press('ArrowRight');
  await you.page.keyboard.press('Enter');
  await expect(menu).toHaveCount(0);
  await expect(you.message('First').getByRole('button', { name: /from You/ })).toBeVisible();
});

test('before the first message the chat shows the person and the job', async ({ person, api }) => {
  await api.person('nina', 'Nina Novak');
  await api.job(77, 'Mend the fence', ['you', 'nina'], 'open');
  const you = await person('You');
  await you.page.goto('/#open=/with/nina/77');
  await expect(you.page.getByRole('heading', { name: 'Nina Novak' })).toBeVisible();
  await expect(you.page.getByText('Mend the fence').first()).toBeVisible();
  await expect(you.field).toBeVisible();
  await you.page.goto('/#open=/with/nobody');
  await you.page.reload();
  await expect(you.page.getByText('You do not share an open job with this person.')).toBeVisible();
});

test.describe('with a long history', () => {
  test.use({ flags: ['--send-rate', '0'] });

  test('a quote leads to its original, even if that is old and not loaded', async ({ person, api }) => {
    await api.history('you', 'john', 160);
    const all = await api.messages('you', WITH_JOHN);
    const far = all.find(({ content }) => content === 'Message 5');
    if (!far) throw new Error('There is a fifth message.');
    await api.reply('john', WITH_JOHN, far.id, 'As I said then');
    await api.read('you', WITH_JOHN);
    const you = await (await person('You')).open('John Smith');
    await you.sees('As I said then');
    await expect(you.message(/^Message 5$/)).toHaveCount(0);
    await you.message('As I said then').locator('.quote').click();
    const original = you.message(/^Message 5$/);
    await expect(original).toBeInViewport();
    await expect(original).toHaveClass(/found/);
  });
});

test('Escape ends editing wherever the focus is in the chat, and the draft is restored', async ({
  person,
  isMobile,
}) => {
  test.skip(isMobile, 'a phone has no such key');
  const you = await (await person('You')).open('John Smith');
  await you.say('Shall we meet at nine?');
  await expect(you.message('Shall we meet at nine?')).toContainText(/Sent|Delivered/);
  await you.field.fill('a draft');
  const menu = await menuOf(you, you.message('Shall we meet at nine?'), isMobile);
  await menu.getByRole('button', { name: 'Edit' }).click();
  await expect(you.field).toHaveValue('Shall we meet at nine?');
  await you.page.getByRole('button', { name: 'Cancel' }).focus();
  await you.page.keyboard.press('Escape');
  await expect(you.page.getByText('Editing a message')).toHaveCount(0);
  await expect(you.field).toHaveValue('a draft');
  await expect(you.field).toBeFocused();
  // The next Escape leaves the chat.
  await you.page.keyboard.press('Escape');
  await expect(you.field).toHaveCount(0);
});

test('a menu that a finger opened stays when the finger is lifted, and nothing under it is pressed', async ({
  person,
  isMobile,
}) => {
  test.skip(!isMobile, 'a mouse does not rest on it');
  const you = await (await person('You')).open('John Smith');
  const line = await you.page.context().newCDPSession(you.page);
  const touch = (type: 'touchStart' | 'touchEnd', touchPoints: { x: number; y: number }[]) =>
    line.send('Input.dispatchTouchEvent', { type, touchPoints });
  // The lowest message: the menu opens above it.
  const box = await you.messages.last().locator('.bubble').boundingBox();
  if (!box) throw new Error('The message is on the screen.');
  await touch('touchStart', [{ x: box.x + 40, y: box.y + 15 }]);
  const menu = you.page.getByRole('dialog', { name: 'What to do with this message' });
  await expect(menu).toBeVisible();
  const under = await menu.boundingBox();
  expect(under?.y).toBeLessThan(box.y + 15);
  await touch('touchEnd', []);
  // The click that the browser derives from the touch has come by the time of a later tap, which works.
  await menu.getByRole('button', { name: 'Reply' }).tap();
  await expect(you.page.getByText('Replying to John Smith')).toBeVisible();
});

test('a swipe on a phone starts a reply', async ({ person, isMobile }) => {
  test.skip(!isMobile, 'a mouse does not swipe');
  const you = await (await person('You')).open('John Smith');
  const bubble = you.message('Great! What time?').locator('.bubble');
  const finger = (type: string, x: number, y = 0) =>
    bubble.dispatchEvent(type, {
      pointerType: 'touch',
      pointerId: 7,
      isPrimary: true,
      bubbles: true,
      clientX: 20 + x,
      clientY: 300 + y,
    });
  const replying = you.page.getByText('Replying to John Smith');
  const moved = () => bubble.evaluate(one => one.style.translate);
  // A vertical swipe scrolls, and a short one does nothing.
  await finger('pointerdown', 0);
  await expect
    .poll(async () => {
      await finger('pointermove', 30);
      return moved();
    })
    .toBe('30px');
  await finger('pointerup', 30);
  await expect.poll(moved).toBe('');
  await expect(replying).toHaveCount(0);
  await finger('pointerdown', 0);
  await expect
    .poll(async () => {
      await finger('pointermove', 65);
      return moved();
    })
    .toBe('65px');
  await finger('pointerup', 65);
  await expect(replying).toBeVisible();
  await expect(you.field).toBeFocused();
});

test('any emoji can be a reaction: found by keyword, with a skin tone, and offline once the picker was opened', async ({
  person,
  isMobile,
}) => {
  const you = await person('You', { serviceWorkers: 'allow' });
  await you.page.evaluate(() => navigator.serviceWorker.ready);
  await you.page.reload();
  await you.open('John Smith');
  const line = you.message('Great! What time?');
  const more = async () => {
    const menu = await menuOf(you, line, isMobile);
    await menu.getByRole('button', { name: 'More emoji' }).click();
    const picker = you.page.getByRole('dialog', { name: 'React', exact: true });
    await expect(picker.getByRole('button', { name: 'grinning face', exact: true })).toBeVisible();
    return picker;
  };
  const first = await more();
  await first.getByRole('searchbox', { name: 'Search emoji' }).fill('no such thing');
  await expect(first.getByRole('status')).toHaveText('No emoji found.');
  await first.getByRole('searchbox', { name: 'Search emoji' }).fill('party popper');
  await first.getByRole('searchbox', { name: 'Search emoji' }).press('Enter');
  await expect(first).toHaveCount(0);
  await expect(line.getByRole('button', { name: '🎉 from You' })).toBeVisible();

  await you.page.context().setOffline(true);
  await you.page.reload();
  await expect(line).toBeVisible();
  const again = await more();
  await again.getByRole('button', { name: '✋🏽' }).click();
  await again.getByRole('searchbox', { name: 'Search emoji' }).fill('thumbs up');
  await again.getByRole('searchbox', { name: 'Search emoji' }).press('ArrowDown');
  await expect(again.getByRole('button', { name: 'thumbs up' })).toBeFocused();
  await you.page.keyboard.press('Enter');
  await you.page.context().setOffline(false);
  await expect(line.getByRole('button', { name: '👍🏽 from You' })).toBeVisible();
});
