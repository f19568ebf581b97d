/** Clocks that are wrong, pauses that are absurd, and devices that report the wrong connection state. */

import { expect, test } from 'vitest';
import { type Fault, settle, world } from '../testing/index.ts';

function anna(ready = true) {
  const { server, clock, device } = world();
  const { tab, jobline } = device().client('anna');
  const chat = jobline.conversation({ with: 'ben' });
  if (ready) chat.open();
  const polls = () => server.requests.filter(({ procedure }) => procedure === 'sync').length;
  const during = async (ms: number) => {
    const before = polls();
    await clock.advance(ms);
    return polls() - before;
  };
  return { server, clock, tab, jobline, chat, during };
}

const HOUR = 60 * 60_000;

for (const [what, ms] of [
  ['an hour back', -HOUR],
  ['a year back', -365 * 24 * HOUR],
  ['a day forward', 24 * HOUR],
] as const) {
  test(`a clock that is set ${what} changes nothing`, async () => {
    const { server, clock, tab, chat, during } = anna();
    await during(10_000);
    clock.shift(ms);
    expect(await during(30_000)).toBe(10);
    tab.happen('focus');
    expect(await during(0)).toBe(1);
    await chat.send('Hello');
    await during(100);
    expect(server.said('anna', 'ben')).toHaveLength(1);
  });
}

test('a pause of the rate limit lasts as long as it takes, whatever the clock does meanwhile', async () => {
  const { server, clock, chat } = anna();
  server.sendRate = 1;
  await chat.send('one');
  await chat.send('two');
  await settle();
  clock.shift(-HOUR);
  // The server counts by its own clock.
  server.sendRate = 0;
  await clock.advance(61_000);
  expect(server.said('anna', 'ben')).toHaveLength(2);
});

for (const header of ['3000000', '99999999999999999999']) {
  test(`Retry-After: ${header} pauses for five minutes, with one timer`, async () => {
    const { server, clock, tab, during } = anna();
    await during(3000);
    server.fault = () => ({ status: 503, retryAfter: header });
    await during(3000);
    const before = clock.timers;
    await during(60_000);
    expect(clock.timers - before).toBeLessThan(20);
    server.fault = () => undefined;
    tab.happen('focus');
    expect(await during(200_000)).toBe(0);
    expect(await during(60_000)).toBeGreaterThan(0);
  });
}

test('a date in Retry-After is compared with the server’s clock', async () => {
  const { server, clock, tab, during } = anna();
  await during(3000);
  clock.shift(-HOUR);
  const there = clock.now() + HOUR;
  const date = (ms: number) => new Date(ms).toUTCString();
  server.fault = () => ({ status: 503, retryAfter: date(there + 60_000), date: date(there) });
  await during(3000);
  server.fault = () => undefined;
  tab.happen('focus');
  expect(await during(50_000)).toBe(0);
  expect(await during(15_000)).toBeGreaterThan(0);
});

for (const header of ['soon', '-5', '1e12', '', 'NaN', 'Thu, 01 Jan 1970 00:00:00 GMT']) {
  test(`Retry-After: ${JSON.stringify(header)} asks for no pause`, async () => {
    const { server, tab, during } = anna();
    await during(3000);
    server.fault = () => ({ status: 503, retryAfter: header });
    await during(3000);
    server.fault = () => undefined;
    tab.happen('focus');
    expect(await during(0)).toBe(1);
  });
}

test('absurd values of nextPollMs do not end polling', async () => {
  const { server, during } = anna();
  server.nextPollMs = 1e13;
  await during(3000);
  server.nextPollMs = 3000;
  await during(5 * 60_000);
  expect(await during(90_000)).toBeGreaterThan(0);
});

test('a device that reports being offline on a working network continues', async () => {
  const { server, tab, jobline, chat, clock, during } = anna();
  await during(3000);
  tab.lies = true;
  tab.set({ online: false });
  expect(await during(30_000)).toBeGreaterThan(0);
  expect(jobline.connection.get()).toEqual({ state: 'online' });
  await chat.send('Hello');
  await clock.advance(3000);
  expect(server.said('anna', 'ben')).toHaveLength(1);
});

test('the same from the start, and with no conversation open', async () => {
  const { server, tab, clock, chat } = anna(false);
  tab.lies = true;
  tab.set({ online: false });
  await chat.send('Hello');
  await clock.advance(3 * 60_000);
  expect(server.said('anna', 'ben')).toHaveLength(1);
});

test('an offline device polls rarely, and reports its state', async () => {
  const { server, tab, jobline, during } = anna();
  await during(3000);
  tab.set({ online: false });
  let asked = 0;
  tab.onRequest = () => {
    asked += 1;
  };
  await during(HOUR);
  expect(jobline.connection.get()).toEqual({ state: 'offline' });
  expect(asked).toBeLessThan(80);
  tab.set({ online: true });
  expect(await during(0)).toBe(1);
  expect(server.requests.length).toBeGreaterThan(0);
});

const silence =
  (once: { left: number }, ...procedures: string[]) =>
  (seen: { procedure: string }): Fault | undefined => {
    if (!procedures.includes(seen.procedure) || once.left === 0) return undefined;
    once.left -= 1;
    return 'silent';
  };

for (const event of ['network', 'focus'] as const) {
  test(`a request whose connection is lost is repeated on ${event}`, async () => {
    const { server, clock, tab, chat, jobline } = anna();
    await clock.advance(3000);
    server.fault = silence({ left: 2 }, 'send', 'sync');
    await chat.send('Hello');
    await clock.advance(4000);
    expect(server.said('anna', 'ben')).toEqual([]);
    tab.happen(event);
    await clock.advance(100);
    expect(server.said('anna', 'ben')).toHaveLength(1);
    expect(jobline.connection.get()).toEqual({ state: 'online' });
  });
}

test('an upload whose connection is lost is restarted when the network changes', async () => {
  const { server, clock, tab, chat } = anna();
  server.fault = silence({ left: 1 }, 'put');
  await chat.sendFile({
    size: 4,
    type: 'image/png',
    name: 'a.png',
    arrayBuffer: async () => new ArrayBuffer(4),
  });
  await clock.advance(3000);
  expect(server.said('anna', 'ben')).toEqual([]);
  tab.happen('network');
  await clock.advance(100);
  expect(server.said('anna', 'ben')).toHaveLength(1);
});
