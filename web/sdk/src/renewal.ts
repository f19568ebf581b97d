/** Renews expired download URLs, and updates the messages that come with them. */

import type { Core } from './core.ts';
import { fresher, pageOf } from './history.ts';
import type { LoadedMessages } from './loaded.ts';
import { type MessageRow, messageKey } from './rows.ts';

/** How many messages before and after the one with the expired URL are requested with it. */
const AROUND = 25;

/** Running renewals, by session and page: many pictures may ask for the same page. */
const renewing = new WeakMap<Core, Map<string, Promise<void>>>();

/** Fetches the messages around `number` with new URLs, and updates them where they are stored. */
export function renew(
  core: Core,
  conversationId: string,
  loaded: LoadedMessages,
  number: number,
): Promise<void> {
  // Rounded to pages, so that neighbours ask for the same one.
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

/** Replaces messages where they are stored, and where they are shown. */
export async function keep(core: Core, rows: readonly MessageRow[]): Promise<void> {
  const keys = rows.map(({ message }) => messageKey(message.conversationId, message.number));
  await core.store.update('message', keys, (known, place) => {
    const row = rows[place];
    return known && row && fresher(known, row);
  });
  core.store.touch(rows);
}
