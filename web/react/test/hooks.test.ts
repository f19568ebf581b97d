/** The hooks, each in a component, over a client whose server and clock are in memory. */

import type { Jobline } from '@jobline/sdk';
import { act, createElement, type ReactElement, StrictMode, version } from 'react';
import { createRoot, hydrateRoot } from 'react-dom/client';
import { renderToString } from 'react-dom/server';
import { afterEach, expect, test, vi } from 'vitest';
import { world } from '../../sdk/testing/index.ts';
import {
  type Chat,
  JoblineProvider,
  useConnection,
  useConversations,
  useDraft,
  useJobline,
  useMessages,
  usePresence,
  useTyping,
  useUnread,
} from '../src/index.ts';

Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true });
const over: (() => void)[] = [];
afterEach(() => {
  for (const end of over.splice(0)) act(end);
  vi.restoreAllMocks();
});

/** Mounts an element, twice as React does in development. */
function mount(element: ReactElement) {
  const root = createRoot(document.createElement('div'));
  const draw = (next: ReactElement) => act(() => root.render(createElement(StrictMode, null, next)));
  over.push(() => root.unmount());
  draw(element);
  return { draw, unmount: () => act(() => root.unmount()) };
}

/** The values that a hook returns in a component below a provider with this client, one for each render. */
function drawn<T>(client: Jobline, hook: () => T) {
  const seen: T[] = [];
  const Probe = () => {
    seen.push(hook());
    return null;
  };
  const at = (value: () => T) =>
    createElement(JoblineProvider, { client }, createElement(Probe, { value } as object));
  const mounted = mount(at(hook));
  return { ...mounted, seen, last: () => seen.at(-1) as T };
}

function annaAndBen() {
  const { server, clock, device } = world();
  const { jobline } = device().client('anna');
  over.push(() => jobline.dispose());
  const pass = (ms: number) => act(() => clock.advance(ms));
  return { server, clock, device, jobline, pass };
}

const texts = (chat: Chat) => chat.messages.map(({ text }) => text);

test('these tests run with the React that they name', () => {
  expect(version.split('.')[0]).toBe(process.env.REACT_MAJOR);
});

test('useMessages returns received and sent messages, and the same array until something changes', async () => {
  const { server, jobline, pass } = annaAndBen();
  const chat = drawn(jobline, () => useMessages({ with: 'ben', job: 7 }));
  expect(chat.seen[0]).toMatchObject({ status: 'loading', messages: [] });
  await pass(100);
  server.say('ben', 'anna', 'Hello');
  await pass(5000);
  expect(texts(chat.last())).toEqual(['Hello']);
  const before = chat.last();
  await act(() => before.send('Hi'));
  await pass(5000);
  expect(texts(chat.last())).toEqual(['Hello', 'Hi']);
  expect(chat.last().messages[0]).toBe(before.messages[0]);
  expect(chat.last().send).toBe(before.send);
  expect(chat.last().timeline).toBe(jobline.conversation({ with: 'ben', job: 7 }));
  await expect(before.send('  ')).rejects.toMatchObject({ problem: { code: 'content_empty' } });
});

test('a conversation is polled quickly while it is shown, and not when it is unmounted', async () => {
  const { server, jobline, pass } = annaAndBen();
  const polls = async (ms: number) => {
    const before = server.requests.filter(({ procedure }) => procedure === 'sync').length;
    await pass(ms);
    return server.requests.filter(({ procedure }) => procedure === 'sync').length - before;
  };
  const chat = drawn(jobline, () => useMessages('conv_anna_ben'));
  await pass(100);
  expect(await polls(30_000)).toBeGreaterThanOrEqual(9);
  chat.unmount();
  await pass(3000);
  expect(await polls(60_000)).toBe(0);
});

test('with the option messages are marked as read while the page is visible', async () => {
  const { server, jobline, pass } = annaAndBen();
  const visibility = vi.spyOn(document, 'visibilityState', 'get').mockReturnValue('hidden');
  const chat = drawn(jobline, () => useMessages({ with: 'ben' }, { markAsRead: true }));
  server.say('ben', 'anna', 'Hello');
  await pass(5000);
  expect(chat.last().messages[0]?.state.is).toBe('received');
  visibility.mockReturnValue('visible');
  act(() => void document.dispatchEvent(new Event('visibilitychange')));
  await pass(5000);
  expect(chat.last().messages[0]?.state.is).toBe('read');
  server.say('ben', 'anna', 'And?');
  await pass(5000);
  expect(chat.last()).toMatchObject({ unread: 0 });
});

test('without the option messages stay unread', async () => {
  const { server, jobline, pass } = annaAndBen();
  const chat = drawn(jobline, () => useMessages({ with: 'ben' }));
  server.say('ben', 'anna', 'Hello');
  await pass(10_000);
  expect(chat.last()).toMatchObject({ unread: 1 });
});

test('another conversation is shown as soon as its id is passed', async () => {
  const { server, jobline, pass } = annaAndBen();
  server.say('ben', 'anna', 'I am Ben');
  server.say('cleo', 'anna', 'I am Cleo');
  let other = 'ben';
  const chat = drawn(jobline, () => useMessages({ with: other }));
  await pass(5000);
  expect(texts(chat.last())).toEqual(['I am Ben']);
  other = 'cleo';
  chat.draw(
    createElement(JoblineProvider, { client: jobline }, createElement(Named, { other, seen: chat.seen })),
  );
  await pass(5000);
  expect(texts(chat.last())).toEqual(['I am Cleo']);
});

function Named({ other, seen }: { other: string; seen: Chat[] }) {
  seen.push(useMessages({ with: other }));
  return null;
}

test('useConversations, useUnread and useConnection', async () => {
  const { server, jobline, pass } = annaAndBen();
  const list = drawn(jobline, () => [useConversations(), useUnread(), useConnection().state] as const);
  expect(list.seen[0]).toEqual([{ status: 'loading', items: [] }, 0, 'connecting']);
  server.say('ben', 'anna', 'Hello');
  await pass(10_000);
  const [{ items }, unread, connection] = list.last();
  expect(items.map(({ person, preview }) => [person.name, preview?.text])).toEqual([['Ben Okafor', 'Hello']]);
  expect([unread, connection]).toEqual([1, 'online']);
});

test('useTyping and usePresence return what a live connection reports', async () => {
  const { server, jobline, pass } = annaAndBen();
  server.live = { url: 'ws://server/messages/live', afterMs: 0 };
  server.seen.set('ben', { state: 'online' });
  server.say('ben', 'anna', 'Hello');
  const both = drawn(jobline, () => {
    useConversations();
    useMessages({ with: 'ben' });
    return [useTyping({ with: 'ben' }), useTyping('conv_anna_cleo'), usePresence('ben')?.state] as const;
  });
  expect(both.seen[0]).toEqual([[], [], undefined]);
  await pass(5000);
  act(() =>
    server.lines.at(-1)?.tell({ op: 'typing', conversationId: 'conv_anna_ben', userId: 'ben', typing: true }),
  );
  await pass(100);
  expect(both.last()).toEqual([['ben'], [], 'online']);
});

test('useDraft keeps unsent text', async () => {
  const { jobline, pass } = annaAndBen();
  const draft = drawn(jobline, () => useDraft({ with: 'ben' }));
  await pass(100);
  act(() => draft.last()[1]('When can'));
  expect(draft.last()[0]).toBe('When can');
  draft.unmount();
  const again = drawn(jobline, () => useDraft({ with: 'ben' }));
  expect(again.last()[0]).toBe('When can');
});

test('the provider makes a client for the user, and another one for the next user', async () => {
  const { server } = annaAndBen();
  const asked: string[] = [];
  vi.spyOn(XMLHttpRequest.prototype, 'open').mockImplementation(
    (_method, url) => void asked.push(String(url)),
  );
  const seen: (Jobline | undefined)[] = [];
  const Probe = () => {
    seen.push(useJobline());
    useConversations();
    return null;
  };
  const of = (user: string) =>
    createElement(
      JoblineProvider,
      { baseUrl: 'https://chat.example.com', user, getToken: async () => server.token(user) },
      createElement(Probe),
    );
  const mounted = mount(of('anna'));
  await act(() => vi.waitFor(() => expect(asked[0]).toMatch(/^https:..chat.example.com.messages./)));
  const annas = seen.at(-1);
  expect(annas?.user.get()).toBe('anna');
  mounted.draw(of('anna'));
  expect(seen.at(-1)).toBe(annas);
  mounted.draw(of('ben'));
  expect(seen.at(-1)?.user.get()).toBe('ben');
});

test('rendered on a server everything is loading, and hydration continues from there', async () => {
  const { server, jobline, pass } = annaAndBen();
  server.say('ben', 'anna', 'Hello');
  function Page() {
    const { items } = useConversations();
    const { messages } = useMessages({ with: 'ben' });
    return createElement('p', null, `${items.length} chats, ${messages.length} messages`);
  }
  const page = createElement(JoblineProvider, { client: jobline }, createElement(Page));
  const container = document.createElement('div');
  container.innerHTML = renderToString(page);
  expect(container.textContent).toBe('0 chats, 0 messages');
  const faults = vi.spyOn(console, 'error');
  act(() => {
    const root = hydrateRoot(container, page);
    over.push(() => root.unmount());
  });
  await pass(10_000);
  expect(container.textContent).toBe('1 chats, 1 messages');
  expect(faults).not.toHaveBeenCalled();
});

test('sending is refused as long as the user is not known', async () => {
  let chat: Chat | undefined;
  function Page() {
    chat = useMessages({ with: 'ben' });
    return null;
  }
  mount(createElement(Page));
  await expect(chat?.send('Hello')).rejects.toThrow(/user is not known yet/);
});
