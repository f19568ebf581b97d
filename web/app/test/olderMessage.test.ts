import type { Timeline } from '@jobline/sdk';
import { expect, test } from 'vitest';
import { olderMessage } from '../src/views/olderMessage.ts';
import { message } from './make.ts';

/** A chat of `count` messages, of which the last 50 are here; `left` after so many pages. */
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

test('a message far up is found, page by page, and no page more is loaded', async () => {
  const { timeline, pages } = chat(5_000);
  expect(await olderMessage(timeline, 'message_20')).toBe('m20');
  expect(pages()).toBe(99);
});

test('nothing is loaded for a message that is here, and not more than there is for one that is gone', async () => {
  const { timeline, pages } = chat(200);
  expect(await olderMessage(timeline, 'message_180')).toBe('m180');
  expect(pages()).toBe(0);
  expect(await olderMessage(timeline, 'message_999')).toBeUndefined();
  expect(pages()).toBe(3);
});

test('once the chat was left nothing more is loaded', async () => {
  const { timeline, pages } = chat(5_000, 3);
  expect(await olderMessage(timeline, 'message_20')).toBeUndefined();
  expect(pages()).toBe(4);
});
