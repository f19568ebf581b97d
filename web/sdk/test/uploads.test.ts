/** Uploads with temporary failures: expired URLs, bytes that had arrived before, stalled networks. */

import { expect, test } from 'vitest';
import type { FileLike } from '../src/index.ts';
import { type Fault, type Seen, world } from '../testing/index.ts';

const PHOTO: FileLike = {
  size: 1000,
  type: 'image/png',
  name: 'kitchen.png',
  arrayBuffer: async () => new ArrayBuffer(1000),
};

function anna() {
  const { server, clock, device } = world();
  const { tab, jobline } = device().client('anna');
  const chat = jobline.conversation({ with: 'ben' });
  chat.open();
  const states = () => chat.get().messages.map(({ state }) => state.is);
  const requests = (name: string) => server.requests.filter(({ procedure }) => procedure === name).length;
  return { server, clock, tab, jobline, chat, states, requests };
}

/** A failure of the first call of a procedure. */
function once(procedure: string, fault: Fault): (seen: Seen) => Fault | undefined {
  let left = 1;
  return seen => (seen.procedure === procedure && left-- > 0 ? fault : undefined);
}

for (const [what, fault] of [
  ['a URL that has ended', { status: 404, code: 'not_found' }],
  ['a URL of a bucket that has ended', { status: 403 }],
  ['a URL that is gone', { status: 410 }],
] as const) {
  test(`${what} is replaced at once, without an error`, async () => {
    const { server, clock, chat, states, requests } = anna();
    server.fault = once('put', fault);
    await chat.sendFile(PHOTO);
    await clock.advance(100);
    expect(states()).toEqual(['sent']);
    expect(requests('uploadFile')).toBe(2);
  });
}

for (const fault of [{ status: 409, code: 'file_already_used' }, { status: 412 }] as const) {
  test(`bytes that had arrived already (${fault.status}) are not a failure`, async () => {
    const { server, clock, chat, states } = anna();
    server.fault = seen => {
      if (seen.procedure !== 'put') return undefined;
      server.arrive(String(seen.input.id));
      return fault;
    };
    await chat.sendFile(PHOTO);
    await clock.advance(100);
    expect(states()).toEqual(['sent']);
  });
}

test('bytes that expired before the message was sent, hours later and twice, are uploaded each time', async () => {
  const { server, clock, chat, states } = anna();
  server.fault = ({ procedure }) => (procedure === 'send' ? 'offline' : undefined);
  await chat.sendFile(PHOTO);
  for (let times = 0; times < 2; times += 1) {
    await clock.advance(3 * 60 * 60_000);
    server.loseFiles();
    server.fault = once('send', { status: 400, code: 'file_not_uploaded', field: 'fileUrl' });
    await clock.advance(1000);
  }
  await clock.advance(60_000);
  expect(states()).toEqual(['sent']);
});

test('a file that the server refuses for its bytes is uploaded three times, then reported', async () => {
  const { server, clock, chat, requests } = anna();
  server.fault = ({ procedure }) =>
    procedure === 'send' ? { status: 400, code: 'invalid_file', field: 'fileSize' } : undefined;
  await chat.sendFile(PHOTO);
  await clock.advance(10_000);
  expect(chat.get().messages[0]?.state).toMatchObject({ is: 'failed', problem: { code: 'invalid_file' } });
  expect(requests('put')).toBe(3);
});

test('the upload limit does not delay text in other chats', async () => {
  const { server, clock, jobline, chat } = anna();
  server.fault = ({ procedure }) =>
    procedure === 'uploadFile' ? { status: 429, code: 'rate_limited', retryAfterMs: 60_000 } : undefined;
  await chat.sendFile(PHOTO);
  await clock.advance(100);
  await jobline.conversation({ with: 'cleo' }).send('Hello');
  await clock.advance(100);
  expect(server.said('anna', 'cleo')).toHaveLength(1);
});

test('a stalled upload is restarted after a minute, and one that moves is not', async () => {
  const { server, clock, tab, chat, states, requests } = anna();
  server.fault = once('put', 'silent');
  await chat.sendFile(PHOTO);
  await clock.advance(55_000);
  tab.progress(600);
  await clock.advance(55_000);
  expect(requests('uploadFile')).toBe(1);
  await clock.advance(20_000);
  expect(requests('uploadFile')).toBe(2);
  expect(states()).toEqual(['sent']);
});

test('many pictures with expired URLs cost one request', async () => {
  const { clock, chat, requests } = anna();
  for (let n = 0; n < 3; n += 1) await chat.sendFile(PHOTO);
  await clock.advance(60 * 60_000);
  const before = requests('list');
  await Promise.all(chat.get().messages.map(({ key }) => chat.refreshFile(key)));
  expect(requests('list') - before).toBe(1);
  for (const { file } of chat.get().messages) expect(file?.urlExpiresAt).toBeGreaterThan(clock.now());
});
