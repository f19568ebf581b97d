/** Polls that wait at the server, behind a proxy that blocks live connections. */

import { expect, test } from 'vitest';
import { settle, world } from '../testing/index.ts';

const OFFER = { url: 'ws://server/messages/live', afterMs: 0 };
const MINUTE = 60_000;

/** Anna with one tab and an open chat with Ben, after three refused attempts to open a live connection. */
async function blocked() {
  const { server, clock, device } = world();
  server.live = OFFER;
  server.liveFault = 'refused';
  const phone = device();
  const { tab, jobline } = phone.client('anna');
  const chat = jobline.conversation({ with: 'ben' });
  chat.open();
  await clock.advance(20_000);
  expect(server.lines).toHaveLength(3);
  const polls = () => server.requests.filter(({ procedure }) => procedure === 'sync');
  /** How many polls were answered in that time: long polls, and the others. */
  const during = async (ms: number) => {
    const before = polls().length;
    await clock.advance(ms);
    const made = polls().slice(before);
    const waited = made.filter(({ input }) => input.wait === '20').length;
    return [waited, made.length - waited];
  };
  return { server, clock, phone, tab, jobline, chat, during };
}

const texts = (chat: { get(): { messages: readonly { text: string }[] } }) =>
  chat.get().messages.map(({ text }) => text);

test('a long poll delivers a message at once, with hardly another poll', async () => {
  const { server, clock, jobline, chat, during } = await blocked();
  await clock.advance(MINUTE);
  expect(server.held.size).toBe(1);
  expect(await during(2 * MINUTE)).toEqual([6, 0]);
  server.say('ben', 'anna', 'One');
  server.say('ben', 'anna', 'Two');
  await settle();
  expect(texts(chat)).toEqual(['One', 'Two']);
  expect(server.held.size).toBe(1);
  expect(server.said('ben', 'anna').map(({ status }) => status)).toEqual(['delivered', 'delivered']);
  // It is not a live connection: typing is not shown.
  expect(jobline.connection.get()).toEqual({ state: 'online' });
});

test('200 messages: none missing, duplicated or out of order', async () => {
  const { server, clock, chat } = await blocked();
  const all = Array.from({ length: 200 }, (_, index) => String(index + 1));
  for (const text of all) {
    server.say('ben', 'anna', text);
    await clock.advance(50);
  }
  await settle();
  expect(texts(chat)).toEqual(all);
});

test('a sent message comes back by the long poll, without other polls', async () => {
  const { clock, chat, during } = await blocked();
  await clock.advance(MINUTE);
  await chat.send('Hello');
  await clock.advance(20_000);
  expect(chat.get().messages.map(({ text, state }) => [text, state.is])).toEqual([['Hello', 'sent']]);
  expect(await during(MINUTE)).toEqual([3, 0]);
});

test('all tabs share one long poll', async () => {
  const { server, clock, phone } = await blocked();
  const others = [phone.client('anna'), phone.client('anna')].map(({ jobline }) => {
    const chat = jobline.conversation({ with: 'ben' });
    chat.open();
    return chat;
  });
  await clock.advance(MINUTE);
  expect(server.held.size).toBe(1);
  server.say('ben', 'anna', 'To all');
  await settle();
  for (const chat of others) expect(texts(chat)).toEqual(['To all']);
  expect(server.held.size).toBe(1);
});

test('a hidden page has no long poll, and starts one again when it is visible', async () => {
  const { server, clock, tab, during } = await blocked();
  await clock.advance(MINUTE);
  tab.set({ visible: false });
  await clock.advance(MINUTE);
  expect(server.held.size).toBe(0);
  const [waited, others] = await during(MINUTE);
  expect(waited).toBe(0);
  expect(others).toBeGreaterThan(2);
  tab.set({ visible: true });
  await clock.advance(100);
  expect(server.held.size).toBe(1);
});

test.each(['cut', 'answered at once'])(
  'where they are %s again and again it is polled as ever',
  async how => {
    const { server, clock, chat, during } = await blocked();
    if (how === 'cut') server.fault = ({ input }) => (input.wait ? 'offline' : undefined);
    else server.holdsMs = 0;
    await clock.advance(2 * MINUTE);
    expect(server.held.size).toBe(0);
    expect(await during(MINUTE)).toEqual([0, 20]);
    server.say('ben', 'anna', 'By a poll');
    await clock.advance(3000);
    expect(texts(chat)).toEqual(['By a poll']);
  },
);

test('while the server is down there are no long polls until polls are answered again', async () => {
  const { server, clock, chat } = await blocked();
  await clock.advance(MINUTE);
  let waited = 0;
  server.fault = ({ input }) => {
    if (input.wait) waited += 1;
    return 'offline';
  };
  await clock.advance(3 * MINUTE);
  expect(waited).toBe(1);
  server.fault = () => undefined;
  await clock.advance(MINUTE);
  expect(server.held.size).toBe(1);
  server.say('ben', 'anna', 'Back');
  await settle();
  expect(texts(chat)).toEqual(['Back']);
});

test('long polls give way to the socket when it works, and to polls when nothing is offered', async () => {
  const { server, clock, jobline, during } = await blocked();
  server.liveFault = undefined;
  await clock.advance(11 * MINUTE);
  expect(jobline.connection.get()).toEqual({ state: 'online', live: true });
  expect(server.held.size).toBe(0);
  expect(await during(10 * MINUTE)).toEqual([0, 2]);
  const other = await blocked();
  await other.clock.advance(MINUTE);
  other.server.live = undefined;
  await other.clock.advance(MINUTE);
  expect(await other.during(MINUTE)).toEqual([0, 20]);
});

test('signing out ends the long poll', async () => {
  const { server, clock, jobline, during } = await blocked();
  await clock.advance(MINUTE);
  await jobline.signOut();
  await clock.advance(30_000);
  expect(server.held.size).toBe(0);
  expect(await during(MINUTE)).toEqual([0, 0]);
});
