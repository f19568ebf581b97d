/** Proxies between a device and the server that answer in its place. */

import { expect, test } from 'vitest';
import { type Fault, type Seen, world } from '../testing/index.ts';

function anna() {
  const { server, clock, device } = world();
  const { tab, jobline } = device().client('anna');
  const chat = jobline.conversation({ with: 'ben' });
  chat.open();
  const states = () => chat.get().messages.map(({ text, state }) => [text, state.is]);
  return { server, clock, tab, jobline, chat, states };
}

/** A proxy that answers HTML to messages with this text. */
const refusing =
  (text: string, status: number) =>
  ({ procedure, input }: Seen): Fault | undefined =>
    procedure === 'send' && input.content === text ? { status } : undefined;

for (const status of [200, 400, 403, 404, 413]) {
  test(`a message that a proxy answers with ${status} is shown as not sent, with the reason, and delays no other`, async () => {
    const { server, clock, jobline, chat, states } = anna();
    server.fault = refusing('DROP TABLE', status);
    const other = jobline.conversation({ with: 'cleo' });
    const refused = await chat.send('DROP TABLE');
    await chat.send('behind it');
    await clock.advance(1000);
    await other.send('elsewhere');
    await clock.advance(100);
    // The other chat does not wait.
    expect(server.said('anna', 'cleo').map(({ content }) => content)).toEqual(['elsewhere']);
    expect(states()[0]).toEqual(['DROP TABLE', 'queued']);
    await clock.advance(60_000);
    expect(states()).toEqual([
      ['behind it', 'sent'],
      ['DROP TABLE', 'failed'],
    ]);
    expect(chat.get().messages[1]?.state).toMatchObject({ problem: { code: 'proxy_refused', status } });
    server.fault = () => undefined;
    await chat.retry(refused);
    await clock.advance(3000);
    expect(states()).toEqual([
      ['behind it', 'sent'],
      ['DROP TABLE', 'sent'],
    ]);
  });
}

test('while a proxy answers everything in place of the server, no message counts as refused', async () => {
  const { server, clock, chat, states } = anna();
  await clock.advance(3000);
  server.fault = () => ({ status: 403 });
  await chat.send('in the train');
  await clock.advance(3 * 60 * 60_000);
  expect(states()).toEqual([['in the train', 'queued']]);
  server.fault = () => undefined;
  await clock.advance(60_000);
  expect(states()).toEqual([['in the train', 'sent']]);
  expect(server.said('anna', 'ben')).toHaveLength(1);
});

test('the same with no conversation open', async () => {
  const { server, clock, chat, states } = anna();
  chat.close();
  server.fault = () => ({ status: 403 });
  await chat.send('in the train');
  await clock.advance(60 * 60_000);
  expect(states()).toEqual([['in the train', 'queued']]);
});

for (const status of [500, 501]) {
  test(`a message at which the server fails with ${status} for a quarter of an hour is shown as not sent, and no longer blocks its chat`, async () => {
    const { server, clock, chat, states } = anna();
    server.fault = refusing('too much', status);
    const refused = await chat.send('too much');
    await chat.send('behind it');
    await clock.advance(14 * 60_000);
    expect(states()).toEqual([
      ['too much', 'queued'],
      ['behind it', 'queued'],
    ]);
    await clock.advance(3 * 60_000);
    expect(states()).toEqual([
      ['behind it', 'sent'],
      ['too much', 'failed'],
    ]);
    server.fault = () => undefined;
    await chat.retry(refused);
    await clock.advance(3000);
    expect(states()[1]).toEqual(['too much', 'sent']);
  });
}

for (const status of [502, 503, 504, 522]) {
  test(`a message that meets ${status} again and again is retried later`, async () => {
    const { server, clock, chat, states } = anna();
    server.fault = refusing('through a tunnel', status);
    await chat.send('through a tunnel');
    await clock.advance(30 * 60_000);
    expect(states()).toEqual([['through a tunnel', 'queued']]);
    server.fault = () => undefined;
    await clock.advance(60_000);
    expect(states()).toEqual([['through a tunnel', 'sent']]);
  });
}

test('JSON of a proxy is not a problem of the server', async () => {
  const { server, clock, tab, chat, states } = anna();
  let first = true;
  server.fault = ({ procedure }): Fault | undefined => {
    if (procedure !== 'send' || !first) return undefined;
    first = false;
    return { status: 403, body: '{"code":1020,"detail":"Access denied","status":403}' };
  };
  await chat.send('Hello');
  await clock.advance(5000);
  expect(states()).toEqual([['Hello', 'sent']]);
  tab.kill();
});

test('read positions of one chat are reported though a proxy refuses those of another', async () => {
  const { server, clock, jobline, chat } = anna();
  server.say('ben', 'anna', 'one');
  server.say('cleo', 'anna', 'two');
  server.fault = ({ procedure, input }): Fault | undefined =>
    procedure === 'markAsRead' && input.conversationId === 'conv_anna_ben' ? { status: 403 } : undefined;
  const other = jobline.conversation({ with: 'cleo' });
  other.open();
  await clock.advance(3000);
  chat.markAsRead();
  other.markAsRead();
  await clock.advance(1000);
  expect(server.said('anna', 'cleo')[0]?.status).toBe('read');
});

test('a photo that cannot be uploaded lets later messages go first, and is sent later', async () => {
  const { server, clock, chat, states } = anna();
  server.fault = ({ procedure }): Fault | undefined => (procedure === 'put' ? 'offline' : undefined);
  await chat.sendFile(
    { size: 10, type: 'image/png', name: 'a.png', arrayBuffer: async () => new ArrayBuffer(10) },
    { text: 'photo' },
  );
  await chat.send('text');
  await clock.advance(30_000);
  expect(states().map(([, state]) => state)).not.toContain('sent');
  await clock.advance(3 * 60_000);
  expect(states()).toEqual([
    ['text', 'sent'],
    ['photo', 'queued'],
  ]);
  server.fault = () => undefined;
  await clock.advance(60_000);
  expect(states()).toEqual([
    ['text', 'sent'],
    ['photo', 'sent'],
  ]);
});

test('if an earlier attempt with another upload was stored, it is the message', async () => {
  const { server, clock, chat, states } = anna();
  let first = true;
  server.fault = ({ procedure }): Fault | undefined => {
    if (procedure !== 'send' || !first) return undefined;
    first = false;
    return { status: 409, code: 'client_id_reused' };
  };
  await chat.send('Hello');
  await clock.advance(5000);
  // The server of this test does not have it; the test is that it is not shown as refused.
  expect(states()).toEqual([]);
});
