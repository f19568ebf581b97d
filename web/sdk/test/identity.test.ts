/** Several people on one device, one after the other: nobody sees or sends what another one wrote. */

import { expect, test } from 'vitest';
import { createJobline, type Jobline } from '../src/index.ts';
import { type Device, settle, world } from '../testing/index.ts';

/** A client whose host says who is signed in. */
function shared(device: Device, first: string): { jobline: Jobline; become: (user: string) => void } {
  let user = first;
  const getToken = async () => device.server.anotherToken(user);
  const jobline = createJobline({ baseUrl: '', getToken, ports: device.tab().ports() });
  return {
    jobline,
    become: next => {
      user = next;
    },
  };
}

test('a user’s message is never sent with another user’s token, and waits for its own', async () => {
  const { server, clock, device } = world();
  const library = device();
  const { jobline, become } = shared(library, 'anna');
  await jobline.ready;
  const chat = jobline.conversation({ with: 'ben' });
  chat.open();
  await settle();
  server.fault = ({ procedure }) => (procedure === 'send' ? 'offline' : undefined);
  await chat.send('from Anna');
  chat.setDraft('half of another');
  await clock.advance(2000);
  become('cleo');
  server.expireTokens();
  server.fault = () => undefined;
  await clock.advance(60_000);
  expect(jobline.user.get()).toBe('cleo');
  expect(server.said('cleo', 'ben')).toEqual([]);
  expect(server.said('anna', 'ben')).toEqual([]);
  // Nothing of the first user is shown any more, and she can do nothing with the objects that she had.
  expect(chat.get().messages).toEqual([]);
  expect(chat.draft.get()).toBe('');
  await expect(chat.send('more')).rejects.toMatchObject({ problem: { code: 'signed_out' } });
  expect(jobline.conversations.get().items).toEqual([]);

  const cleos = jobline.conversation({ with: 'ben' });
  cleos.open();
  await cleos.send('from Cleo');
  await clock.advance(3000);
  expect(server.said('cleo', 'ben').map(({ content, senderId }) => [content, senderId])).toEqual([
    ['from Cleo', 'cleo'],
  ]);
  expect(cleos.get().messages.map(({ text }) => text)).toEqual(['from Cleo']);

  become('anna');
  jobline.renewToken();
  await clock.advance(60_000);
  expect(jobline.user.get()).toBe('anna');
  expect(server.said('anna', 'ben').map(({ content }) => content)).toEqual(['from Anna']);
  expect(jobline.conversation({ with: 'ben' }).draft.get()).toBe('half of another');
});

test('the token decides who the user is, not the userId option', async () => {
  const { server, clock, device } = world();
  const tab = device().tab();
  const getToken = () => server.token('cleo');
  const jobline = createJobline({ baseUrl: '', user: 'anna', getToken, ports: tab.ports() });
  const chat = jobline.conversation({ with: 'ben' });
  chat.open();
  await chat.send('whose?').catch(() => undefined);
  await clock.advance(60_000);
  expect(jobline.user.get()).toBe('cleo');
  expect([server.said('anna', 'ben'), server.said('cleo', 'ben')]).toEqual([[], []]);
});

test('a numeric sub is the user id with those digits', async () => {
  const { clock, device } = world();
  const token = `h.${btoa(JSON.stringify({ sub: 42 }))}.s`;
  const jobline = createJobline({ baseUrl: '', getToken: () => token, ports: device().tab().ports() });
  await clock.advance(0);
  expect(jobline.user.get()).toBe('42');
});

test('a malformed token is reported, and requested again', async () => {
  const { server, clock, device } = world();
  let token = 'damaged';
  const jobline = createJobline({ baseUrl: '', getToken: () => token, ports: device().tab().ports() });
  await clock.advance(10_000);
  expect(jobline.connection.get()).toMatchObject({
    state: 'signedOut',
    problem: { code: 'unauthenticated' },
  });
  token = server.token('anna');
  jobline.renewToken();
  await clock.advance(0);
  expect(jobline.user.get()).toBe('anna');
});

test('signing out removes every row of that user in every tab, and none of the next user', async () => {
  const { server, clock, device } = world();
  const library = device();
  const [anna, second] = [library.client('anna'), library.client('anna')];
  const cleo = library.client('cleo');
  for (const { jobline } of [anna, second, cleo]) jobline.conversation({ with: 'ben' }).open();
  server.say('ben', 'anna', 'for Anna');
  server.say('ben', 'cleo', 'for Cleo');
  await clock.advance(3000);
  await anna.jobline.signOut();
  await clock.advance(3000);
  expect(library.rows.get('jobline::anna')?.size).toBe(0);
  expect(second.jobline.connection.get()).toEqual({ state: 'signedOut' });
  expect(second.jobline.conversation({ with: 'ben' }).get().messages).toEqual([]);
  expect(cleo.jobline.connection.get()).toEqual({ state: 'online' });
  const kept = cleo.jobline.conversation({ with: 'ben' }).get().messages;
  expect(kept.map(({ text }) => text)).toEqual(['for Cleo']);

  const again = library.client('anna').jobline.conversation({ with: 'ben' });
  again.open();
  await clock.advance(3000);
  expect(again.get().messages.map(({ text }) => text)).toEqual(['for Anna']);
});

test('a tab that was suspended during the sign-out shows nothing once it runs again', async () => {
  const { server, clock, device } = world();
  const library = device();
  const [anna, second] = [library.client('anna'), library.client('anna')];
  const chat = second.jobline.conversation({ with: 'ben' });
  for (const { jobline } of [anna, second]) jobline.conversation({ with: 'ben' }).open();
  server.say('ben', 'anna', 'secret');
  await clock.advance(3000);
  second.tab.isFrozen = true;
  await anna.jobline.signOut();
  await clock.advance(60_000);
  second.tab.thaw();
  await settle();
  expect(chat.get().messages).toEqual([]);
  expect(second.jobline.connection.get()).toEqual({ state: 'signedOut' });
});

test('sign-out clears the screen at once, even if the cache does not answer', async () => {
  const { server, clock, device } = world();
  const library = device();
  const { tab, jobline } = library.client('anna');
  const chat = jobline.conversation({ with: 'ben' });
  chat.open();
  server.say('ben', 'anna', 'secret');
  await clock.advance(3000);
  tab.cacheHangs = true;
  const leaving = jobline.signOut();
  expect(chat.get().messages).toEqual([]);
  await clock.advance(20_000);
  await leaving;
  // Emptying it failed, so it was deleted.
  expect(library.rows.get('jobline::anna')).toBeUndefined();
});
