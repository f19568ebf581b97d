import { expect, test } from 'vitest';
import { MemoryCache } from '../src/cache/memory.ts';
import type { Timeline, Write } from '../src/index.ts';
import { type Fault, settle, world } from '../testing/index.ts';

const states = (chat: Timeline) => chat.get().messages.map(({ text, state }) => [text, state.is]);

function anna(seed = 1) {
  const { server, clock, device } = world(seed);
  const phone = device();
  const { tab, jobline } = phone.client('anna');
  const chat = jobline.conversation({ with: 'ben', job: 7 });
  chat.open();
  return { server, clock, phone, tab, jobline, chat };
}

test('messages written during days offline are sent in order, and only once', async () => {
  const { server, clock, phone, tab, chat } = anna();
  tab.set({ online: false });
  for (const text of ['one', 'two', 'three']) await chat.send(text);
  expect(states(chat).map(([, state]) => state)).toEqual(['queued', 'queued', 'queued']);
  await clock.advance(3 * 86_400_000);
  tab.kill();
  const later = phone.client('anna').jobline.conversation({ with: 'ben' });
  later.open();
  await clock.advance(3000);
  expect(states(later)).toEqual([
    ['one', 'sent'],
    ['two', 'sent'],
    ['three', 'sent'],
  ]);
  expect(server.said('anna', 'ben').map(({ content }) => content)).toEqual(['one', 'two', 'three']);
});

test('a repeated send after a lost answer returns the same message', async () => {
  const { server, clock, chat } = anna();
  let first = true;
  server.fault = ({ procedure }): Fault | undefined => {
    if (procedure !== 'send' || !first) return undefined;
    first = false;
    return 'lost';
  };
  await chat.send('once');
  await clock.advance(5000);
  expect(states(chat)).toEqual([['once', 'sent']]);
  expect(server.said('anna', 'ben')).toHaveLength(1);
});

test('after a long outage pending messages are sent with the first poll that is answered', async () => {
  const { server, clock, chat } = anna();
  await clock.advance(3000);
  server.fault = (): Fault => 'offline';
  await chat.send('through the outage');
  await clock.advance(10 * 60_000);
  let polls = 0;
  server.fault = ({ procedure }): Fault | undefined => {
    if (procedure === 'sync') polls += 1;
    return procedure === 'sync' || polls > 0 ? undefined : 'offline';
  };
  while (polls === 0) await clock.advance(100);
  await clock.advance(100);
  expect(states(chat)).toEqual([['through the outage', 'sent']]);
});

test('a message keeps its key from sending until it is read', async () => {
  const { server, clock, chat } = anna();
  const keys = new Set<string | undefined>();
  chat.subscribe(() => keys.add(chat.get().messages[0]?.key));
  await chat.send('Hello');
  await clock.advance(3000);
  server.reads('ben', 'anna');
  await clock.advance(3000);
  expect(states(chat)).toEqual([['Hello', 'read']]);
  keys.delete(undefined);
  expect(keys.size).toBe(1);
});

test('a refused message shows its reason, lets others pass, and can be edited, retried or deleted', async () => {
  const { server, clock, jobline, chat } = anna();
  await chat.send('first');
  await clock.advance(1000);
  server.job(7, ['anna', 'ben'], 'closed');
  const refused = await chat.send('too late');
  await clock.advance(3000);
  const state = chat.get().messages[1]?.state;
  expect(state?.is === 'failed' && state.problem.code).toBe('job_closed');
  expect([chat.get().canWrite, chat.get().reason]).toEqual([false, 'job_closed']);
  expect(jobline.conversations.get().items[0]).toMatchObject({ failed: 1, pending: 0 });
  server.job(7, ['anna', 'ben'], 'open');
  await clock.advance(3000);
  expect(chat.get().canWrite).toBe(true);
  await chat.rewrite(refused, 'in time');
  await clock.advance(1000);
  expect(states(chat)).toEqual([
    ['first', 'sent'],
    ['in time', 'sent'],
  ]);
  server.job(7, ['anna', 'ben'], 'closed');
  const gone = await chat.send('never');
  await clock.advance(1000);
  expect(await chat.discard(gone)).toBe(true);
  expect(states(chat)).toHaveLength(2);
  await expect(chat.retry(gone)).rejects.toMatchObject({ problem: { code: 'not_found' } });
});

test('a retried message comes after later ones, as on the server', async () => {
  const { server, clock, chat } = anna();
  server.job(7, ['anna', 'ben'], 'closed');
  const first = await chat.send('first');
  await clock.advance(1000);
  server.job(7, ['anna', 'ben'], 'open');
  await chat.send('second');
  await chat.retry(first);
  await clock.advance(3000);
  expect(states(chat)).toEqual([
    ['second', 'sent'],
    ['first', 'sent'],
  ]);
});

test('a rate-limited message waits, and shows it', async () => {
  const { server, clock, chat } = anna();
  server.sendRate = 10;
  for (let n = 1; n <= 12; n += 1) await chat.send(`message ${n}`);
  await settle();
  const waiting = chat.get().messages[10]?.state;
  expect(waiting).toEqual({ is: 'waiting', until: clock.now() + 6000 });
  expect(chat.get().messages[11]?.state.is).toBe('waiting');
  await clock.advance(6000);
  expect(chat.get().messages[10]?.state.is).toBe('sent');
  await clock.advance(6000);
  expect(server.said('anna', 'ben').map(({ content }) => content)).toEqual(
    Array.from({ length: 12 }, (_, n) => `message ${n + 1}`),
  );
});

test('requests are repeated until a failing server answers', async () => {
  const { server, clock, chat } = anna();
  server.fault = ({ procedure }) => (procedure === 'send' ? { status: 500 } : undefined);
  await chat.send('patience');
  await clock.advance(10 * 60_000);
  expect(states(chat)).toEqual([['patience', 'queued']]);
  server.fault = () => undefined;
  await clock.advance(60_000);
  expect(states(chat)).toEqual([['patience', 'sent']]);
});

test('invalid text is refused before anything is stored', async () => {
  const { chat } = anna();
  await expect(chat.send(' \n ')).rejects.toMatchObject({ problem: { code: 'content_empty' } });
  await expect(chat.send('x'.repeat(2001))).rejects.toMatchObject({ problem: { code: 'content_too_long' } });
  await chat.send('👍'.repeat(2000));
  expect(chat.get().messages).toHaveLength(1);
});

test('text is normalized as in the contract: line feeds only, no control characters', async () => {
  const { server, clock, chat } = anna();
  await chat.send('a\r\nb\rc\u0000\u0007\td \ud83d');
  await clock.advance(1000);
  expect(server.said('anna', 'ben')[0]?.content).toBe('a\nb\nc\td \ufffd');
});

test('a draft is stored, appears in other tabs, and is deleted once it is sent', async () => {
  const { clock, phone, tab, chat } = anna();
  chat.setDraft('Good morn');
  await clock.advance(300);
  const second = phone.client('anna').jobline.conversation({ with: 'ben' });
  second.open();
  await settle();
  expect(second.draft.get()).toBe('Good morn');
  chat.setDraft('Good morning');
  await chat.send('Good morning');
  expect(chat.draft.get()).toBe('');
  await settle();
  expect(second.draft.get()).toBe('');
  chat.setDraft('half a');
  tab.happen('leave');
  await settle();
  tab.kill();
  const later = phone.client('anna').jobline.conversation({ with: 'ben' });
  later.open();
  await settle();
  expect(later.draft.get()).toBe('half a');
});

test('text that is typed while the previous message is being stored stays the draft', async () => {
  const { phone, chat } = anna();
  chat.setDraft('Hello');
  const sent = chat.send('Hello');
  chat.setDraft('When can you come?');
  await sent;
  expect(chat.draft.get()).toBe('When can you come?');
  chat.close();
  await settle();
  const second = phone.client('anna').jobline.conversation({ with: 'ben' });
  second.open();
  await settle();
  expect(second.draft.get()).toBe('When can you come?');
});

test('sent text is not stored as a draft again, however late the draft was due', async () => {
  const { phone, tab, chat } = anna();
  chat.setDraft('Hello');
  const sent = chat.send('Hello');
  // After the message is stored, which deletes the draft.
  tab.happen('leave');
  await sent;
  await settle();
  const second = phone.client('anna').jobline.conversation({ with: 'ben' });
  second.open();
  await settle();
  expect([chat.draft.get(), second.draft.get()]).toEqual(['', '']);
});

test('a draft that is typed right before its page is gone is stored', async () => {
  const { clock, device } = world();
  const phone = device();
  const rows = new Map<string, unknown>();
  let left: Write | undefined;
  let isGone = false;
  // As in browsers: a transaction may end with its page, what is written on leaving does not.
  phone.openCache = async () => {
    const cache = new MemoryCache(rows);
    const write = left;
    if (write) await cache.transact([], () => [write]);
    return {
      durable: true,
      range: (...ranges) => cache.range(...ranges),
      transact: (keys, decide) => (isGone ? new Promise(() => undefined) : cache.transact(keys, decide)),
      leave: write => {
        left = write;
      },
      close: () => cache.close(),
    };
  };
  /** What is stored after a page that ends `waited` ms after `text` was typed. */
  const stored = async (text: string, waited: number) => {
    const first = phone.client('anna');
    await settle();
    first.jobline.conversation({ with: 'ben' }).setDraft(text);
    isGone = true;
    await clock.advance(waited);
    first.tab.happen('leave');
    await settle();
    first.tab.kill();
    isGone = false;
    const second = phone.client('anna');
    await settle();
    const draft = second.jobline.conversation({ with: 'ben' }).draft.get();
    second.tab.kill();
    return draft;
  };
  // After 300 ms it is being stored; before, nothing has begun.
  expect(await stored('Half', 0)).toBe('Half');
  expect(await stored('Half a thought', 300)).toBe('Half a thought');
  // What was typed and deleted again does not come back.
  expect(await stored('', 0)).toBe('');
});

test('a draft that is being stored is not replaced by the one stored before', async () => {
  const { tab, chat } = anna();
  await settle();
  const drafts: string[] = [];
  chat.draft.subscribe(() => drafts.push(chat.draft.get()));
  const sent = chat.send('Hello');
  chat.setDraft('Half a thought');
  // It is stored at once after the message, whose row is shown in between.
  tab.happen('leave');
  await sent;
  await settle();
  expect(drafts).toEqual(['Half a thought']);
});

test('a first message creates the conversation', async () => {
  const { server, clock, device } = world();
  const { jobline } = device().client('cleo');
  jobline.conversations.subscribe(() => undefined);
  const chat = jobline.conversation({ with: 'ben', job: 7 });
  chat.open();
  await settle();
  expect(chat.get()).toMatchObject({ status: 'ready', messages: [], hasOlder: false, canWrite: true });
  await chat.send('Hello Ben');
  expect(jobline.conversations.get().items).toMatchObject([{ person: { id: 'ben' }, pending: 1 }]);
  await clock.advance(3000);
  expect(jobline.conversations.get().items).toMatchObject([
    {
      person: { name: 'Ben Okafor' },
      job: { title: 'Kitchen renovation' },
      pending: 0,
      preview: { mine: true },
    },
  ]);
  expect(server.said('cleo', 'ben')).toHaveLength(1);
});
