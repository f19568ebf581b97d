/** Live connections: what they bring sooner, and how polls take over whenever they fail. */

import { describe, expect, test } from 'vitest';
import { createJobline } from '../src/index.ts';
import { type FakeLine, settle, world } from '../testing/index.ts';

const OFFER = { url: 'ws://server/messages/live', afterMs: 0 };

/** Anna with one tab and an open chat with Ben, on a server that offers live connections. */
function offered() {
  const { server, clock, device } = world();
  server.live = OFFER;
  const phone = device();
  const { tab, jobline } = phone.client('anna');
  const chat = jobline.conversation({ with: 'ben' });
  chat.open();
  const polls = () => server.requests.filter(({ procedure }) => procedure === 'sync').length;
  const during = async (ms: number) => {
    const before = polls();
    await clock.advance(ms);
    return polls() - before;
  };
  return { server, clock, phone, tab, jobline, chat, polls, during };
}

const texts = (chat: { get(): { messages: readonly { text: string }[] } }) =>
  chat.get().messages.map(({ text }) => text);
/** The connection that was opened last. */
function last(server: { lines: readonly FakeLine[] }): FakeLine {
  const line = server.lines.at(-1);
  if (!line) throw new Error('No connection was opened.');
  return line;
}
const open = (server: { lines: readonly FakeLine[] }) => server.lines.filter(line => line.isOpen);

test('a message comes at once, in order, and polls are rare while it is live', async () => {
  const { server, clock, chat, jobline, during } = offered();
  await clock.advance(100);
  expect(jobline.connection.get()).toEqual({ state: 'online', live: true });
  server.say('ben', 'anna', 'One');
  server.say('ben', 'anna', 'Two');
  await settle();
  expect(texts(chat)).toEqual(['One', 'Two']);
  expect(await during(10 * 60_000)).toBe(2);
  expect(server.lines).toHaveLength(1);
});

test('what was sent comes back over it, without a poll', async () => {
  const { server, clock, chat, during } = offered();
  await clock.advance(100);
  await chat.send('Hello');
  expect(await during(1000)).toBe(0);
  expect(chat.get().messages.map(({ text, state }) => [text, state.is])).toEqual([['Hello', 'sent']]);
  server.reads('ben', 'anna');
  await clock.advance(100);
  expect(chat.get().messages[0]?.state.is).toBe('read');
});

test('nothing is connected until a poll has brought everything, and until the time that was asked for', async () => {
  const { server, clock, device } = world();
  server.live = { ...OFFER, afterMs: 20_000 };
  server.say('ben', 'anna', 'Old');
  const { jobline } = device().client('anna');
  jobline.conversations.subscribe(() => undefined);
  await clock.advance(19_000);
  expect(server.lines).toHaveLength(0);
  await clock.advance(2000);
  expect(open(server)).toHaveLength(1);
  const [start] = last(server).said('start');
  expect(start?.since).toMatch(/^s/);
});

test('an old server, and surroundings without sockets, are polled as before', async () => {
  const { server, clock, device } = world();
  const { jobline } = device().client('anna');
  jobline.conversation({ with: 'ben' }).open();
  await clock.advance(60_000);
  expect(server.lines).toHaveLength(0);
  expect(jobline.connection.get()).toEqual({ state: 'online' });
});

describe('going back to polls', () => {
  test('when the server takes its offer back, and to the socket when it offers it again', async () => {
    const { server, clock, jobline, chat, during } = offered();
    await clock.advance(100);
    server.live = undefined;
    server.lines[0]?.end(4403, 600_000);
    await clock.advance(3000);
    expect(await during(60_000)).toBe(20);
    expect(jobline.connection.get()).toEqual({ state: 'online' });
    server.say('ben', 'anna', 'By a poll');
    await clock.advance(3000);
    expect(texts(chat)).toEqual(['By a poll']);
    server.live = OFFER;
    await clock.advance(500_000);
    expect(server.lines).toHaveLength(1);
    await clock.advance(100_000);
    expect(jobline.connection.get()).toEqual({ state: 'online', live: true });
  });

  test('when a poll does not offer it any more, though the connection stands', async () => {
    const { server, clock, tab, jobline } = offered();
    await clock.advance(100);
    server.live = undefined;
    tab.happen('focus');
    await clock.advance(100);
    expect(open(server)).toHaveLength(0);
    expect(jobline.connection.get()).toEqual({ state: 'online' });
  });

  test('where something in between refuses upgrades: three attempts, then polls that wait for ten minutes', async () => {
    const { server, clock, jobline, chat, during } = offered();
    server.liveFault = 'refused';
    await clock.advance(20_000);
    expect(server.lines).toHaveLength(3);
    expect(await during(9 * 60_000)).toBeGreaterThan(20);
    expect(server.lines).toHaveLength(3);
    expect(jobline.connection.get()).toEqual({ state: 'online' });
    server.say('ben', 'anna', 'By a poll');
    await clock.advance(30_000);
    expect(texts(chat)).toEqual(['By a poll']);
    server.liveFault = undefined;
    await clock.advance(2 * 60_000);
    expect(jobline.connection.get()).toEqual({ state: 'online', live: true });
  });

  test('where upgrades are never answered, each is given up after 5 s', async () => {
    const { server, clock, jobline } = offered();
    server.liveFault = 'silent';
    await clock.advance(4900);
    expect(open(server)).toHaveLength(1);
    await clock.advance(10 * 60_000 - 10_000);
    expect(server.lines).toHaveLength(3);
    expect(open(server)).toHaveLength(0);
    expect(jobline.connection.get()).toEqual({ state: 'online' });
  });

  test('where the page may not connect to that address', async () => {
    const { server, clock, jobline, during } = offered();
    server.live = { url: 'not a URL', afterMs: 0 };
    await clock.advance(60_000);
    expect(server.lines).toHaveLength(0);
    // They wait at the server.
    expect(await during(60_000)).toBe(3);
    expect(jobline.connection.get()).toEqual({ state: 'online' });
  });

  test('while the server is down no socket is tried; it is live again soon after polls are answered', async () => {
    const { server, clock, jobline, chat } = offered();
    await clock.advance(100);
    server.fault = () => 'offline';
    server.liveFault = 'refused';
    last(server).end(1001, 5000);
    await clock.advance(2 * 60_000);
    expect(server.lines).toHaveLength(1);
    expect(jobline.connection.get().state).toBe('reconnecting');
    server.fault = () => undefined;
    server.liveFault = undefined;
    server.say('ben', 'anna', 'Back');
    await clock.advance(61_000);
    expect(texts(chat)).toEqual(['Back']);
    expect(jobline.connection.get()).toEqual({ state: 'online', live: true });
  });

  test('a server that stops says when to come back, and polls are made meanwhile', async () => {
    const { server, clock, chat } = offered();
    await clock.advance(100);
    last(server).end(1001, 20_000);
    await clock.advance(3000);
    server.say('ben', 'anna', 'Meanwhile');
    await clock.advance(3000);
    expect(texts(chat)).toEqual(['Meanwhile']);
    await clock.advance(13_900);
    expect(server.lines).toHaveLength(1);
    await clock.advance(6000);
    expect(open(server)).toHaveLength(1);
  });

  test('all clients of a server that lose it at one moment ask over three seconds, and no sooner', async () => {
    const { server, clock, device } = world();
    server.live = OFFER;
    /** When each tab asked first. */
    const when = new Map<number, number>();
    for (let count = 0; count < 30; count += 1) {
      const tab = device().tab();
      const getToken = () => server.anotherToken('anna');
      const jobline = createJobline({ baseUrl: '', user: 'anna', getToken, ports: tab.ports() });
      jobline.conversation({ with: 'ben' }).open();
      tab.onRequest = () => when.has(count) || when.set(count, clock.elapsed());
    }
    await clock.advance(60_000);
    expect(open(server)).toHaveLength(30);
    const before = clock.elapsed();
    when.clear();
    server.fault = () => 'offline';
    for (const line of [...server.lines]) line.cut();
    await clock.advance(3000);
    const pauses = [...when.values()].map(at => Math.floor((at - before) / 500));
    for (let half = 0; half < 6; half += 1) {
      expect(pauses.filter(pause => pause === half).length, `${half}`).toBeLessThanOrEqual(12);
    }
    expect(pauses).toHaveLength(30);
  });
});

describe('frames', () => {
  test('that are lost: the server closes, and a poll brings what was in them', async () => {
    const { server, clock, chat } = offered();
    await clock.advance(100);
    last(server).way = text => (text.includes('"op":"synced"') ? [] : [text]);
    server.say('ben', 'anna', 'Lost');
    await clock.advance(29_000);
    expect(texts(chat)).toEqual([]);
    await clock.advance(5000);
    expect(texts(chat)).toEqual(['Lost']);
  });

  test('that come twice are taken in once', async () => {
    const { server, clock, chat } = offered();
    await clock.advance(100);
    last(server).way = text => [text, text, text];
    for (let count = 1; count <= 20; count += 1) {
      server.say('ben', 'anna', `${count}`);
      await settle(1);
    }
    await clock.advance(1000);
    expect(texts(chat)).toEqual(Array.from({ length: 20 }, (_, index) => `${index + 1}`));
    expect(open(server)).toHaveLength(1);
  });

  test('that come late, behind a poll that was quicker, change nothing', async () => {
    const { server, clock, tab, chat } = offered();
    await clock.advance(100);
    last(server).delay = 2000;
    server.say('ben', 'anna', 'One');
    await clock.advance(1000);
    tab.happen('focus');
    await clock.advance(100);
    expect(texts(chat)).toEqual(['One']);
    server.say('ben', 'anna', 'Two');
    await clock.advance(10_000);
    expect(texts(chat)).toEqual(['One', 'Two']);
  });

  test('of long ago that come again do not put anything back', async () => {
    const { server, clock, chat } = offered();
    await clock.advance(100);
    const line = last(server);
    const old: string[] = [];
    line.way = text => {
      if (text.includes('"op":"synced"')) old.push(text);
      return [text];
    };
    const first = server.say('ben', 'anna', 'First');
    await clock.advance(100);
    server.say('ben', 'anna', 'Second');
    await clock.advance(100);
    for (const text of old) line.onmessage?.({ data: text });
    await clock.advance(100);
    server.say('ben', 'anna', 'Third');
    await clock.advance(100);
    expect(texts(chat)).toEqual(['First', 'Second', 'Third']);
    expect(chat.get().messages[0]?.id).toBe(first.id);
    expect(open(server)).toHaveLength(1);
  });

  test('that were cut end the connection, and a poll brings what was in them', async () => {
    const { server, clock, chat } = offered();
    await clock.advance(100);
    last(server).way = text => [text.slice(0, text.length / 2)];
    server.say('ben', 'anna', 'Cut');
    await clock.advance(3100);
    expect(texts(chat)).toEqual(['Cut']);
    await clock.advance(3100);
    expect(server.lines).toHaveLength(2);
    expect(open(server)).toHaveLength(1);
  });

  test('of kinds that this version does not know are ignored', async () => {
    const { server, clock, chat } = offered();
    await clock.advance(100);
    last(server).tell({ op: 'dances', how: 'slowly' });
    server.say('ben', 'anna', 'Still here');
    await clock.advance(100);
    expect(texts(chat)).toEqual(['Still here']);
  });

  test('that do not fit together end it, and nothing of them is kept', async () => {
    const { server, clock, chat } = offered();
    server.say('ben', 'anna', 'Kept');
    await clock.advance(100);
    const message = { conversationId: 'conv_anna_zoe', number: 1, id: 'x', senderId: 'zoe', content: 'Odd' };
    const answer = {
      conversations: [],
      messages: [message],
      cursor: 's999',
      hasMore: false,
      nextPollMs: 3000,
    };
    last(server).tell({ op: 'synced', ...answer });
    await clock.advance(100);
    expect(open(server)).toHaveLength(0);
    await clock.advance(6000);
    expect(texts(chat)).toEqual(['Kept']);
    expect(open(server)).toHaveLength(1);
  });

  test('a poke asks for a poll, and for another one that proves the delivery', async () => {
    const { server, clock, chat, during } = offered();
    await clock.advance(100);
    const line = last(server);
    line.way = text => (text.includes('"op":"synced"') ? ['{"op":"poke"}'] : [text]);
    server.say('ben', 'anna', 'Poked');
    await clock.advance(100);
    expect(texts(chat)).toEqual(['Poked']);
    await clock.advance(3000);
    expect(server.said('anna', 'ben')[0]?.status).toBe('delivered');
    line.end(1001, 0);
    expect(await during(3000)).toBeGreaterThan(0);
  });

  test('while news may be late it is polled as often as the server asks for', async () => {
    const { server, clock, during } = offered();
    await clock.advance(100);
    last(server).tell({ op: 'degraded', pollMs: 4000 });
    await clock.advance(4000);
    expect(await during(40_000)).toBe(10);
    last(server).tell({ op: 'restored' });
    await clock.advance(4000);
    expect(await during(60_000)).toBe(0);
  });
});

test('200 messages while the connection is cut again and again: none missing, doubled or out of order', async () => {
  const { server, clock, chat } = offered();
  await clock.advance(100);
  const all = Array.from({ length: 200 }, (_, index) => `message ${index + 1}`);
  for (const [index, text] of all.entries()) {
    server.say('ben', 'anna', text);
    if (index % 7 === 0) await clock.advance(40);
    if (index === 60) last(server).isDead = true;
    if (index === 90) last(server).cut();
    if (index === 100) await clock.advance(5000);
    if (index === 130) last(server).cut();
  }
  await clock.advance(90_000);
  // More than a page came at once: the chat shows the newest, and the others are before them.
  while (chat.get().hasOlder) await chat.loadOlder();
  expect(texts(chat)).toEqual(all);
  expect(open(server)).toHaveLength(1);
});

describe('signs of life', () => {
  test('a connection that says nothing for 40 s is asked, and dropped when it does not answer', async () => {
    const { server, clock, chat } = offered();
    await clock.advance(100);
    const line = last(server);
    line.isDead = true;
    server.say('ben', 'anna', 'Through the wall');
    await clock.advance(39_000);
    expect(texts(chat)).toEqual([]);
    await clock.advance(8000);
    expect(texts(chat)).toEqual(['Through the wall']);
    expect(line.isOpen).toBe(false);
  });

  test('heartbeats keep a quiet one', async () => {
    const { server, clock } = offered();
    await clock.advance(60 * 60_000 - 1);
    expect(server.lines).toHaveLength(1);
    expect(last(server).said('ping')).toHaveLength(0);
  });

  test('coming back asks at once: one that died in a sleep is replaced within seconds', async () => {
    const { server, clock, tab, jobline } = offered();
    await clock.advance(100);
    tab.set({ visible: false });
    last(server).isDead = true;
    tab.isFrozen = true;
    await clock.advance(10 * 60_000);
    tab.thaw();
    tab.set({ visible: true });
    await clock.advance(7000);
    expect(open(server)).toHaveLength(1);
    expect(server.lines).toHaveLength(2);
    expect(jobline.connection.get()).toEqual({ state: 'online', live: true });
  });

  test('one that lives through a sleep goes on', async () => {
    const { server, clock, tab, chat } = offered();
    await clock.advance(100);
    tab.isFrozen = true;
    server.say('ben', 'anna', 'While it slept');
    await clock.advance(20_000);
    tab.thaw();
    await clock.advance(100);
    expect(texts(chat)).toEqual(['While it slept']);
    await clock.advance(5000);
    expect(server.lines).toHaveLength(1);
  });

  test('offline and back', async () => {
    const { server, clock, tab, jobline, chat } = offered();
    await clock.advance(100);
    last(server).isDead = true;
    tab.set({ online: false });
    server.say('ben', 'anna', 'Meanwhile');
    await clock.advance(60_000);
    expect(jobline.connection.get().state).toBe('offline');
    tab.set({ online: true });
    await clock.advance(7000);
    expect(texts(chat)).toEqual(['Meanwhile']);
    expect(jobline.connection.get()).toEqual({ state: 'online', live: true });
  });

  test('a page that is left keeps no connection, and has one again when the reader goes back', async () => {
    const { server, clock, tab } = offered();
    await clock.advance(100);
    tab.happen('leave');
    tab.set({ visible: false });
    await clock.advance(5000);
    expect(open(server)).toHaveLength(0);
    tab.set({ visible: true });
    tab.happen('focus');
    await clock.advance(5000);
    expect(open(server)).toHaveLength(1);
  });

  test('nothing is held open when nothing is in view', async () => {
    const { server, clock, chat } = offered();
    await clock.advance(100);
    chat.close();
    await clock.advance(100);
    expect(open(server)).toHaveLength(0);
    chat.open();
    await clock.advance(100);
    expect(open(server)).toHaveLength(1);
  });
});

describe('tokens', () => {
  test('are renewed in place', async () => {
    const { server, clock } = offered();
    await clock.advance(100);
    const line = last(server);
    line.tell({ op: 'tokenExpiring', expiresAt: '2026-01-05T09:01:00.000Z' });
    await clock.advance(100);
    const [said] = line.said('token');
    expect(server.ownerOf(String(said?.token))).toBe('anna');
    expect(server.lines).toHaveLength(1);
  });

  test('a host that answers none is asked again until the connection ends, and polls tell of it', async () => {
    const { server, clock, device } = world();
    server.live = OFFER;
    let works = true;
    const getToken = async () => {
      if (!works) throw new Error('The host is down.');
      return server.token('anna');
    };
    const jobline = createJobline({ baseUrl: '', user: 'anna', getToken, ports: device().tab().ports() });
    jobline.conversation({ with: 'ben' }).open();
    await clock.advance(100);
    const line = last(server);
    works = false;
    line.tell({ op: 'tokenExpiring', expiresAt: '2026-01-05T09:01:00.000Z' });
    await clock.advance(3000);
    expect(line.said('token')).toHaveLength(0);
    works = true;
    await clock.advance(5000);
    expect(line.said('token')).toHaveLength(1);
  });

  test('one that expired is replaced at once, and the connection is there again', async () => {
    const { server, clock, jobline } = offered();
    await clock.advance(100);
    server.expireTokens();
    last(server).end(4401, 0);
    await clock.advance(3500);
    expect(jobline.connection.get()).toEqual({ state: 'online', live: true });
    expect(open(server)).toHaveLength(1);
  });
});

describe('several tabs', () => {
  const tabs = (count: number) => {
    const { server, clock, device } = world();
    server.live = OFFER;
    const laptop = device();
    const all = Array.from({ length: count }, () => laptop.client('anna'));
    const chats = all.map(({ jobline }) => jobline.conversation({ with: 'ben' }));
    for (const chat of chats) chat.open();
    return { server, clock, all, chats };
  };

  test('have one connection, and all show what it brings', async () => {
    const { server, clock, all, chats } = tabs(3);
    await clock.advance(8000);
    server.say('ben', 'anna', 'To all');
    await settle();
    expect(chats.map(texts)).toEqual([['To all'], ['To all'], ['To all']]);
    expect(open(server)).toHaveLength(1);
    expect(all.map(({ jobline }) => jobline.connection.get().live)).toEqual([true, true, true]);
    last(server).tell({ op: 'typing', conversationId: 'conv_anna_ben', userId: 'ben', typing: true });
    last(server).tell({ op: 'presence', userId: 'ben', state: 'online' });
    await settle();
    for (const { jobline } of all) {
      expect(jobline.typing.get()).toEqual({ conv_anna_ben: ['ben'] });
      expect(jobline.presence.get().ben?.state).toBe('online');
    }
  });

  test('it is held by one that is seen', async () => {
    const { server, clock, all, chats } = tabs(3);
    await clock.advance(100);
    const [first, second] = all;
    first?.tab.set({ visible: false });
    second?.tab.set({ visible: false });
    second?.tab.set({ visible: true });
    await clock.advance(5000);
    expect(open(server)).toHaveLength(1);
    // The one that is hidden may be stopped by the browser.
    if (first) first.tab.isFrozen = true;
    server.say('ben', 'anna', 'Seen');
    await settle();
    expect(chats.slice(1).map(texts)).toEqual([['Seen'], ['Seen']]);
  });

  test('when the tab that holds it is killed, another one does', async () => {
    const { server, clock, all, chats } = tabs(3);
    await clock.advance(100);
    all[0]?.tab.kill();
    await clock.advance(5000);
    server.say('ben', 'anna', 'Still');
    await settle();
    expect(chats.slice(1).map(texts)).toEqual([['Still'], ['Still']]);
    expect(open(server)).toHaveLength(1);
  });

  test('when it is frozen while it is seen, another one takes its place within a minute', async () => {
    const { server, clock, all, chats } = tabs(3);
    await clock.advance(100);
    const [first] = all;
    if (first) first.tab.isFrozen = true;
    server.say('ben', 'anna', 'Anybody?');
    await clock.advance(60_000);
    expect(chats.slice(1).map(texts)).toEqual([['Anybody?'], ['Anybody?']]);
    first?.tab.thaw();
    await clock.advance(60_000);
    expect(open(server)).toHaveLength(1);
    expect(chats.map(texts)).toEqual([['Anybody?'], ['Anybody?'], ['Anybody?']]);
  });

  test('a hidden tab that sends keeps the lead until that is done', async () => {
    const { server, clock, all, chats } = tabs(2);
    await clock.advance(100);
    const [first, second] = all;
    server.fault = ({ procedure }) => (procedure === 'send' ? 'silent' : undefined);
    await chats[0]?.send('on its way');
    first?.tab.set({ visible: false });
    second?.tab.set({ visible: false });
    second?.tab.set({ visible: true });
    await clock.advance(1000);
    expect(server.lines).toHaveLength(1);
    server.fault = () => undefined;
    await clock.advance(60_000);
    second?.tab.happen('focus');
    await clock.advance(5000);
    expect(server.lines).toHaveLength(2);
    expect(open(server)).toHaveLength(1);
    expect(server.said('anna', 'ben')).toHaveLength(1);
  });

  test('what the second tab shows and types is told over the connection of the first', async () => {
    const { server, clock, all } = tabs(2);
    await clock.advance(100);
    const [first, second] = all;
    const other = second?.jobline.conversation({ with: 'cleo' });
    second?.jobline.conversation({ with: 'ben' }).close();
    other?.open();
    await clock.advance(100);
    const line = last(server);
    expect(line.said('watch').at(-1)?.conversationId).toBe('conv_anna_cleo');
    other?.setDraft('Hi');
    await clock.advance(100);
    expect(line.said('typing')).toMatchObject([{ conversationId: 'conv_anna_cleo', typing: true }]);
    expect(first?.tab.isAlive).toBe(true);
    second?.tab.kill();
    await clock.advance(3 * 60_000);
    expect(line.said('watch').at(-1)?.conversationId).toBe('conv_anna_ben');
  });
});

describe('typing', () => {
  test('of others is shown for 6 s, or until it ends or their message comes', async () => {
    const { server, clock, jobline } = offered();
    await clock.advance(100);
    const types = (userId: string, typing = true) =>
      last(server).tell({ op: 'typing', conversationId: 'conv_anna_ben', userId, typing });
    types('ben');
    await clock.advance(5900);
    expect(jobline.typing.get()).toEqual({ conv_anna_ben: ['ben'] });
    types('ben');
    await clock.advance(5900);
    expect(jobline.typing.get()).toEqual({ conv_anna_ben: ['ben'] });
    await clock.advance(200);
    expect(jobline.typing.get()).toEqual({});
    types('ben');
    types('cleo');
    await settle();
    expect(jobline.typing.get()).toEqual({ conv_anna_ben: ['ben', 'cleo'] });
    types('cleo', false);
    server.say('ben', 'anna', 'Here it is');
    await settle();
    expect(jobline.typing.get()).toEqual({});
  });

  test('of others goes on while what they wrote before is read', async () => {
    const { server, clock, jobline } = offered();
    server.say('ben', 'anna', 'Before');
    await clock.advance(100);
    last(server).tell({ op: 'typing', conversationId: 'conv_anna_ben', userId: 'ben', typing: true });
    await settle();
    const told = last(server).said('have').length;
    server.reads('anna', 'ben');
    await settle();
    expect(last(server).said('have').length).toBeGreaterThan(told);
    expect(jobline.typing.get()).toEqual({ conv_anna_ben: ['ben'] });
  });

  test('is not shown any more when the connection is lost or the chat is closed', async () => {
    const { server, clock, chat, jobline } = offered();
    jobline.conversations.subscribe(() => undefined);
    await clock.advance(100);
    const types = () =>
      last(server).tell({ op: 'typing', conversationId: 'conv_anna_ben', userId: 'ben', typing: true });
    types();
    await settle();
    expect(jobline.typing.get()).not.toEqual({});
    last(server).cut();
    await settle();
    expect(Object.entries(jobline.typing.get())).toEqual([]);
    await clock.advance(6000);
    types();
    await settle();
    chat.close();
    expect(jobline.typing.get()).toEqual({});
  });

  test('of the reader is told at most every 3 s, and its end at once', async () => {
    const { server, clock, chat } = offered();
    await clock.advance(100);
    const said = () =>
      last(server)
        .said('typing')
        .map(({ typing }) => typing);
    for (let count = 0; count < 20; count += 1) {
      chat.setDraft('H'.repeat(count + 1));
      await clock.advance(300);
    }
    expect(said()).toEqual([true, true]);
    chat.setDraft('');
    await settle();
    expect(said()).toEqual([true, true, false]);
    chat.setDraft('again');
    await chat.send('again');
    await settle();
    expect(said()).toEqual([true, true, false, true, false]);
    chat.setDraft('and hidden');
    await settle();
    expect(said().at(-1)).toBe(true);
  });
});

describe('who is there', () => {
  test('is asked for with a new connection, and told from then on', async () => {
    const { server, clock, jobline } = offered();
    server.say('ben', 'anna', 'Hello');
    server.say('cleo', 'anna', 'Hello');
    server.seen.set('ben', { state: 'recent', lastActiveAt: '2026-01-05T08:00:00.000Z' });
    await clock.advance(1000);
    expect(jobline.presence.get()).toEqual({
      ben: { state: 'recent', lastActiveAt: Date.UTC(2026, 0, 5, 8) },
    });
    last(server).tell({
      op: 'presence',
      userId: 'ben',
      state: 'online',
      lastActiveAt: '2026-01-05T09:00:00.000Z',
    });
    last(server).tell({ op: 'presence', userId: 'cleo', state: 'online' });
    await settle();
    expect(jobline.presence.get().cleo).toEqual({ state: 'online' });
    expect(jobline.presence.get().ben?.state).toBe('online');
    server.seen.delete('ben');
    server.seen.set('cleo', { state: 'away' });
    last(server).cut();
    await clock.advance(6000);
    expect(jobline.presence.get()).toEqual({ cleo: { state: 'away' } });
  });

  test('is asked for people who come into the list later, each once', async () => {
    const { server, clock } = offered();
    await clock.advance(100);
    const asked = () => server.requests.filter(({ procedure }) => procedure === 'presence');
    expect(asked()).toHaveLength(0);
    server.say('cleo', 'anna', 'Hello');
    await clock.advance(60_000);
    expect(asked().map(({ input }) => input.userIds)).toEqual(['cleo']);
  });

  test('is not known any more a while after the connection is lost for good', async () => {
    const { server, clock, jobline } = offered();
    await clock.advance(100);
    last(server).tell({ op: 'presence', userId: 'ben', state: 'online' });
    await settle();
    server.liveFault = 'refused';
    last(server).cut();
    await clock.advance(10_000);
    expect(jobline.presence.get().ben?.state).toBe('online');
    await clock.advance(15_000);
    expect(jobline.presence.get()).toEqual({});
  });

  test('that the reader is there is told while they do something, and for two minutes', async () => {
    const { server, clock, tab } = offered();
    await clock.advance(100);
    const said = () =>
      last(server)
        .said('active')
        .map(({ active }) => active);
    expect(said()).toEqual([true]);
    await clock.advance(100_000);
    tab.happen('activity');
    await clock.advance(100_000);
    expect(said()).toEqual([true]);
    await clock.advance(30_000);
    expect(said()).toEqual([true, false]);
    tab.happen('activity');
    await settle();
    tab.set({ visible: false });
    await settle();
    expect(said()).toEqual([true, false, true, false]);
  });
});

test('signing out closes it, and nothing is shown of anybody', async () => {
  const { server, clock, jobline } = offered();
  await clock.advance(100);
  last(server).tell({ op: 'presence', userId: 'ben', state: 'online' });
  await settle();
  await jobline.signOut();
  expect(open(server)).toHaveLength(0);
  expect([jobline.presence.get(), jobline.typing.get()]).toEqual([{}, {}]);
  await clock.advance(60 * 60_000);
  expect(server.lines).toHaveLength(1);
});

test('another user of the same page has a connection of their own', async () => {
  const { server, clock, device } = world();
  server.live = OFFER;
  let user = 'anna';
  const getToken = () => server.anotherToken(user);
  const jobline = createJobline({ baseUrl: '', user: 'anna', getToken, ports: device().tab().ports() });
  jobline.conversations.subscribe(() => undefined);
  await clock.advance(1000);
  expect(open(server).map(line => line.user)).toEqual(['anna']);
  user = 'ben';
  jobline.renewToken();
  await clock.advance(5000);
  expect(open(server).map(line => line.user)).toEqual(['ben']);
});
