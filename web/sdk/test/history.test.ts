import { expect, test } from 'vitest';
import type { Timeline } from '../src/index.ts';
import { settle, world } from '../testing/index.ts';

const texts = (chat: Timeline) => chat.get().messages.map(({ text }) => text);
const upTo = (last: number, first = 1) =>
  Array.from({ length: last - first + 1 }, (_, n) => `message ${first + n}`);

function anna(messages = 0) {
  const { server, clock, device } = world();
  for (const text of upTo(messages)) server.say('ben', 'anna', text);
  const phone = device();
  const { tab, jobline } = phone.client('anna');
  const chat = jobline.conversation({ with: 'ben' });
  return { server, clock, phone, tab, jobline, chat };
}

test('the last 50 messages are available at once, offline too; older ones page by page', async () => {
  const { server, clock, phone, tab, chat } = anna(120);
  server.reads('anna', 'ben');
  chat.open();
  await clock.advance(3000);
  expect(texts(chat)).toEqual(upTo(120, 71));
  await chat.loadOlder();
  expect(texts(chat)).toEqual(upTo(120, 21));
  await chat.loadOlder();
  expect([texts(chat), chat.get().hasOlder]).toEqual([upTo(120), false]);
  tab.kill();
  const later = phone.client('anna');
  later.tab.set({ online: false });
  const again = later.jobline.conversation({ with: 'ben' });
  again.open();
  await settle();
  expect(texts(again)).toEqual(upTo(120, 71));
  await again.loadOlder();
  expect(again.get()).toMatchObject({
    hasOlder: true,
    loadingOlder: false,
    olderProblem: { code: 'network' },
  });
});

test('an open chat is up to date while polls still fetch hundreds of other conversations', async () => {
  const { server, clock, jobline } = anna();
  const people = Array.from({ length: 120 }, (_, n) => `user${100 + n}`);
  server.job(8, ['anna', ...people]);
  for (const person of people) for (const text of upTo(50)) server.say(person, 'anna', text);
  server.delay = 150;
  // Polls return conversations in the order of their ids.
  const last = jobline.conversation({ with: 'user219' });
  last.open();
  await clock.advance(3000);
  server.say('user219', 'anna', 'new in the open chat');
  await clock.advance(4000);
  expect(texts(last).at(-1)).toBe('new in the open chat');
  await last.send('my answer');
  await clock.advance(5000);
  const requests = server.requests.filter(({ procedure }) => procedure === 'sync').length;
  expect(requests).toBeLessThan(120);
  expect(texts(last).slice(-2)).toEqual(['new in the open chat', 'my answer']);
  await clock.advance(60_000);
  expect(texts(last).slice(-3)).toEqual(['message 50', 'new in the open chat', 'my answer']);
  expect(new Set(texts(last)).size).toBe(texts(last).length);
});

test('only the last 50 messages are stored, however many arrive', async () => {
  const { server, clock, phone, chat } = anna(40);
  chat.open();
  await clock.advance(3000);
  for (const text of upTo(100, 41)) server.say('ben', 'anna', text);
  await clock.advance(6000);
  expect(texts(chat)).toEqual(upTo(100));
  const kept = [...(phone.rows.get('jobline::anna') ?? new Map()).keys()].filter(key =>
    key.startsWith('message/'),
  );
  expect(kept).toHaveLength(50);
});

test('statuses of older messages change in every tab that shows them', async () => {
  const { server, clock, phone, chat } = anna();
  for (const text of upTo(80)) server.say('anna', 'ben', text);
  const second = phone.client('anna').jobline.conversation({ with: 'ben' });
  for (const one of [chat, second]) one.open();
  await clock.advance(3000);
  for (const one of [chat, second]) await one.loadOlder();
  server.reads('ben', 'anna');
  await clock.advance(6000);
  for (const one of [chat, second])
    expect(new Set(one.get().messages.map(({ state }) => state.is))).toEqual(new Set(['read']));
});

test('a reset replaces the stored data; nothing flickers, nothing is missing', async () => {
  const { server, clock, jobline, chat } = anna(60);
  server.reads('anna', 'ben');
  server.say('cleo', 'anna', 'Hello');
  jobline.conversations.subscribe(() => expect(jobline.conversations.get().items.length).not.toBe(1));
  chat.open();
  await clock.advance(3000);
  await chat.loadOlder();
  for (const text of upTo(130, 61)) server.say('ben', 'anna', text);
  server.forgotten = 1_000_000;
  await clock.advance(3000);
  server.forgotten = 0;
  await clock.advance(3000);
  expect(texts(chat)).toEqual(upTo(130, 81));
  expect(chat.get().hasOlder).toBe(true);
  await chat.loadOlder();
  expect(texts(chat)).toEqual(upTo(130, 31));
  expect(jobline.conversations.get().items).toHaveLength(2);
});

test('a cursor that the server does not know leads to a reset', async () => {
  const { clock, device } = world();
  const phone = device();
  const first = phone.client('anna');
  first.jobline.conversation({ with: 'ben' }).open();
  await clock.advance(3000);
  first.tab.kill();
  // The server was set up again: another log, shorter than the one before.
  const fresh = world(2);
  fresh.server.say('ben', 'anna', 'after the move');
  for (const rows of phone.rows.values()) rows.set('sync', { cursor: 's999', epoch: 1, walking: false });
  const moved = fresh.device();
  for (const [name, rows] of phone.rows) moved.rows.set(name, rows);
  const chat = moved.client('anna').jobline.conversation({ with: 'ben' });
  chat.open();
  await fresh.clock.advance(3000);
  expect(texts(chat)).toEqual(['after the move']);
});

test('a new device shows the list in one request, and opens any chat before polls have reached it', async () => {
  const { server, clock, device } = world();
  const people = Array.from({ length: 60 }, (_, n) => `worker${String(n).padStart(2, '0')}`);
  server.job(8, ['anna', ...people]);
  for (const [index, person] of people.entries())
    for (let n = 0; n <= index; n += 1) server.say(person, 'anna', `message ${n + 1}`);
  server.fault = ({ procedure }) => (procedure === 'sync' ? 'silent' : undefined);
  const { jobline } = device().client('anna');
  jobline.conversations.subscribe(() => undefined);
  await settle();
  expect(jobline.conversations.get()).toMatchObject({ status: 'ready' });
  expect(jobline.conversations.get().items).toHaveLength(50);
  const chat = jobline.conversation({ with: 'worker58' });
  chat.open();
  await settle();
  expect(texts(chat)).toEqual(upTo(59));
  server.fault = () => undefined;
  await clock.advance(60_000);
  await clock.advance(60_000);
  expect(jobline.conversations.get().items).toHaveLength(60);
  expect(jobline.unread.get()).toBe((60 * 61) / 2);
  expect(texts(chat)).toEqual(upTo(59));
});

/** The message after the unread line. */
const marked = (chat: Timeline) =>
  chat.get().messages.find(({ key }) => key === chat.get().firstUnread)?.text;

test('a chat with more unread messages than are stored loads back to the first of them', async () => {
  const { server, clock, phone, tab, chat } = anna(20);
  server.reads('anna', 'ben');
  for (const text of upTo(150, 21)) server.say('ben', 'anna', text);
  chat.subscribe(() => undefined);
  await settle();
  await clock.advance(30_000);
  tab.set({ online: false });
  chat.open();
  await clock.advance(30_000);
  // Without a connection it begins with the stored messages.
  expect([marked(chat), chat.get().olderProblem?.code]).toEqual(['message 101', 'network']);
  tab.set({ online: true });
  await chat.loadOlder();
  await settle();
  expect([marked(chat), chat.get().unread]).toEqual(['message 21', 130]);
  tab.kill();
  const later = phone.client('anna').jobline.conversation({ with: 'ben' });
  later.open();
  await settle();
  expect(marked(later)).toBe('message 21');
});

test('a chat that is read before it is opened has one unread line', async () => {
  const { server, clock, phone, tab, chat } = anna(5);
  server.reads('anna', 'ben');
  chat.open();
  await clock.advance(3000);
  tab.kill();
  const read = phone.client('anna').jobline.conversation({ with: 'ben' });
  read.subscribe(() => undefined);
  await settle();
  expect([read.get().status, marked(read)]).toEqual(['ready', undefined]);
  server.say('ben', 'anna', 'news');
  read.open();
  await clock.advance(3000);
  expect(marked(read)).toBe('news');
  const other = phone.client('anna').jobline.conversation({ with: 'ben' });
  other.subscribe(() => undefined);
  await settle();
  expect([other.get().status, marked(other)]).toEqual(['ready', 'news']);
});

test('on a new device a chat opened by a link has its unread line as soon as it is loaded', async () => {
  const { server, chat } = anna(20);
  server.reads('anna', 'ben');
  for (const text of upTo(25, 21)) server.say('ben', 'anna', text);
  server.fault = ({ procedure }) => (procedure === 'sync' ? 'silent' : undefined);
  const seen: (string | undefined)[] = [];
  chat.subscribe(() => {
    if (chat.get().status === 'ready') seen.push(marked(chat));
  });
  chat.open();
  await settle();
  expect(seen[0]).toBe('message 21');
});

test('the list has the names of the other people', async () => {
  const { clock, jobline, chat } = anna(1);
  expect(jobline.conversations.get().me).toBeUndefined();
  chat.open();
  await clock.advance(3000);
  expect(jobline.conversations.get().me).toMatchObject({ id: 'anna', name: 'Anna Berg' });
});

test('the unread line stays in place while messages are read and older ones load', async () => {
  const { server, clock, chat } = anna(10);
  chat.open();
  await clock.advance(3000);
  chat.markAsRead();
  await clock.advance(3000);
  chat.close();
  for (const text of upTo(100, 11)) server.say('ben', 'anna', text);
  chat.open();
  await clock.advance(6000);
  chat.markAsRead();
  await clock.advance(3000);
  await chat.loadOlder();
  expect(marked(chat)).toBe('message 11');
  server.say('ben', 'anna', 'while reading');
  await clock.advance(3000);
  expect(marked(chat)).toBe('message 11');
  chat.close();
  chat.open();
  await clock.advance(3000);
  expect(chat.get().unread).toBe(1);
  expect(marked(chat)).toBe('while reading');
});

test('messages that arrive while the chat is seen get no unread line; those that arrive while it is hidden do', async () => {
  const { server, clock, tab, chat } = anna(3);
  chat.open();
  await clock.advance(3000);
  chat.markAsRead();
  chat.close();
  await clock.advance(3000);
  chat.open();
  await clock.advance(3000);
  server.say('ben', 'anna', 'seen');
  await clock.advance(3000);
  expect(chat.get().firstUnread).toBeUndefined();
  chat.markAsRead();
  tab.set({ visible: false });
  server.say('ben', 'anna', 'unseen');
  await clock.advance(10_000);
  expect(marked(chat)).toBe('unseen');
});

test('messages read offline are reported later, and never more than were loaded', async () => {
  const { server, clock, tab, jobline, chat } = anna(5);
  chat.open();
  await clock.advance(3000);
  tab.set({ online: false });
  chat.markAsRead();
  await settle();
  expect(jobline.unread.get()).toBe(0);
  server.say('ben', 'anna', 'meanwhile');
  tab.set({ online: true });
  await clock.advance(60_000);
  expect(server.said('anna', 'ben').map(({ status }) => status === 'read')).toEqual([
    true,
    true,
    true,
    true,
    true,
    false,
  ]);
  expect(jobline.unread.get()).toBe(1);
});

test('snapshots share what did not change', async () => {
  const { server, clock, jobline, chat } = anna(5);
  server.say('cleo', 'anna', 'Hello');
  chat.open();
  await clock.advance(3000);
  const [before, list] = [chat.get(), jobline.conversations.get()];
  await clock.advance(3000);
  expect(chat.get()).toBe(before);
  expect(jobline.conversations.get()).toBe(list);
  server.say('ben', 'anna', 'message 6');
  await clock.advance(3000);
  for (const [index, message] of before.messages.entries()) expect(chat.get().messages[index]).toBe(message);
  expect(chat.get().person).toBe(before.person);
  const cleo = (state: typeof list) => state.items.find(({ person }) => person.id === 'cleo');
  expect(cleo(jobline.conversations.get())).toBe(cleo(list));
});

test('a message in a conversation of 10,000 costs about what it costs in one of 100', async () => {
  const cost = async (messages: number): Promise<number> => {
    const { clock, chat } = anna(messages);
    chat.open();
    await clock.advance(3000);
    while (chat.get().hasOlder) await chat.loadOlder();
    expect(chat.get().messages).toHaveLength(messages);
    const runs: number[] = [];
    for (let n = 0; n < 15; n += 1) {
      const begin = performance.now();
      await chat.send(`own ${n}`);
      runs.push(performance.now() - begin);
      await clock.advance(1000);
    }
    return runs.sort((a, b) => a - b)[7] ?? 0;
  };
  const few = await cost(100);
  // A frame has 16 ms; the time that the fake itself takes for 10,000 messages is in neither figure.
  expect(await cost(10_000)).toBeLessThan(Math.max(8, few * 8));
});
