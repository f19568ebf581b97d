/** Online status, as it is requested and delivered over a live connection. */

import { describe, expect, test } from 'vitest';
import { settle } from '../testing/index.ts';
import { last, offered } from './liveWorld.ts';

describe('presence', () => {
  test('is requested with a new connection, and updated from then on', async () => {
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

  test('is requested once for each person who comes into the list later', async () => {
    const { server, clock } = offered();
    await clock.advance(100);
    const asked = () => server.requests.filter(({ procedure }) => procedure === 'presence');
    expect(asked()).toHaveLength(0);
    server.say('cleo', 'anna', 'Hello');
    await clock.advance(60_000);
    expect(asked().map(({ input }) => input.userIds)).toEqual(['cleo']);
  });

  test('is unknown a while after the connection is lost for good', async () => {
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

  test('of the user is reported during activity, and for two minutes after it', async () => {
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
