import { expect, test } from 'vitest';
import { createJobline } from '../src/index.ts';
import { settle, world } from '../testing/index.ts';

test('the user id may come from the token', async () => {
  const { server, clock, device } = world();
  let host = 0;
  const getToken = async () => {
    host += 1;
    if (host < 3) throw new Error('The host is down.');
    return server.token('anna');
  };
  const jobline = createJobline({ baseUrl: '', getToken, ports: device().tab().ports() });
  expect(() => jobline.conversation('conv_anna_ben')).toThrow(/wait for ready/);
  await settle();
  expect(jobline.connection.get()).toMatchObject({
    state: 'reconnecting',
    problem: { code: 'token_failed', detail: 'getToken failed: The host is down.' },
  });
  await clock.advance(5000);
  await jobline.ready;
  expect(jobline.user.get()).toBe('anna');
  expect(jobline.conversation('conv_anna_ben').get().person).toEqual({ id: 'ben', name: 'ben' });
});

test('concurrent requests ask the host for one token, and for another when the server refuses it', async () => {
  const { server, clock, device } = world();
  let asked = 0;
  const getToken = async () => {
    asked += 1;
    return server.token('anna');
  };
  const jobline = createJobline({ baseUrl: '', user: 'anna', getToken, ports: device().tab().ports() });
  jobline.conversation({ with: 'ben' }).open();
  await clock.advance(60_000);
  expect(asked).toBe(1);
  server.expireTokens();
  await clock.advance(60_000);
  expect(asked).toBe(2);
});

test('a token that stays refused is retried, and the app is notified', async () => {
  const { server, clock, device } = world();
  let token = 'not a token';
  const jobline = createJobline({
    baseUrl: '',
    user: 'anna',
    getToken: () => token,
    ports: device().tab().ports(),
  });
  const chat = jobline.conversation({ with: 'ben' });
  chat.open();
  await chat.send('kept');
  await clock.advance(10_000);
  expect(jobline.connection.get()).toMatchObject({
    state: 'signedOut',
    problem: { code: 'unauthenticated' },
  });
  token = server.token('anna');
  await clock.advance(60_000);
  expect(jobline.connection.get()).toEqual({ state: 'online' });
  expect(chat.get().messages.map(({ state }) => state.is)).toEqual(['sent']);
});

test('two users of one browser do not see each other’s data', async () => {
  const { clock, device } = world();
  const shared = device();
  const anna = shared.client('anna').jobline.conversation({ with: 'ben' });
  await anna.send('from Anna');
  anna.setDraft('unsent');
  await clock.advance(1000);
  const cleo = shared.client('cleo').jobline;
  cleo.conversations.subscribe(() => undefined);
  const chat = cleo.conversation({ with: 'ben' });
  chat.open();
  await clock.advance(3000);
  expect([chat.get().messages, chat.draft.get(), cleo.conversations.get().items]).toEqual([[], '', []]);
});

test('a disposed client makes no requests, and the next one continues from its cache', async () => {
  const { server, clock, device } = world();
  const phone = device();
  const first = phone.client('anna');
  first.tab.set({ online: false });
  const chat = first.jobline.conversation({ with: 'ben' });
  chat.open();
  await chat.send('later');
  chat.setDraft('half a sen');
  first.jobline.dispose();
  await settle();
  const before = server.requests.length;
  first.tab.set({ online: true });
  await clock.advance(60_000);
  expect(server.requests.length).toBe(before);
  const next = phone.client('anna').jobline.conversation({ with: 'ben' });
  next.open();
  await clock.advance(3000);
  expect(next.get().messages.map(({ text, state }) => [text, state.is])).toEqual([['later', 'sent']]);
  expect(next.draft.get()).toBe('half a sen');
});

test('a subscriber that throws does not stop the others', async () => {
  const { clock, device } = world();
  const { jobline } = device().client('anna');
  const chat = jobline.conversation({ with: 'ben' });
  let told = 0;
  const failures: unknown[] = [];
  const heard = (error: unknown) => failures.push(error);
  process.on('unhandledRejection', heard);
  chat.subscribe(() => {
    throw new Error('broken view');
  });
  chat.subscribe(() => {
    told += 1;
  });
  await chat.send('Hello');
  await clock.advance(3000);
  process.off('unhandledRejection', heard);
  expect(told).toBeGreaterThan(1);
  expect(failures).not.toEqual([]);
});
