import { expect, test } from 'vitest';
import { type Fault, settle, world } from '../testing/index.ts';

function watched(seed = 1) {
  const { server, clock, device } = world(seed);
  const { tab, jobline } = device().client('anna');
  const polls = () => server.requests.filter(({ procedure }) => procedure === 'sync').length;
  /** How many polls are made in a period. */
  const during = async (ms: number) => {
    const before = polls();
    await clock.advance(ms);
    return polls() - before;
  };
  return { server, clock, tab, jobline, polls, during };
}

test('every 3 s while a chat is open', async () => {
  const { jobline, during } = watched();
  jobline.conversation({ with: 'ben' }).open();
  await settle();
  expect(await during(60_000)).toBe(20);
});

test('every 10 s with the list alone, and in the background', async () => {
  const { jobline, tab, during } = watched();
  const leave = jobline.conversations.subscribe(() => undefined);
  await settle();
  expect(await during(60_000)).toBe(6);
  leave();
  jobline.conversation({ with: 'ben' }).open();
  tab.set({ visible: false });
  await during(10_000);
  expect(await during(60_000)).toBe(6);
});

test('3 s after messages of others arrived, so that the sender soon sees them delivered; not after own ones', async () => {
  const { server, jobline, during } = watched();
  jobline.conversations.subscribe(() => undefined);
  await during(1000);
  server.say('ben', 'anna', 'Are you there?');
  expect(await during(9000)).toBe(1);
  expect(await during(3000)).toBe(1);
  expect(await during(9000)).toBe(0);
  server.say('anna', 'ben', 'From another device');
  expect(await during(1000)).toBe(1);
  expect(await during(9000)).toBe(0);
});

test('every 30 s after five minutes without input, and quickly again after input', async () => {
  const { jobline, tab, during } = watched();
  jobline.conversation({ with: 'ben' }).open();
  await during(5 * 60_000);
  await during(30_000);
  expect(await during(5 * 60_000)).toBe(10);
  tab.happen('activity');
  await during(0);
  expect(await during(30_000)).toBe(10);
});

test('not at all when nothing is in view, or after being hidden for an hour; at once when shown again', async () => {
  const { jobline, tab, during } = watched();
  const close = jobline.conversation({ with: 'ben' }).open();
  tab.set({ visible: false });
  await during(61 * 60_000);
  expect(await during(60 * 60_000)).toBe(0);
  tab.set({ visible: true });
  expect(await during(0)).toBe(1);
  close();
  await during(3000);
  expect(await during(60 * 60_000)).toBe(0);
});

test('at once on focus, on coming online and after a send', async () => {
  const { jobline, tab, during } = watched();
  const chat = jobline.conversation({ with: 'ben' });
  chat.open();
  await during(1000);
  tab.happen('focus');
  expect(await during(0)).toBe(1);
  tab.set({ online: false });
  expect(await during(60_000)).toBe(0);
  expect(jobline.connection.get()).toEqual({ state: 'offline' });
  tab.set({ online: true });
  expect(await during(0)).toBe(1);
  await chat.send('Hello');
  expect(await during(0)).toBe(1);
  expect(jobline.connection.get()).toEqual({ state: 'online' });
});

test('the server may ask for longer pauses', async () => {
  const { server, jobline, during } = watched();
  server.nextPollMs = 20_000;
  jobline.conversation({ with: 'ben' }).open();
  await settle();
  expect(await during(60_000)).toBe(3);
});

test('after errors the pauses grow to a minute, with jitter, and the state is reported', async () => {
  const { server, clock, jobline, during } = watched();
  const attempts: number[] = [];
  server.fault = ({ procedure }): Fault | undefined => {
    if (procedure === 'sync') attempts.push(clock.now());
    return 'offline';
  };
  jobline.conversation({ with: 'ben' }).open();
  await during(10 * 60_000);
  const pauses = attempts.slice(1).map((at, index) => at - (attempts[index] ?? 0));
  pauses.slice(0, 8).forEach((pause, index) => {
    const longest = Math.min(60_000, 1000 * 2 ** index);
    expect(pause).toBeGreaterThanOrEqual(longest / 2);
    expect(pause).toBeLessThanOrEqual(longest);
  });
  const connection = jobline.connection.get();
  expect(connection.state).toBe('reconnecting');
  expect(connection.nextRetryAt).toBeGreaterThan(clock.now());
  server.fault = () => undefined;
  await during(60_000);
  expect(jobline.connection.get()).toEqual({ state: 'online' });
});

test('Retry-After delays even urgent requests', async () => {
  const { server, jobline, tab, during } = watched();
  const chat = jobline.conversation({ with: 'ben' });
  chat.open();
  await settle();
  server.fault = () => ({ status: 503, code: 'unavailable', retryAfterMs: 20_000 });
  await during(3000);
  server.fault = () => undefined;
  tab.happen('focus');
  expect(await during(19_000)).toBe(0);
  expect(await during(1000)).toBe(1);
});

test('only one poll is in flight, and it times out after 30 s', async () => {
  const { server, jobline, during } = watched();
  let asked = 0;
  server.fault = ({ procedure }): Fault | undefined => {
    if (procedure !== 'sync') return undefined;
    asked += 1;
    return 'silent';
  };
  jobline.conversation({ with: 'ben' }).open();
  await during(20_000);
  expect(asked).toBe(1);
  await during(12_000);
  expect(asked).toBe(2);
});

test('an expired token is renewed once, and waiting requests continue', async () => {
  const { server, jobline, during } = watched();
  const chat = jobline.conversation({ with: 'ben' });
  chat.open();
  await during(3000);
  server.expireTokens();
  await chat.send('Hello');
  await during(3000);
  expect(chat.get().messages.map(({ state }) => state.is)).toEqual(['sent']);
});

test('an answer of a proxy does not count as the server’s', async () => {
  const { server, jobline, during } = watched();
  const chat = jobline.conversation({ with: 'ben' });
  chat.open();
  server.fault = () => ({ status: 404 });
  await chat.send('Hello');
  await during(5000);
  expect(chat.get().messages[0]?.state.is).toBe('queued');
  expect(jobline.connection.get().state).toBe('reconnecting');
  server.fault = () => undefined;
  await during(60_000);
  expect(chat.get().messages[0]?.state.is).toBe('sent');
});
