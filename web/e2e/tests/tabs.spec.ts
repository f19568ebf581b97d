import type { Page } from '@playwright/test';
import { expect, test } from '../harness/test.ts';

test.skip(({ isMobile }) => isMobile, 'about tabs, which are the same there');

/** Counts the polls of a page. */
function polls(page: Page): () => number {
  let count = 0;
  page.on('request', request => {
    if (/\/messages\/(sync|conversations)/.test(request.url())) count++;
  });
  return () => count;
}

test('several tabs share one poller, and another one takes over when it is closed', async ({
  person,
  api,
}) => {
  const first = await person('You');
  const tabs = [first, await first.inNewTab('You'), await first.inNewTab('You')];
  const counts = tabs.map(tab => polls(tab.page));
  for (const tab of tabs) await tab.open('John Smith');
  const before = counts.map(count => count());
  for (const text of ['Say one', 'Say two']) {
    await api.say('john', 'you', text);
    for (const tab of tabs) await tab.sees(text);
  }
  const asked = counts.map((count, at) => count() - (before[at] ?? 0));
  expect(asked.filter(count => count > 1)).toHaveLength(1);
  // The tab that polls is closed: another takes over.
  const leader = asked.indexOf(Math.max(...asked));
  await tabs[leader]?.page.close();
  await api.say('john', 'you', 'And a third');
  for (const tab of tabs.filter((_, at) => at !== leader)) await tab.sees('And a third');
});

test('a message that one tab sends appears in the others at once, and once', async ({ person }) => {
  const one = await (await person('You')).open('John Smith');
  const other = await one.inNewTab('You');
  await other.open('John Smith');
  await one.say('From the first tab');
  await other.sees('From the first tab');
  await expect(other.message('From the first tab')).toContainText(/Sent|Delivered/);
  await other.say('From the second');
  await one.sees('From the second');
  expect((await one.texts()).slice(-2)).toEqual(['From the first tab', 'From the second']);
});

test('a draft is the same in every tab, whichever it is written in', async ({ person }) => {
  const one = await (await person('You')).open('John Smith');
  const other = await one.inNewTab('You');
  await other.open('John Smith');
  await one.field.pressSequentially('I can come');
  await expect(other.field).toHaveValue('I can come');
  await other.field.pressSequentially(' on Monday');
  await expect(one.field).toHaveValue('I can come on Monday');
  await one.field.press('End');
  await one.field.pressSequentially(' at ten');
  await expect(other.field).toHaveValue('I can come on Monday at ten');
  await other.page.reload();
  await expect(other.field).toHaveValue('I can come on Monday at ten');
  // While a message is edited here, the draft is written there.
  await one.say('I can come on Monday at ten');
  await expect(other.field).toHaveValue('');
  await one.sees('I can come on Monday at ten');
  await expect(one.messages.last()).toContainText(/Sent|Delivered/);
  await one.field.press('ArrowUp');
  await expect(one.field).toHaveValue('I can come on Monday at ten');
  await other.field.pressSequentially('And bring');
  await other.open('Jane Doe');
  await expect(other.row('John Smith')).toContainText('Draft: And bring');
  await expect(one.field).toHaveValue('I can come on Monday at ten');
  await one.field.press('Escape');
  await expect(one.field).toHaveValue('And bring');
});

test('signing out deletes the stored data in every tab', async ({ person }) => {
  const one = await (await person('You')).open('John Smith');
  await one.sees('8 AM works?');
  const other = await one.inNewTab('You');
  await other.page.getByRole('button', { name: 'Settings' }).click();
  await other.page.getByRole('button', { name: 'Be someone else' }).click();
  await expect(other.page.getByRole('heading', { name: 'Who are you?' })).toBeVisible();
  await expect(one.messages).toHaveCount(0);
  const kept = await other.page.evaluate(async () => {
    const texts: string[] = [];
    for (const { name, version } of await indexedDB.databases()) {
      if (!name || !version) continue;
      const database = await new Promise<IDBDatabase>((resolve, reject) => {
        const request = indexedDB.open(name);
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error);
      });
      for (const store of database.objectStoreNames) {
        const rows = await new Promise<unknown[]>(resolve => {
          const request = database.transaction(store).objectStore(store).getAll();
          request.onsuccess = () => resolve(request.result);
        });
        texts.push(JSON.stringify(rows));
      }
      database.close();
    }
    return texts.join();
  });
  expect(kept).not.toContain('8 AM works?');
  expect(kept).not.toContain('conv_');
});
