/** Live connections: they deliver sooner, and polls take over whenever they fail. */

import { describe, expect, test } from 'vitest';
import { createJobline } from '../src/index.ts';
import { settle, world } from '../testing/index.ts';
import { last, OFFER, offered, open, texts } from './liveWorld.ts';

test('while the connection is live, messages come at once and in order, and polls are rare', async () => {
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

test('a sent message comes back over the live connection, without a poll', async () => {
  const { server, clock, chat, during } = offered();
  await clock.advance(100);
  await chat.send('Hello');
  expect(await during(1000)).toBe(0);
  expect(chat.get().messages.map(({ text, state }) => [text, state.is])).toEqual([['Hello', 'sent']]);
  server.reads('ben', 'anna');
  await clock.advance(100);
  expect(chat.get().messages[0]?.state.is).toBe('read');
});

test('no connection is opened before a poll has caught up, and before the server’s afterMs', async () => {
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

test('an old server, or an environment without sockets, is polled', async () => {
  const { server, clock, device } = world();
  const { jobline } = device().client('anna');
  jobline.conversation({ with: 'ben' }).open();
  await clock.advance(60_000);
  expect(server.lines).toHaveLength(0);
  expect(jobline.connection.get()).toEqual({ state: 'online' });
});

describe('fallback to polls', () => {
  test('when the server withdraws its offer, and back to the socket when it offers it again', async () => {
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

  test('when a poll no longer offers it, although the connection is open', async () => {
    const { server, clock, tab, jobline } = offered();
    await clock.advance(100);
    server.live = undefined;
    tab.happen('focus');
    await clock.advance(100);
    expect(open(server)).toHaveLength(0);
    expect(jobline.connection.get()).toEqual({ state: 'online' });
  });

  test('where a proxy refuses upgrades: three attempts, then long polls for ten minutes', async () => {
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

  test('where upgrades are never answered: each attempt ends after 5 s', async () => {
    const { server, clock, jobline } = offered();
    server.liveFault = 'silent';
    await clock.advance(4900);
    expect(open(server)).toHaveLength(1);
    await clock.advance(10 * 60_000 - 10_000);
    expect(server.lines).toHaveLength(3);
    expect(open(server)).toHaveLength(0);
    expect(jobline.connection.get()).toEqual({ state: 'online' });
  });

  test('where the page’s policy forbids that address', async () => {
    const { server, clock, jobline, during } = offered();
    server.live = { url: 'not a URL', afterMs: 0 };
    await clock.advance(60_000);
    expect(server.lines).toHaveLength(0);
    // They wait at the server.
    expect(await during(60_000)).toBe(3);
    expect(jobline.connection.get()).toEqual({ state: 'online' });
  });

  test('while the server is down no socket is opened; it is live again soon after polls are answered', async () => {
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

  test('a stopping server says when to reconnect, and the client polls meanwhile', async () => {
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

  test('clients that lose their server at the same moment come back spread over three seconds', async () => {
    const { server, clock, device } = world();
    server.live = OFFER;
    /** When each tab made its first request. */
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

test('signing out closes the connection, and clears typing and presence', async () => {
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
