/** The clients of tRPC 10 and 11 as published on npm, each with every link, against a real server. */

import { createTRPCClient, httpBatchLink, httpBatchStreamLink, httpLink } from '@trpc/client';
import superjson from 'superjson';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Server } from '../../e2e/harness/server.ts';
import type { AppRouter } from '../../sdk/src/trpc.ts';
import { client as client10, type LinkName } from '../../trpc-10/index.ts';

const links = { httpLink, httpBatchLink, httpBatchStreamLink };

/** The requests of a client, and the responses. */
interface Seen {
  path: string;
  status: number;
}

interface Options {
  superjson?: boolean;
  methodOverride?: 'POST';
  seen?: Seen[];
}

function client11(url: string, token: string, link: LinkName, options: Options = {}) {
  const headers = { authorization: `Bearer ${token}` };
  const watched: typeof fetch = async (input, init) => {
    const response = await fetch(input, init);
    options.seen?.push({ path: new URL(String(input)).pathname, status: response.status });
    return response;
  };
  const { methodOverride } = options;
  const settings = { url, headers, fetch: watched as never, ...(methodOverride && { methodOverride }) };
  // The types of a link require a transformer or forbid one; the router accepts both.
  const made = options.superjson
    ? links[link]<AppRouter>({ ...settings, transformer: superjson })
    : links[link]<AppRouter>(settings);
  return createTRPCClient<AppRouter>({ links: [made] });
}

const versions = {
  10: (url: string, token: string, link: LinkName, options: Options = {}) =>
    client10(url, token, link, options.superjson ? superjson : undefined),
  11: client11,
};

let server: Server;
let jobs = 100;

beforeAll(async () => {
  server = await Server.start('--send-rate', '0');
});
afterAll(() => server.remove());

const url = () => `${server.url}/trpc`;

/** Two people who share an open job, with a token each. */
async function people() {
  const api = await server.api();
  const id = jobs++;
  const [a, b] = [`a${id}`, `b${id}`];
  await api.job(id, 'Paint', [a, b], 'open');
  return { b, conversationId: `conv_${a}_${b}`, tokenA: api.token(a), tokenB: api.token(b) };
}

type Version = keyof typeof versions;
const cases = ([10, 11] as const).flatMap(version =>
  (Object.keys(links) as LinkName[]).flatMap(link =>
    [false, true].map(json => [version, link, json] as [Version, LinkName, boolean]),
  ),
);

/** The code with which a call is refused. */
const refusal = (promise: Promise<unknown>) =>
  promise.then(
    () => expect.unreachable('the call is refused'),
    error => ({ message: error.message, ...error.data }),
  );

describe.each(cases)('tRPC %i, %s, superjson: %s', (version, link, json) => {
  const client = (token: string) => versions[version](url(), token, link, { superjson: json });

  test('sends, lists, and marks as read', async () => {
    const { b, conversationId, tokenA, tokenB } = await people();
    const [anna, ben] = [client(tokenA).messages, client(tokenB).messages];
    const sent = await anna.send.mutate({ receiverId: b, content: 'Grüße 👋', clientId: 'one' });
    expect(sent.conversationId).toBe(conversationId);
    const again = await anna.send.mutate({ receiverId: b, content: 'Grüße 👋', clientId: 'one' });
    expect(again.message.id).toBe(sent.message.id);
    const { messages } = await ben.list.query({ conversationId, limit: 10 });
    expect(messages.map(({ content }) => content)).toEqual(['Grüße 👋']);
    expect(await ben.markAsRead.mutate({ conversationId })).toEqual({ conversationId, unreadCount: 0 });
    // Without input, and with an undefined field.
    expect((await ben.sync.query()).messages).toHaveLength(1);
    expect((await ben.getConversations.query({ since: undefined })).conversations).toHaveLength(1);
  });

  test('a long poll is answered when something changes', async () => {
    const { b, tokenA, tokenB } = await people();
    const [anna, ben] = [client(tokenA).messages, client(tokenB).messages];
    const { cursor } = await ben.sync.query();
    const news = ben.sync.query({ since: cursor, wait: 25 });
    await anna.send.mutate({ receiverId: b, content: 'Are you there?' });
    expect((await news).messages.map(({ content }) => content)).toEqual(['Are you there?']);
  });

  test('each call of a batch has its own outcome', async () => {
    const { b, conversationId, tokenA } = await people();
    const { messages } = client(tokenA);
    const [first, refused, second] = await Promise.all([
      messages.send.mutate({ receiverId: b, content: '1' }),
      refusal(messages.send.mutate({ receiverId: 'stranger', content: '?' })),
      messages.send.mutate({ receiverId: b, content: '2' }),
    ]);
    expect([first.message.content, second.message.content]).toEqual(['1', '2']);
    expect(refused).toMatchObject({
      code: 'FORBIDDEN',
      httpStatus: 403,
      path: 'messages.send',
      reason: 'not_job_participant',
    });
    const [listed, lost, synced] = await Promise.all([
      messages.list.query({ conversationId }),
      refusal(messages.list.query({ conversationId: 'conv_x_y' })),
      messages.sync.query(),
    ]);
    expect([listed.messages.length, synced.messages.length]).toEqual([2, 2]);
    expect(lost).toMatchObject({ code: 'NOT_FOUND', httpStatus: 404, reason: 'not_found' });
  });

  test('a wrong token, wrong input and an unknown procedure are errors', async () => {
    const { tokenA } = await people();
    const stranger = client('no token').messages;
    const send = () => stranger.send.mutate({ receiverId: 'b', content: 'x' });
    for (const call of [() => stranger.sync.query(), send])
      expect(await refusal(call())).toMatchObject({
        code: 'UNAUTHORIZED',
        httpStatus: 401,
        reason: 'unauthenticated',
        message: expect.stringMatching(/\w/),
      });
    const { messages } = client(tokenA);
    // @ts-expect-error what only a program without types sends
    const wrong = messages.send.mutate({ receiverId: 'b', content: 5 });
    expect(await refusal(wrong)).toMatchObject({ reason: 'invalid_request', field: 'content' });
    const large = messages.send.mutate({ receiverId: 'b', content: 'x'.repeat(70_000) });
    expect(await refusal(large)).toMatchObject({ reason: 'payload_too_large', httpStatus: 413 });
    // biome-ignore lint/suspicious/noExplicitAny: a program without types.
    const unknown = (messages as any).nothing.query({});
    expect(await refusal(unknown)).toMatchObject({ code: 'NOT_FOUND', httpStatus: 404 });
  });
});

describe('tRPC 11', () => {
  test('a batch is one request, with 207 for mixed outcomes; a stream has 200', async () => {
    const { b, tokenA } = await people();
    for (const [link, status] of [['httpBatchLink', 207] as const, ['httpBatchStreamLink', 200] as const]) {
      const seen: Seen[] = [];
      const { messages } = client11(url(), tokenA, link, { seen });
      await Promise.all([
        messages.send.mutate({ receiverId: b, content: 'Hello' }),
        refusal(messages.send.mutate({ receiverId: 'stranger', content: '?' })),
      ]);
      expect(seen).toEqual([{ path: '/trpc/messages.send,messages.send', status }]);
    }
  });

  test('queries go by POST with methodOverride', async () => {
    const { b, conversationId, tokenA } = await people();
    for (const link of Object.keys(links) as LinkName[]) {
      const { messages } = client11(url(), tokenA, link, { methodOverride: 'POST', superjson: true });
      await messages.send.mutate({ receiverId: b, content: link });
      const { messages: listed } = await messages.list.query({ conversationId });
      expect(listed.at(-1)?.content).toBe(link);
      expect((await messages.sync.query()).messages.length).toBeGreaterThan(0);
    }
  });

  test.each(['httpBatchLink', 'httpBatchStreamLink'] as const)(
    '%s: more than 100 calls are refused, all of them',
    async link => {
      const { tokenA } = await people();
      const sync = (calls: number, superjson: boolean) => {
        const { messages } = client11(url(), tokenA, link, { superjson });
        return Array.from({ length: calls }, () => messages.sync.query());
      };
      expect(await Promise.all(sync(100, true))).toHaveLength(100);
      for (const superjson of [false, true]) {
        const refused = await Promise.all(sync(101, superjson).map(refusal));
        expect(refused).toHaveLength(101);
        for (const one of refused)
          expect(one).toMatchObject({
            reason: 'invalid_request',
            message: expect.stringMatching(/maxItems: 100/),
          });
      }
    },
  );
});
