/** What every cache engine promises. */

import { expect, test } from 'vitest';
import type { Cache } from '../src/index.ts';

const get = async (cache: Cache, key: string) => (await cache.range([key, `${key}\0`]))[0]?.[1];

/** `open` opens the same data each time it is called with the same name. */
export function conforms(engine: string, open: (name: string) => Promise<Cache>): void {
  let names = 0;
  const named = (what: string, run: (cache: Cache, name: string) => Promise<void>) =>
    test(`${engine}: ${what}`, async () => {
      names += 1;
      const name = `${engine}-${names}`;
      const cache = await open(name);
      await run(cache, name);
      cache.close();
    });

  named('a row that was never written is undefined', async cache => {
    expect(await get(cache, 'a')).toBeUndefined();
    expect(await cache.range(['', '\uffff'])).toEqual([]);
  });

  named('what is written is there, numbers, nested data and bytes alike', async cache => {
    const value = { n: 1, list: ['ä', { deep: true }], bytes: new Uint8Array([1, 2, 255]).buffer };
    await cache.transact([], () => [{ put: 'a', value }]);
    expect(await get(cache, 'a')).toEqual(value);
  });

  named('a range is ordered by key, includes its beginning and excludes its end', async cache => {
    await cache.transact([], () => ['m/2', 'm/10', 'm/1', 'n/1', 'l/9'].map(put => ({ put, value: put })));
    expect((await cache.range(['m/', 'm0'])).map(([key]) => key)).toEqual(['m/1', 'm/10', 'm/2']);
    expect((await cache.range(['m/1', 'm/2'])).map(([, value]) => value)).toEqual(['m/1', 'm/10']);
  });

  named('several ranges come one after another, as they were at one instant', async cache => {
    const write = (value: number) =>
      cache.transact([], () => ['a/1', 'm/1', 'm/2', 'z'].map(put => ({ put, value })));
    await write(1);
    const [rows] = await Promise.all([
      cache.range(['z', 'z\0'], ['m/', 'm0'], ['a/', 'a0'], ['x', 'y']),
      write(2),
    ]);
    expect(rows.map(([key]) => key)).toEqual(['z', 'm/1', 'm/2', 'a/1']);
    expect(new Set(rows.map(([, value]) => value)).size).toBe(1);
  });

  named(
    'a transaction sees rows in the order in which it asked, and what was written before',
    async cache => {
      await cache.transact([], () => [
        { put: 'a', value: 1 },
        { put: 'b', value: 2 },
      ]);
      let seen: readonly unknown[] = [];
      await cache.transact(['b', 'none', 'a'], rows => {
        seen = [...rows];
        return undefined;
      });
      expect(seen).toEqual([2, undefined, 1]);
    },
  );

  named('writes take effect in their order, drops and dropped ranges included', async cache => {
    await cache.transact([], () => ['m/1', 'm/2', 'm/3', 'n'].map(put => ({ put, value: 0 })));
    await cache.transact([], () => [
      { dropFrom: 'm/', to: 'm/3' },
      { put: 'm/2', value: 'new' },
      { drop: 'n' },
      { drop: 'never' },
    ]);
    expect(await cache.range(['', '\uffff'])).toEqual([
      ['m/2', 'new'],
      ['m/3', 0],
    ]);
  });

  named('undefined writes nothing', async cache => {
    await cache.transact(['a'], () => undefined);
    expect(await cache.range(['', '\uffff'])).toEqual([]);
  });

  named('a decision that throws writes nothing and is heard', async cache => {
    await expect(
      cache.transact(['a'], () => {
        throw new Error('no');
      }),
    ).rejects.toThrow('no');
    expect(await cache.range(['', '\uffff'])).toEqual([]);
  });

  named('no transaction comes between reading and writing', async (cache, name) => {
    const other = await open(name);
    const add = (to: Cache) =>
      to.transact(['sum'], ([sum]) => [{ put: 'sum', value: ((sum as number | undefined) ?? 0) + 1 }]);
    await Promise.all(Array.from({ length: 20 }, (_, index) => add(index % 2 ? cache : other)));
    expect(await get(cache, 'sum')).toBe(20);
    other.close();
  });

  named('names are worlds of their own', async (cache, name) => {
    const other = await open(`${name}-other`);
    await cache.transact([], () => [{ put: 'a', value: 1 }]);
    expect(await get(other, 'a')).toBeUndefined();
    other.close();
  });

  named('a closed cache rejects', async cache => {
    cache.close();
    await expect(get(cache, 'a')).rejects.toThrow();
    await expect((async () => cache.transact([], () => [{ put: 'a', value: 1 }]))()).rejects.toThrow();
  });
}
