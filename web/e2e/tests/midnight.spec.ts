import { expect, test } from '../harness/test.ts';

test('after midnight the messages of today move under "Yesterday", and there is one "Today"', async ({
  person,
}) => {
  const you = await person('You');
  await you.page.clock.install();
  await you.open('John Smith');
  await you.say('Before midnight');
  await expect(you.message('Before midnight')).toContainText('Sent');
  const days = you.log.getByRole('heading');
  await expect(days.last()).toHaveText('Today');
  await you.page.clock.fastForward('24:00:00');
  await you.page.evaluate(() => window.dispatchEvent(new Event('focus')));
  await expect(days.last()).toHaveText('Yesterday');
  await expect(days.filter({ hasText: 'Today' })).toHaveCount(0);
});
