/** Live connections that only say that there is something to poll for, as on Lambda. */

import { expect, test } from 'vitest';
import { settle, world } from '../testing/index.ts';

/** Anna with some tabs and an open chat with Ben, on a server whose connections only poke. */
async function poked(count = 2) {
  const { server, clock, device } = world();
  server.live = { url: 'wss://gateway.example/live', afterMs: 20_000 };
  server.livePokes = true;
  const laptop = device();
  const tabs = Array.from({ length: count }, () => laptop.client('anna'));
  const chats = tabs.map(({ jobline }) => jobline.conversation({ with: 'ben' }));
  for (const chat of chats) chat.open();
  await clock.advance(25_000);
  const [line] = server.lines;
  if (!line) throw new Error('No connection was opened.');
  const polls = () => server.requests.filter(({ procedure }) => procedure === 'sync').length;
  const during = async (ms: number) => {
    const before = polls();
    await clock.advance(ms);
    return polls() - before;
  };
  const texts = () => chats.map(chat => chat.get().messages.map(({ text }) => text));
  const live = () => tabs.map(({ jobline }) => jobline.connection.get().live);
  return { server, clock, line, tabs, during, texts, live };
}

test('a poke brings the message to all tabs, and the next poll proves its delivery', async () => {
  const { server, clock, texts } = await poked();
  server.say('ben', 'anna', 'Hello');
  await clock.advance(100);
  expect(texts()).toEqual([['Hello'], ['Hello']]);
  await clock.advance(3100);
  expect(server.said('anna', 'ben')[0]?.status).toBe('delivered');
});

test('polls are made every minute', async () => {
  const { during } = await poked(1);
  expect(await during(8 * 60_000)).toBe(8);
});

test('all tabs stay live without heartbeats', async () => {
  const { clock, live, server } = await poked();
  expect(live()).toEqual([true, true]);
  for (let minute = 0; minute < 8; minute += 1) {
    await clock.advance(60_000);
    expect(live()).toEqual([true, true]);
  }
  expect(server.lines).toHaveLength(1);
});

test('a frame is sent before ten minutes of silence are over', async () => {
  const { clock, line, server } = await poked();
  await clock.advance(10 * 60_000);
  expect(line.said('ping')).toHaveLength(1);
  expect(server.lines.filter(one => one.isOpen)).toEqual([line]);
});

test('no frame is sent without need, since each costs money', async () => {
  const { server, clock, line, tabs } = await poked();
  server.say('ben', 'anna', 'Hello');
  await clock.advance(5000);
  const [first] = tabs;
  first?.jobline.conversation({ with: 'ben' }).setDraft('Hel');
  await settle();
  expect(line.heard.map(({ op }) => op)).toEqual(['start', 'active']);
});

test('what was committed while it was being opened comes with the first poke', async () => {
  const { server, clock, device } = world();
  server.live = { url: 'wss://gateway.example/live', afterMs: 20_000 };
  server.livePokes = true;
  const { jobline } = device().client('anna');
  const chat = jobline.conversation({ with: 'ben' });
  chat.open();
  await clock.advance(20_000);
  // Polls have found nothing since, and the gateway has accepted the client.
  while (server.lines.length === 0) await clock.advance(10);
  server.say('ben', 'anna', 'Meanwhile');
  await clock.advance(200);
  expect(chat.get().messages.map(({ text }) => text)).toEqual(['Meanwhile']);
});

test('a bye because of the token causes another token and an immediate connection', async () => {
  const { server, clock, line, live } = await poked();
  server.expireTokens();
  for (let times = 0; times < 4; times += 1) {
    server.lines.at(-1)?.tell({ op: 'bye', reason: 'token', retryAfterMs: 0 });
    await clock.advance(4000);
    expect(live()).toEqual([true, true]);
  }
  expect(line.isOpen).toBe(false);
  expect(server.lines).toHaveLength(5);
});
