/** The group chat of a job: three people, one who joins and one who leaves. */

import type { Page } from '@playwright/test';
import { Person } from '../harness/person.ts';
import { expect, test } from '../harness/test.ts';

const ROOF = 'Repair the roof';
const CREW = 'crew_77';
const THREE = ['you', 'john', 'mike'];

/** Opens the crew by a link, as mail does. */
async function openCrew(of: Person): Promise<Person> {
  await of.page.goto(`/#/c/${CREW}`);
  await of.page.reload();
  await expect(of.page.getByRole('region', { name: `Conversation with ${ROOF}` })).toBeVisible();
  return of;
}

/** The events of a chat that show who joined and left. */
const lines = (page: Page) => page.locator('.event-line');

test('three people talk in the crew of a job: quotes, edits, reactions and deletions are seen by all', async ({
  person,
  api,
}) => {
  await api.job(77, ROOF, THREE, 'open');
  // Quiet chats are polled every half minute, or less often by request of a busy server.
  await api.sayTo('john', CREW, 'Good morning');
  const [you, john, mike] = await Promise.all(
    (['You', 'John Smith', 'Mike Worker'] as const).map(async name => openCrew(await person(name))),
  );
  if (!you || !john || !mike) throw new Error('Three people are here.');
  await you.say('Who brings the ladder?');
  for (const one of [john, mike]) await one.sees('Who brings the ladder?');
  await expect(john.message('Who brings the ladder?').locator('.sender')).toHaveText('You');
  await john.say('I do');
  await mike.say('And I bring nails');
  await you.sees('And I bring nails');
  await expect(you.log.locator('.sender')).toHaveText(['John Smith', 'John Smith', 'Mike Worker']);
  // How far the others have read, and who has.
  const read = you.page.getByRole('button', { name: /have read it|Everybody has read it/ });
  await expect(read).toHaveText('Everybody has read it');
  await read.click();
  const readers = you.page.getByRole('dialog', { name: 'Everybody has read it' });
  await expect(readers.getByRole('listitem')).toHaveText([
    /John Smith.*Has read it/,
    /Mike Worker.*Has read it/,
  ]);
  await readers.getByRole('button', { name: 'Close' }).click();

  // A reply, a reaction, an edit and a deletion.
  await mike
    .message('I do')
    .getByRole('button', { name: /^What to do/ })
    .focus();
  await mike.page.keyboard.press('Enter');
  await mike.page.getByRole('button', { name: 'Reply' }).click();
  await mike.say('Thank you John');
  await expect(you.message('Thank you John').locator('.quote .author')).toHaveText('John Smith');
  await john
    .message('Thank you John')
    .getByRole('button', { name: /^What to do/ })
    .focus();
  await john.page.keyboard.press('Enter');
  await john.page.getByRole('button', { name: '👍' }).click();
  await expect(
    you.message('Thank you John').getByRole('button', { name: '👍 from John Smith' }),
  ).toBeVisible();
  await you.field.press('ArrowUp');
  await expect(you.field).toHaveValue('Who brings the ladder?');
  await you.say('Who brings both ladders?');
  for (const one of [john, mike]) await one.sees('Who brings both ladders?');
  await john
    .message('I do')
    .getByRole('button', { name: /^What to do/ })
    .focus();
  await john.page.keyboard.press('Enter');
  await john.page.getByRole('button', { name: 'Delete' }).click();
  const question = john.page.getByRole('dialog', { name: 'Delete this message?' });
  await question.getByRole('button', { name: 'Delete' }).click();
  for (const one of [you, mike]) {
    await expect(one.log.getByText('This message was deleted')).toHaveCount(2);
    await expect(one.message('I do')).toHaveCount(0);
  }
});

test('a member who was offline sees the same as the others afterwards', async ({ person, api }) => {
  await api.job(77, ROOF, THREE, 'open');
  const you = await openCrew(await person('You'));
  const john = await openCrew(await person('John Smith'));
  await you.say('One');
  await john.sees('One');
  await john.page.context().setOffline(true);
  await john.say('Two, written offline');
  await you.say('Three');
  await api.sayTo('mike', CREW, 'Four');
  await you.sees('Four');
  await john.page.context().setOffline(false);
  await you.sees('Two, written offline');
  await john.sees('Four');
  expect(await john.texts()).toEqual(await you.texts());
});

test('new members see what follows their joining, and members who left see nothing new', async ({
  person,
  api,
}) => {
  await api.job(77, ROOF, THREE, 'open');
  await api.sayTo('you', CREW, 'Before Jane');
  const you = await openCrew(await person('You'));
  const mike = await openCrew(await person('Mike Worker'));
  await mike.sees('Before Jane');
  await api.job(77, ROOF, ['you', 'john', 'jane'], 'open');
  await api.sayTo('john', CREW, 'Welcome Jane');
  await you.sees('Welcome Jane');
  await expect(lines(you.page)).toContainText(['Mike Worker left', 'Jane Doe joined']);
  const jane = await openCrew(await person('Jane Doe'));
  await jane.sees('Welcome Jane');
  expect(await jane.texts()).toEqual(['Welcome Jane']);
  await jane.toList();
  await expect(jane.row(ROOF)).toContainText('John Smith: Welcome Jane');
  await expect(mike.page.getByText('You are not in this group any more.')).toBeVisible();
  await expect(mike.message('Welcome Jane')).toHaveCount(0);
});

test('a chat of two links to the group of their job, and a member is mentioned by name', async ({
  person,
  isMobile,
}) => {
  const you = await (await person('You')).open('Jane Doe');
  await you.page.getByRole('button', { name: 'About this conversation' }).click();
  await you.page.getByRole('button', { name: 'Group chat of this job' }).click();
  await expect(
    you.page.getByRole('region', { name: 'Conversation with Repair the garden fence' }),
  ).toBeVisible();
  await you.field.pressSequentially('Hello @mi');
  const names = you.page.getByRole('listbox', { name: 'Mention somebody' });
  await expect(names.getByRole('option')).toHaveText(['MWMike Worker']);
  if (isMobile) await names.getByRole('option').tap();
  else await you.field.press('Enter');
  await expect(you.field).toHaveValue('Hello @Mike Worker ');
  await expect(names).toHaveCount(0);
  await you.field.pressSequentially('me@ja');
  await expect(names).toHaveCount(0);
  await you.send.click();
  await you.sees('Hello @Mike Worker me@ja');
  const mike = await person('Mike Worker');
  await expect(mike.list.locator('[data-conversation="crew_57"]')).toContainText('You: Hello @Mike Worker');
  const fromMail = new Person(mike.page);
  await fromMail.page.goto('/#/c/crew_57');
  await fromMail.sees('Hello @Mike Worker me@ja');
  await expect(fromMail.log.locator('mark.me')).toHaveText('@Mike Worker');
  await expect(you.log.locator('mark')).toHaveText('@Mike Worker');
  await expect(you.log.locator('mark.me')).toHaveCount(0);
});

test('in a right-to-left language every name of the members stands beside its picture', async ({
  browserOfOne,
  api,
}) => {
  const page = await (await browserOfOne({ locale: 'ar-EG' })).newPage();
  await page.goto(`/#token=${api.token('you')}&open=/c/crew_63`);
  await page.locator('.chat-head .more').click();
  const members = page.locator('.member-list li');
  await expect(members).toHaveCount(3);
  for (const one of await members.all()) {
    const picture = await one.locator('.avatar').boundingBox();
    const name = await one.locator('bdi').boundingBox();
    const between = (picture?.x ?? 0) - (name?.x ?? 0) - (name?.width ?? 0);
    expect(between).toBeGreaterThan(0);
    expect(between).toBeLessThan(20);
    // It is as wide as its text, so the text begins at its edge.
    expect(name?.width).toBeLessThan(150);
  }
});
