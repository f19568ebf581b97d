/** Who is shown as typing, and what is sent to the server when the user types. */

import { describe, expect, test } from 'vitest';
import { settle } from '../testing/index.ts';
import { last, offered } from './liveWorld.ts';

describe('typing', () => {
  test('of others is shown for 6 s, or until it ends or their message comes', async () => {
    const { server, clock, jobline } = offered();
    await clock.advance(100);
    const types = (userId: string, typing = true) =>
      last(server).tell({ op: 'typing', conversationId: 'conv_anna_ben', userId, typing });
    types('ben');
    await clock.advance(5900);
    expect(jobline.typing.get()).toEqual({ conv_anna_ben: ['ben'] });
    types('ben');
    await clock.advance(5900);
    expect(jobline.typing.get()).toEqual({ conv_anna_ben: ['ben'] });
    await clock.advance(200);
    expect(jobline.typing.get()).toEqual({});
    types('ben');
    types('cleo');
    await settle();
    expect(jobline.typing.get()).toEqual({ conv_anna_ben: ['ben', 'cleo'] });
    types('cleo', false);
    server.say('ben', 'anna', 'Here it is');
    await settle();
    expect(jobline.typing.get()).toEqual({});
  });

  test('of others continues when their earlier message arrives', async () => {
    const { server, clock, jobline } = offered();
    server.say('ben', 'anna', 'Before');
    await clock.advance(100);
    last(server).tell({ op: 'typing', conversationId: 'conv_anna_ben', userId: 'ben', typing: true });
    await settle();
    const told = last(server).said('have').length;
    server.reads('anna', 'ben');
    await settle();
    expect(last(server).said('have').length).toBeGreaterThan(told);
    expect(jobline.typing.get()).toEqual({ conv_anna_ben: ['ben'] });
  });

  test('is not shown any more when the connection is lost or the chat is closed', async () => {
    const { server, clock, chat, jobline } = offered();
    jobline.conversations.subscribe(() => undefined);
    await clock.advance(100);
    const types = () =>
      last(server).tell({ op: 'typing', conversationId: 'conv_anna_ben', userId: 'ben', typing: true });
    types();
    await settle();
    expect(jobline.typing.get()).not.toEqual({});
    last(server).cut();
    await settle();
    expect(Object.entries(jobline.typing.get())).toEqual([]);
    await clock.advance(6000);
    types();
    await settle();
    chat.close();
    expect(jobline.typing.get()).toEqual({});
  });

  test('of the user is sent at most every 3 s, and its end at once', async () => {
    const { server, clock, chat } = offered();
    await clock.advance(100);
    const said = () =>
      last(server)
        .said('typing')
        .map(({ typing }) => typing);
    for (let count = 0; count < 20; count += 1) {
      chat.setDraft('H'.repeat(count + 1));
      await clock.advance(300);
    }
    expect(said()).toEqual([true, true]);
    chat.setDraft('');
    await settle();
    expect(said()).toEqual([true, true, false]);
    chat.setDraft('again');
    await chat.send('again');
    await settle();
    expect(said()).toEqual([true, true, false, true, false]);
    chat.setDraft('and hidden');
    await settle();
    expect(said().at(-1)).toBe(true);
  });
});
