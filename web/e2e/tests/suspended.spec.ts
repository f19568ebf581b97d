import { Person, WITH_JOHN } from '../harness/person.ts';
import { expect, test } from '../harness/test.ts';

test.skip(({ isMobile }) => isMobile, 'about tabs and networks, which are the same there');

test('a message of one tab is sent within 10 s though the leading tab is suspended', async ({
  person,
  api,
}) => {
  const leader = await (await person('You')).open('John Smith');
  await leader.say('From the first tab');
  await expect(leader.message('From the first tab')).toContainText(/Sent|Delivered/);
  const other = await leader.inNewTab('You');
  await other.open('John Smith');
  await other.sees('From the first tab');
  const session = await leader.page.context().newCDPSession(leader.page);
  await session.send('Page.setWebLifecycleState', { state: 'frozen' });
  await other.say('From the second tab');
  await expect(other.message('From the second tab')).toContainText(/Sent|Delivered/, { timeout: 10_000 });
  await session.send('Page.setWebLifecycleState', { state: 'active' });
  await leader.sees('From the second tab');
  await leader.say('From the first again');
  await other.sees('From the first again');
  const said = (await api.messages('you', WITH_JOHN))
    .map(({ content }) => content)
    .filter(text => /^From/.test(text));
  expect(said).toEqual(['From the first tab', 'From the second tab', 'From the first again']);
});

test('a device that wrongly reports being offline sends and receives', async ({ browserOfOne, api }) => {
  const context = await browserOfOne();
  await context.addInitScript(() => {
    Object.defineProperty(Navigator.prototype, 'onLine', { get: () => false });
  });
  const you = await new Person(await context.newPage()).signIn('You');
  await you.open('John Smith');
  await you.say('Not offline at all');
  await expect(you.message('Not offline at all')).toContainText(/Sent|Delivered/);
  await api.say('john', 'you', 'I hear you');
  await you.sees('I hear you');
});

test('after a change of network, pending requests are repeated', async ({ person, api }) => {
  const you = await (await person('You')).open('John Smith');
  await you.sees('8 AM works?');
  let held = 0;
  await you.page.route('**/messages/**', () => {
    held += 1;
  });
  await you.say('On the old network');
  await expect.poll(() => held).toBeGreaterThan(1);
  await you.page.unroute('**/messages/**');
  await you.page.evaluate(() => dispatchEvent(new Event('online')));
  await expect(you.message('On the old network')).toContainText(/Sent|Delivered/, { timeout: 5000 });
  const said = (await api.messages('you', WITH_JOHN)).filter(
    ({ content }) => content === 'On the old network',
  );
  expect(said).toHaveLength(1);
});

test('a clock that is set back by an hour stops nothing', async ({ person, api }) => {
  const you = await (await person('You')).open('John Smith');
  await you.sees('8 AM works?');
  await you.page.evaluate(() => {
    const { now } = Date;
    Date.now = () => now() - 60 * 60_000;
  });
  await api.say('john', 'you', 'An hour ago?');
  await you.sees('An hour ago?');
  await you.say('Yes');
  await expect(you.message('Yes')).toContainText(/Sent|Delivered/);
});
