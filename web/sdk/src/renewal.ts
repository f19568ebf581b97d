/** Download URLs that have ended, and what else is learnt of messages that are here. */

import type { Core } from './core.ts';
import { fresher, pageOf } from './history.ts';
import type { Loaded } from './loaded.ts';
import { type MessageRow, messageKey } from './rows.ts';

/** Messages on each side of one whose URL is renewed that are asked for with it. */
const AROUND = 25;

/** What is being renewed, by session and page: many pictures may ask for the same page. */
const renewing = new WeakMap<Core, Map<string, Promise<void>>>();

/** The messages around `number` as the server has them now, with new URLs; kept where they are kept anyway. */
export function renew(core: Core, conversationId: string, loaded: Loaded, number: number): Promise<void> {
  // Steps of a page, so that neighbours ask for the same one.
  const step = Math.ceil(number / AROUND + 1) * AROUND;
  const before = loaded.at(step)?.message.id;
  const name = `${conversationId}/${before}`;
  const pages = renewing.get(core) ?? new Map<string, Promise<void>>();
  renewing.set(core, pages);
  const fetch = async () => keep(core, (await pageOf(core, conversationId, before)).rows);
  const page = pages.get(name) ?? fetch().finally(() => pages.delete(name));
  pages.set(name, page);
  return page;
}

/** Replaces messages where they are kept, and where they are shown. */
export async function keep(core: Core, rows: readonly MessageRow[]): Promise<void> {
  const keys = rows.map(({ message }) => messageKey(message.conversationId, message.number));
  await core.store.update('message', keys, (known, place) => {
    const row = rows[place];
    return known && row && fresher(known, row);
  });
  core.store.touch(rows);
}
