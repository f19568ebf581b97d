/** How a live connection is kept open: heartbeats, sleep, tokens, and which of several tabs holds it. */

import { describe, expect, test } from 'vitest';
import { createJobline } from '../src/index.ts';
import { settle, world } from '../testing/index.ts';
import { last, OFFER, offered, open, texts } from './liveWorld.ts';

describe('heartbeats', () => {
  test('a connection that is silent for 40 s is pinged, and dropped when it does not answer', async () => {
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

  test('heartbeats of the server keep a quiet connection open', async () => {
    const { server, clock } = offered();
    await clock.advance(60 * 60_000 - 1);
    expect(server.lines).toHaveLength(1);
    expect(last(server).said('ping')).toHaveLength(0);
  });

  test('after the device wakes up the connection is pinged at once, and a dead one is replaced within seconds', async () => {
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

  test('a connection that survives the sleep is kept', async () => {
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

  test('a device that was offline reconnects', async () => {
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

  test('a page in the back/forward cache has no connection, and reconnects when it is shown again', async () => {
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

  test('no connection is held open when nothing is in view', async () => {
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

  test('a host that returns no token is asked again until the connection ends, and polls report it', async () => {
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

  test('an expired token is replaced at once, and the connection comes back', async () => {
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

  test('have one connection, and all show what it receives', async () => {
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

  test('a visible tab holds the connection', async () => {
    const { server, clock, all, chats } = tabs(3);
    await clock.advance(100);
    const [first, second] = all;
    first?.tab.set({ visible: false });
    second?.tab.set({ visible: false });
    second?.tab.set({ visible: true });
    await clock.advance(5000);
    expect(open(server)).toHaveLength(1);
    // The browser may suspend the hidden one.
    if (first) first.tab.isFrozen = true;
    server.say('ben', 'anna', 'Seen');
    await settle();
    expect(chats.slice(1).map(texts)).toEqual([['Seen'], ['Seen']]);
  });

  test('when the tab that holds it is killed, another one takes over', async () => {
    const { server, clock, all, chats } = tabs(3);
    await clock.advance(100);
    all[0]?.tab.kill();
    await clock.advance(5000);
    server.say('ben', 'anna', 'Still');
    await settle();
    expect(chats.slice(1).map(texts)).toEqual([['Still'], ['Still']]);
    expect(open(server)).toHaveLength(1);
  });

  test('when that tab is frozen while visible, another one takes over within a minute', async () => {
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

  test('a hidden tab that is sending leads until that is done', async () => {
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

  test('what the second tab watches and types is sent over the connection of the first', async () => {
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
