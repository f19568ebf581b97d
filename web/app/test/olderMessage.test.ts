import type { Timeline } from '@jobline/sdk';
import { expect, test } from 'vitest';
import { olderMessage } from '../src/views/olderMessage.ts';
import { message } from './make.ts';

/** A chat of `count` messages, of which the last 50 are loaded; it is left after this many pages. */
function chat(count: number, left = Number.POSITIVE_INFINITY) {
  const all = Array.from({ length: count }, (_, place) => message(place + 1));
  let pages = 0;
  let here = 50;
  const timeline = {
    get: () => ({ messages: all.slice(-here), hasOlder: here < count, loadingOlder: false }),
    loadOlder: async () => {
      pages += 1;
      here = pages > left ? 50 : Math.min(count, here + 50);
    },
  } as unknown as Timeline;
  return { timeline, pages: () => pages };
}

test('a message far up is found page by page, and no further page is loaded', async () => {
  const { timeline, pages } = chat(5_000);
  expect(await olderMessage(timeline, 'message_20')).toBe('m20');
  expect(pages()).toBe(99);
});

test('no page is loaded for a message that is already loaded, and only existing ones for a message that is gone', async () => {
  const { timeline, pages } = chat(200);
  expect(await olderMessage(timeline, 'message_180')).toBe('m180');
  expect(pages()).toBe(0);
  expect(await olderMessage(timeline, 'message_999')).toBeUndefined();
  expect(pages()).toBe(3);
});

test('nothing more is loaded once the chat was left', async () => {
  const { timeline, pages } = chat(5_000, 3);
  expect(await olderMessage(timeline, 'message_20')).toBeUndefined();
  expect(pages()).toBe(4);
});
