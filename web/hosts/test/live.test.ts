/** Live connections with independent clients: `ws` of npm sends typing to `wsproto` of PyPI. */

import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, expect, test } from 'vitest';
import WebSocket from 'ws';
import type { Api } from '../../e2e/harness/api.ts';
import { Server } from '../../e2e/harness/server.ts';
import { PYTHON } from './guide.ts';

type Frame = Readonly<Record<string, unknown>> & { readonly op: string };
const CONVERSATION = 'conv_anna_ben';
let server: Server;
let api: Api;

beforeAll(async () => {
  server = await Server.start('--live', 'on');
  api = await server.api();
  await api.job(7, 'Paint', ['anna', 'ben'], 'open');
});
afterAll(() => server.remove());

/** Anna, with `ws`. */
class Anna {
  readonly socket: WebSocket;
  readonly closed: Promise<number>;
  readonly #frames: Frame[] = [];
  #heard = (): void => undefined;

  constructor() {
    const url = `${server.url.replace('http', 'ws')}/messages/live`;
    this.socket = new WebSocket(url, ['jobline.v1', `bearer.${api.token('anna')}`]);
    this.closed = new Promise(resolve => this.socket.once('close', resolve));
    this.socket.on('message', (data, isBinary) => {
      expect(isBinary).toBe(false);
      this.#frames.push(JSON.parse(String(data)));
      this.#heard();
    });
  }

  say(frame: Frame): void {
    this.socket.send(JSON.stringify(frame));
  }

  /** The next frame of that kind; those before it are dropped. */
  async hear(op: string): Promise<Frame> {
    for (;;) {
      const frame = this.#frames.shift();
      if (frame?.op === op) return frame;
      if (!frame) await new Promise<void>(resolve => (this.#heard = resolve));
    }
  }

  /** The last message that was pushed, once there is one. */
  async message(): Promise<Frame> {
    for (;;) {
      const synced = await this.hear('synced');
      this.say({ op: 'have', since: synced.cursor });
      const message = (synced.messages as Frame[]).at(-1);
      if (message) return message;
    }
  }
}

/** Ben, with `wsproto`, which prints a line at each step that it has reached. */
function ben() {
  const program = spawn(`${PYTHON}/bin/python`, [new URL('live.py', import.meta.url).pathname], {
    env: { ADDRESS: new URL(server.url).host, TOKEN: api.token('ben'), NEXT_TOKEN: api.token('ben', 7200) },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines = createInterface(program.stdout)[Symbol.asyncIterator]();
  return async () => (await lines.next()).value as string | undefined;
}

test('the clients ws and wsproto hold a conversation, and learn that the server stops', async () => {
  const anna = new Anna();
  await new Promise(resolve => anna.socket.once('open', resolve));
  expect([anna.socket.protocol, anna.socket.extensions]).toEqual(['jobline.v1', '']);
  anna.say({ op: 'start', watch: CONVERSATION });
  expect(await anna.hear('ready')).toMatchObject({ heartbeatMs: 25_000 });
  anna.say({ op: 'have', since: (await anna.hear('synced')).cursor });
  const pong = new Promise(resolve => anna.socket.once('pong', data => resolve(String(data))));
  anna.socket.ping('Are you there?');
  expect(await pong).toBe('Are you there?');
  anna.say({ op: 'ping' });
  await anna.hear('pong');
  anna.say({ op: 'token', token: api.token('anna', 7200) });

  const says = ben();
  expect(await says()).toBe('ready');
  expect(await anna.hear('typing')).toMatchObject({
    conversationId: CONVERSATION,
    userId: 'ben',
    typing: true,
  });
  await api.say('anna', 'ben', 'Hello');
  expect(await says()).toBe('hello');
  const seen = [await anna.message(), await anna.message()];
  expect(seen.map(({ content, status }) => [content, status])).toEqual([
    ['Hello', 'sent'],
    ['Hello', 'delivered'],
  ]);

  await server.stop();
  expect(await anna.hear('bye')).toMatchObject({ reason: 'stopping' });
  expect(await anna.closed).toBe(1001);
  expect(await says()).toBe('bye');
});
