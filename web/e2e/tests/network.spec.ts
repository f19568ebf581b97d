import { Person, WITH_JOHN } from '../harness/person.ts';
import { png } from '../harness/picture.ts';
import { expect, test } from '../harness/test.ts';

test.skip(
  ({ isMobile }) => isMobile,
  'the same code; what it looks like is in the tests of looks and of accessibility',
);

const numbered = (count: number) => Array.from({ length: count }, (_, at) => `Line ${at + 1}`);

test('offline: messages wait on the device and are sent in order', async ({ person, api }) => {
  const you = await (await person('You')).open('John Smith');
  await expect(you.messages.last()).toBeVisible();
  await you.page.context().setOffline(true);
  await expect(
    you.page.getByText('You are offline.', { exact: false }).filter({ visible: true }).first(),
  ).toBeVisible();
  const written = numbered(5);
  for (const text of written) await you.say(text);
  await you.attach({ name: 'wall.png', mimeType: 'image/png', buffer: png(400, 300) });
  await you.say('And a photo');
  await expect(you.message('And a photo')).toContainText('Waiting');
  await api.say('john', 'you', 'Meanwhile');
  await you.page.context().setOffline(false);
  await expect(you.message('And a photo')).toContainText('Sent');
  await you.sees('Meanwhile');
  const said = (await api.messages('you', WITH_JOHN)).filter(message => message.senderId === 'you');
  expect(said.map(message => message.content).slice(-6)).toEqual([...written, 'And a photo']);
  await expect(you.page.getByText('You are offline.', { exact: false })).toHaveCount(0);
});

test('cached messages are shown offline, and messages written offline are sent later', async ({ person }) => {
  const you = await (await person('You', { serviceWorkers: 'allow' })).open('John Smith');
  await you.sees('8 AM works?');
  await you.page.evaluate(() => navigator.serviceWorker.ready);
  await you.page.context().setOffline(true);
  await you.page.reload();
  await you.sees('8 AM works?');
  await you.say('Written without a connection');
  await expect(you.message('Written without a connection')).toContainText('Waiting');
  await you.page.reload();
  await expect(you.message('Written without a connection')).toContainText('Waiting');
  await you.page.context().setOffline(false);
  await expect(you.message('Written without a connection')).toContainText('Sent');
});

test('the app reconnects to a restarted server', async ({ person, server }) => {
  const you = await (await person('You')).open('John Smith');
  const john = await (await person('John Smith')).open('You');
  await server.stop();
  await you.say('Still there?');
  await expect(you.message('Still there?')).not.toContainText('Sent');
  await expect(you.page.getByText('Reconnecting…').filter({ visible: true }).first()).toBeVisible();
  await server.start();
  await expect(you.message('Still there?')).toContainText(/Sent|Delivered|Read/);
  await john.sees('Still there?');
  await expect(you.page.getByText('Reconnecting…')).toHaveCount(0);
});

test.describe('with a rate of three a minute', () => {
  test.use({ flags: ['--send-rate', '3'] });

  test('the message over the limit shows when it will be sent, and those behind it wait', async ({
    person,
  }) => {
    const you = await (await person('You')).open('John Smith');
    for (const text of numbered(4)) await you.say(text);
    await expect(you.message('Line 4')).toContainText(/Sends in \d+ seconds?/);
    for (const text of numbered(3)) await expect(you.message(text)).toBeVisible();
    await expect(you.message('Line 4')).toContainText('Sent');
    expect((await you.texts()).slice(-4)).toEqual(numbered(4));
  });
});

test('an expired token is renewed without interruption', async ({ browserOfOne, api }) => {
  const context = await browserOfOne();
  const page = await context.newPage();
  let asked = 0;
  await page.route('**/demo/token', async route => {
    asked++;
    if (asked > 1) return route.continue();
    await route.fulfill({ json: { token: api.token('you', -120), expiresAt: '2030-01-01T00:00:00.000Z' } });
  });
  const you = await (await new Person(page).signIn('You')).open('John Smith');
  await you.say('Renewed');
  await expect(you.message('Renewed')).toContainText('Sent');
  expect(asked).toBeGreaterThan(1);
});

test('after a job is closed, two people with another open job can still write', async ({ person, api }) => {
  const you = await (await person('You')).open('Jane Doe');
  const hear = await you.deaf();
  await api.job(57, 'Repair the garden fence', ['you', 'jane', 'mike'], 'closed');
  await you.say('Too late');
  await expect(you.message('Too late')).toContainText('This job is closed.');
  hear();
  const other = you.page.getByRole('button', { name: 'Write about another job' });
  await other.click();
  await expect(you.field).toBeFocused();
  await you.say('And about the fence?');
  await expect(you.message('And about the fence?')).toContainText('This job is closed.');
  await api.job(77, 'Mend the fence', ['you', 'jane'], 'open');
  await you.say('Now about the fence');
  await expect(you.message('Now about the fence')).toContainText('Sent');
  await expect(other).toBeHidden();
  await expect(you.page.getByText('Mend the fence').filter({ visible: true }).first()).toBeVisible();
});

test('the chat of a closed job is read-only until the job is open again', async ({ person, api }) => {
  await api.oneJob();
  const you = await (await person('You')).open('John Smith');
  await expect(you.field).toBeVisible();
  const hear = await you.deaf();
  await api.job(42, 'Paint the living room', ['you', 'john'], 'closed');
  await you.say('Too late');
  await expect(you.message('Too late')).toContainText('This job is closed.');
  hear();
  await expect(
    you.page.getByText('You can read the conversation, but not write in it.', { exact: false }),
  ).toBeVisible();
  await expect(you.message('8 AM works?')).toBeVisible();
  await api.job(42, 'Paint the living room', ['you', 'john'], 'open');
  await expect(you.field).toBeVisible();
  await you.message('Too late').getByRole('button', { name: 'Try again' }).click();
  await expect(you.message('Too late')).toContainText('Sent');
});
