import { expect, test } from 'vitest';
import { settle, world } from '../testing/index.ts';

function two() {
  const { server, clock, device } = world();
  const laptop = device();
  const [first, second] = [laptop.client('anna'), laptop.client('anna')];
  const chats = [first, second].map(({ jobline }) => jobline.conversation({ with: 'ben' }));
  for (const chat of chats) chat.open();
  const [one, other] = chats;
  if (!one || !other) throw new Error('There are two.');
  return { server, clock, laptop, first, second, one, other };
}

const texts = (chat: { get(): { messages: readonly { text: string }[] } }) =>
  chat.get().messages.map(({ text }) => text);
/** Without requests whose token another tab's request has replaced: they are repeated. */
const polls = (requests: readonly { procedure: string; user: string | undefined }[]) =>
  requests.filter(({ procedure, user }) => procedure === 'sync' && user !== undefined).length;

test('two tabs share one poller, and both show what it receives', async () => {
  const { server, clock, one, other } = two();
  await settle();
  const before = polls(server.requests);
  server.say('ben', 'anna', 'Hello');
  await clock.advance(30_000);
  expect(polls(server.requests) - before).toBe(10);
  expect([texts(one), texts(other)]).toEqual([['Hello'], ['Hello']]);
});

test('a message of one tab is sent by the leading tab, and shown as pending in both', async () => {
  const { server, clock, one, other } = two();
  await settle();
  await other.send('from the second tab');
  await clock.advance(1000);
  expect([texts(one), texts(other)]).toEqual([['from the second tab'], ['from the second tab']]);
  expect(other.get().messages[0]?.state.is).toBe('sent');
  expect(server.said('anna', 'ben')).toHaveLength(1);
});

test('when the leading tab is killed, the other takes over', async () => {
  const { server, clock, first, other } = two();
  await settle();
  first.tab.kill();
  await other.send('still here');
  server.say('ben', 'anna', 'good');
  await clock.advance(6000);
  expect(texts(other).sort()).toEqual(['good', 'still here']);
});

test('when the leading tab is frozen, the other polls itself', async () => {
  const { server, clock, first, other } = two();
  await settle();
  // A frozen tab keeps its lock and receives nothing.
  first.tab.isFrozen = true;
  server.say('ben', 'anna', 'anybody?');
  await clock.advance(12_000);
  expect(texts(other)).toEqual(['anybody?']);
});

test('messages and read positions of one tab are sent within 10 s though the leading tab is suspended', async () => {
  const { server, clock, first, other } = two();
  server.say('ben', 'anna', 'Hello');
  await clock.advance(3000);
  first.tab.isFrozen = true;
  await other.send('from the second tab');
  other.markAsRead();
  await clock.advance(10_000);
  expect(server.said('anna', 'ben').map(({ content, status }) => [content, status])).toEqual([
    ['Hello', 'read'],
    ['from the second tab', 'sent'],
  ]);
  // Once it runs again it follows the other tab, and nothing is sent or shown twice.
  first.tab.thaw();
  await clock.advance(3000);
  const before = polls(server.requests);
  server.say('ben', 'anna', 'Both?');
  await clock.advance(30_000);
  expect(polls(server.requests) - before).toBe(10);
  expect(texts(first.jobline.conversation({ with: 'ben' }))).toEqual(texts(other));
  expect(server.said('anna', 'ben')).toHaveLength(3);
});

test('the same with no conversation open in the tab that runs', async () => {
  const { server, clock, first, second, other } = two();
  await clock.advance(3000);
  other.close();
  first.tab.isFrozen = true;
  await second.jobline.conversation({ with: 'cleo' }).send('Hello Cleo');
  await clock.advance(10_000);
  expect(server.said('anna', 'cleo')).toHaveLength(1);
});

test('a slow leading tab keeps the lead', async () => {
  const { server, clock, other } = two();
  await clock.advance(3000);
  let asked = 0;
  server.fault = ({ procedure }) => {
    if (procedure !== 'send') return undefined;
    asked += 1;
    return 'silent';
  };
  await other.send('patience');
  await clock.advance(25_000);
  expect(asked).toBe(1);
});

test('a visible tab sets the polling interval though the leading tab is in the background', async () => {
  const { server, clock, first } = two();
  await settle();
  first.tab.set({ visible: false });
  await clock.advance(10_000);
  const before = polls(server.requests);
  await clock.advance(30_000);
  expect(polls(server.requests) - before).toBe(10);
});

test('without locks and channels each tab polls and sends itself, and nothing is sent or shown twice', async () => {
  const { server, clock, device } = world();
  const old = device();
  old.modern = false;
  const chats = [old.client('anna'), old.client('anna')].map(({ jobline }) =>
    jobline.conversation({ with: 'ben' }),
  );
  for (const chat of chats) chat.open();
  await settle();
  await Promise.all(chats.map((chat, index) => chat.send(`tab ${index}`)));
  server.say('ben', 'anna', 'answer');
  await clock.advance(9000);
  const said = server.said('anna', 'ben').map(({ content }) => content);
  expect([...said].sort()).toEqual(['answer', 'tab 0', 'tab 1']);
  for (const chat of chats) expect(texts(chat)).toEqual(said);
});

test('marking as read in one tab applies to all', async () => {
  const { server, clock, first, second, one } = two();
  server.say('ben', 'anna', 'Hello');
  second.jobline.unread.subscribe(() => undefined);
  await clock.advance(3000);
  expect([first.jobline.unread.get(), second.jobline.unread.get()]).toEqual([1, 1]);
  one.markAsRead();
  await settle();
  expect([first.jobline.unread.get(), second.jobline.unread.get()]).toEqual([0, 0]);
  expect(server.said('anna', 'ben')[0]?.status).toBe('read');
});

test('signing out in one tab signs out the others and leaves no data', async () => {
  const { server, clock, laptop, first, second, other } = two();
  server.say('ben', 'anna', 'secret');
  await clock.advance(3000);
  other.setDraft('private');
  await first.jobline.signOut();
  await clock.advance(60_000);
  expect([...laptop.rows.values()].map(rows => rows.size)).toEqual([0]);
  expect(second.jobline.connection.get()).toEqual({ state: 'signedOut' });
  expect(second.jobline.conversations.get().items).toEqual([]);
  expect([texts(other), other.draft.get()]).toEqual([[], '']);
  await expect(other.send('more')).rejects.toMatchObject({ problem: { code: 'signed_out' } });
  const before = server.requests.length;
  await clock.advance(60 * 60_000);
  expect(server.requests.length).toBe(before);
});

test('a message in flight during a sign-out does not come back', async () => {
  const { clock, laptop, first, one } = two();
  await settle();
  const sending = one.send('late').catch(() => undefined);
  await first.jobline.signOut();
  await sending;
  await clock.advance(60_000);
  expect([...laptop.rows.values()].map(rows => rows.size)).toEqual([0]);
});
