import { IDBFactory, IDBKeyRange } from 'fake-indexeddb';
import { expect, test, vi } from 'vitest';
import { openIndexedDb } from '../src/cache/indexeddb.ts';
import { MemoryCache } from '../src/cache/memory.ts';
import type { Cache } from '../src/index.ts';
import { settle, until, world } from '../testing/index.ts';
import { conforms } from './conformance.ts';

Object.assign(globalThis, { IDBKeyRange });

const maps = new Map<string, Map<string, unknown>>();
conforms('memory', async name => {
  const rows = maps.get(name) ?? new Map<string, unknown>();
  maps.set(name, rows);
  return new MemoryCache(rows);
});

const factory = new IDBFactory();
conforms('IndexedDB', name => openIndexedDb(name, factory));

test('data in IndexedDB survives the page', async () => {
  const first = await openIndexedDb('kept', factory);
  await first.transact([], () => [{ put: 'a', value: 'still here' }]);
  first.close();
  expect(await (await openIndexedDb('kept', factory)).range(['a', 'b'])).toEqual([['a', 'still here']]);
});

test('what is written while a page ends is there when the cache is next opened, unless it was replaced', async () => {
  const items = new Map<string, string>();
  const localStorage = {
    getItem: (key: string) => items.get(key) ?? null,
    setItem: (key: string, text: string) => void items.set(key, text),
    removeItem: (key: string) => void items.delete(key),
  };
  vi.stubGlobal('localStorage', localStorage);
  const open = () => openIndexedDb('left', factory);
  const rows = async () => (await open()).range(['a', 'z']);
  const first = await open();
  await first.transact([], () => [{ put: 'draft/1', value: 'ha' }]);
  first.leave?.({ put: 'draft/1', value: 'half' });
  // Another row does not replace it.
  await first.transact([], () => [{ put: 'b', value: 1 }, { drop: 'c' }]);
  expect(await rows()).toEqual([
    ['b', 1],
    ['draft/1', 'half'],
  ]);
  expect(items.size).toBe(0);
  // The page was not gone, and stored something newer.
  first.leave?.({ put: 'draft/1', value: 'half a' });
  await first.transact([], () => [{ put: 'draft/1', value: 'half a thought' }]);
  expect(await rows()).toContainEqual(['draft/1', 'half a thought']);
  first.leave?.({ put: 'draft/1', value: 'sent' });
  await first.transact([], () => [{ drop: 'draft/1' }]);
  expect(await rows()).toEqual([['b', 1]]);
  // Who signs out leaves nothing.
  first.leave?.({ put: 'draft/1', value: 'secret' });
  await first.transact([], () => [{ dropFrom: '', to: '\uffff' }]);
  expect([items.size, await rows()]).toEqual([0, []]);
  first.leave?.({ drop: 'draft/1' });
  vi.stubGlobal('localStorage', undefined);
  expect(await rows()).toEqual([]);
  vi.unstubAllGlobals();
});

test('a whole conversation works on IndexedDB, across a reload', async () => {
  const { server, device } = world();
  const phone = device();
  phone.openCache = name => openIndexedDb(name, factory);
  const first = phone.client('anna');
  const chat = first.jobline.conversation({ with: 'ben' });
  chat.open();
  await chat.send('Hello');
  await until(() => chat.get().messages[0]?.state.is === 'sent');
  expect(first.jobline.storage.get()).toEqual({ kind: 'durable' });
  first.tab.kill();
  const offline = phone.client('anna');
  offline.tab.set({ online: false });
  const again = offline.jobline.conversation({ with: 'ben' });
  again.open();
  await until(() => again.get().status === 'ready');
  expect(again.get().messages.map(({ text }) => text)).toEqual(['Hello']);
  expect(server.said('anna', 'ben')).toHaveLength(1);
});

test('a database of a later version is left unchanged, and memory is used', async () => {
  await new Promise<void>(resolve => {
    const request = factory.open('jobline::anna', 99);
    request.onsuccess = () => {
      request.result.close();
      resolve();
    };
  });
  const { device } = world();
  const phone = device();
  phone.openCache = name => openIndexedDb(name, factory);
  const { jobline } = phone.client('anna');
  await until(() => jobline.storage.get().kind === 'memory');
  expect(jobline.storage.get()).toEqual({ kind: 'memory', reason: 'unavailable' });
});

/** A cache that fails from the moment the test says so. */
function failing(name: string): { cache: Cache; fail: () => void; reads: () => void } {
  const inner = new MemoryCache();
  let [writes, reads] = [true, true];
  const broken = (): never => {
    throw Object.assign(new Error('No room.'), { name });
  };
  return {
    fail: () => {
      writes = false;
    },
    reads: () => {
      reads = false;
    },
    cache: {
      durable: true,
      range: async (...ranges) => (reads ? inner.range(...ranges) : broken()),
      transact: async (keys, decide) => (writes ? inner.transact(keys, decide) : broken()),
      close: () => inner.close(),
    },
  };
}

test('when the disk is full, the client continues in memory and the app can show that', async () => {
  const { clock, server, device } = world();
  const phone = device();
  const { cache, fail } = failing('QuotaExceededError');
  phone.openCache = async () => cache;
  const { jobline } = phone.client('anna');
  const chat = jobline.conversation({ with: 'ben' });
  chat.open();
  await chat.send('before');
  await settle();
  fail();
  await chat.send('after');
  await clock.advance(3000);
  expect(jobline.storage.get()).toEqual({ kind: 'memory', reason: 'quota' });
  expect(chat.get().messages.map(({ text, state }) => [text, state.is])).toEqual([
    ['before', 'sent'],
    ['after', 'sent'],
  ]);
  expect(server.said('anna', 'ben')).toHaveLength(2);
});

test('when the cache cannot be read, pending messages are not lost', async () => {
  const { clock, server, device } = world();
  const phone = device();
  const { cache, fail, reads } = failing('UnknownError');
  phone.openCache = async () => cache;
  const { tab, jobline } = phone.client('anna');
  tab.set({ online: false });
  const chat = jobline.conversation({ with: 'ben' });
  chat.open();
  await chat.send('written offline');
  fail();
  reads();
  tab.set({ online: true });
  await clock.advance(10_000);
  expect(jobline.storage.get()).toEqual({ kind: 'memory', reason: 'failed' });
  expect(server.said('anna', 'ben').map(({ content }) => content)).toEqual(['written offline']);
});

test('a cache that never opens is not waited for', async () => {
  const { clock, device } = world();
  const phone = device();
  phone.openCache = () => new Promise(() => undefined);
  const { jobline } = phone.client('anna');
  await clock.advance(5000);
  expect(jobline.storage.get()).toEqual({ kind: 'memory', reason: 'unavailable' });
  await jobline.ready;
});

test('a cache that stops answering is abandoned within seconds, and no pending message is lost', async () => {
  const { clock, server, device } = world();
  const phone = device();
  const { tab, jobline } = phone.client('anna');
  const chat = jobline.conversation({ with: 'ben' });
  chat.open();
  server.say('ben', 'anna', 'before');
  await clock.advance(3000);
  server.fault = ({ procedure }) => (procedure === 'put' ? 'offline' : undefined);
  const bytes = new Uint8Array([1, 2, 3, 4]).buffer;
  await chat.sendFile({ size: 4, type: 'image/png', name: 'a.png', arrayBuffer: async () => bytes });
  tab.cacheHangs = true;
  const text = chat.send('after');
  await clock.advance(9000);
  await text;
  expect(jobline.storage.get()).toEqual({ kind: 'memory', reason: 'failed' });
  // Earlier content is still shown, also in the list.
  expect(chat.get().messages.map(({ text }) => text)).toEqual(['before', '', 'after']);
  expect(jobline.conversations.get().items).toHaveLength(1);
  server.fault = () => undefined;
  await clock.advance(60_000);
  expect(server.said('anna', 'ben').map(({ content, fileSize }) => [content, fileSize])).toEqual([
    ['before', undefined],
    ['', 4],
    ['after', undefined],
  ]);
});

test('when the stored bytes of a photo cannot be read any more, those in memory are used', async () => {
  const { clock, server, device } = world();
  const phone = device();
  const { cache, fail, reads } = failing('UnknownError');
  phone.openCache = async () => cache;
  const { jobline } = phone.client('anna');
  const chat = jobline.conversation({ with: 'ben' });
  chat.open();
  server.fault = ({ procedure }) => (procedure === 'put' ? 'offline' : undefined);
  const bytes = new ArrayBuffer(8);
  await chat.sendFile({ size: 8, type: 'image/png', name: 'a.png', arrayBuffer: async () => bytes });
  await settle();
  fail();
  reads();
  server.fault = () => undefined;
  await clock.advance(60_000);
  expect(chat.get().messages.map(({ state }) => state.is)).toEqual(['sent']);
});

test('a message that was deleted after the disk was full does not come back with the next page', async () => {
  const { clock, server, device } = world();
  const phone = device();
  const { tab, jobline } = phone.client('anna');
  tab.set({ online: false });
  const chat = jobline.conversation({ with: 'ben' });
  chat.open();
  const unwanted = await chat.send('never mind');
  await clock.advance(1000);
  tab.cacheIsFull = true;
  await chat.send('kept in memory');
  expect(jobline.storage.get()).toEqual({ kind: 'memory', reason: 'quota' });
  expect(await chat.discard(unwanted)).toBe(true);
  await settle();
  tab.kill();
  const next = phone.client('anna').jobline.conversation({ with: 'ben' });
  next.open();
  await clock.advance(10_000);
  expect(server.said('anna', 'ben')).toEqual([]);
  expect(next.get().messages).toEqual([]);
});

test('signing out also empties a cache that failed before', async () => {
  const { clock, server, device } = world();
  const phone = device();
  const { tab, jobline } = phone.client('anna');
  const chat = jobline.conversation({ with: 'ben' });
  chat.open();
  server.say('ben', 'anna', 'secret');
  await clock.advance(3000);
  tab.cacheIsFull = true;
  await chat.send('more');
  await jobline.signOut();
  expect(phone.rows.get('jobline::anna')?.size ?? 0).toBe(0);
});

test('a tab that uses memory is signed out, too', async () => {
  const { clock, server, device } = world();
  const phone = device();
  const [first, second] = [phone.client('anna'), phone.client('anna')];
  const chat = second.jobline.conversation({ with: 'ben' });
  chat.open();
  server.say('ben', 'anna', 'secret');
  await clock.advance(6000);
  second.tab.cacheIsFull = true;
  await chat.send('more');
  await first.jobline.signOut();
  await settle();
  expect(chat.get().messages).toEqual([]);
});

test('when the leading tab loses its cache, the others continue without it', async () => {
  const { clock, server, device } = world();
  const phone = device();
  const [first, second] = [phone.client('anna'), phone.client('anna')];
  for (const { jobline } of [first, second]) jobline.conversation({ with: 'ben' }).open();
  await clock.advance(3000);
  first.tab.cacheIsFull = true;
  await first.jobline.conversation({ with: 'ben' }).send('one');
  await second.jobline.conversation({ with: 'ben' }).send('two');
  await clock.advance(10_000);
  expect(server.said('anna', 'ben').map(({ content }) => content)).toEqual(['one', 'two']);
});
