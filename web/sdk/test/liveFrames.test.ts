/** Frames of a live connection that are lost, repeated, late or damaged. */

import { describe, expect, test } from 'vitest';
import { settle } from '../testing/index.ts';
import { last, offered, open, texts } from './liveWorld.ts';

describe('frames', () => {
  test('that are lost: the server closes the connection, and a poll brings their content', async () => {
    const { server, clock, chat } = offered();
    await clock.advance(100);
    last(server).way = text => (text.includes('"op":"synced"') ? [] : [text]);
    server.say('ben', 'anna', 'Lost');
    await clock.advance(29_000);
    expect(texts(chat)).toEqual([]);
    await clock.advance(5000);
    expect(texts(chat)).toEqual(['Lost']);
  });

  test('that come twice are applied once', async () => {
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

  test('that come after a faster poll change nothing', async () => {
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

  test('that are repeated long afterwards change nothing', async () => {
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

  test('that are truncated end the connection, and a poll brings their content', async () => {
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

  test('that are inconsistent end the connection, and nothing of them is stored', async () => {
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

  test('a poke causes a poll, and another one that proves the delivery', async () => {
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

  test('while frames may be delayed the client polls as often as the server asks for', async () => {
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

test('200 messages while the connection is cut again and again: none missing, duplicated or out of order', async () => {
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
  // More than a page came at once: the chat shows the newest messages, and the others are loaded as older
  // ones.
  while (chat.get().hasOlder) await chat.loadOlder();
  expect(texts(chat)).toEqual(all);
  expect(open(server)).toHaveLength(1);
});
