/** Clients on a server that offers live connections. */

import { type FakeLine, world } from '../testing/index.ts';

export const OFFER = { url: 'ws://server/messages/live', afterMs: 0 };

/** Anna with one tab and an open chat with Ben, on a server that offers live connections. */
export function offered() {
  const { server, clock, device } = world();
  server.live = OFFER;
  const phone = device();
  const { tab, jobline } = phone.client('anna');
  const chat = jobline.conversation({ with: 'ben' });
  chat.open();
  const polls = () => server.requests.filter(({ procedure }) => procedure === 'sync').length;
  const during = async (ms: number) => {
    const before = polls();
    await clock.advance(ms);
    return polls() - before;
  };
  return { server, clock, phone, tab, jobline, chat, polls, during };
}

export const texts = (chat: { get(): { messages: readonly { text: string }[] } }) =>
  chat.get().messages.map(({ text }) => text);
/** The connection that was opened last. */
export function last(server: { lines: readonly FakeLine[] }): FakeLine {
  const line = server.lines.at(-1);
  if (!line) throw new Error('No connection was opened.');
  return line;
}
export const open = (server: { lines: readonly FakeLine[] }) => server.lines.filter(line => line.isOpen);
