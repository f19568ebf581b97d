import type { Api } from '../harness/api.ts';
import { expect, test } from '../harness/test.ts';

test.use({ flags: ['--send-rate', '0'] });

const PEOPLE = 60;

async function furnish(api: Api): Promise<void> {
  for (let number = 1; number <= PEOPLE; number++) {
    await api.person(`p${number}`, `Person ${number}`);
    await api.job(1_000 + number, `Task ${number}`, ['you', `p${number}`], 'open');
    await api.say(`p${number}`, 'you', `Hello ${number}`);
  }
}

test('only visible rows are in the page, and a chat that a link opened is scrolled into view in the list', async ({
  browserOfOne,
  api,
}, info) => {
  test.skip(info.project.name !== 'desktop', 'where list and chat stand side by side');
  await furnish(api);
  const page = await (await browserOfOne()).newPage();
  await page.goto(`/#token=${api.token('you')}&open=/c/conv_p1_you`);
  const rows = page.locator('[data-conversation]');
  const open = page.locator('[data-conversation="conv_p1_you"]');
  await expect(open).toBeInViewport({ ratio: 1 });
  await expect(open).toContainText('Task 1');
  const inList = page.locator('[aria-setsize]').first();
  await expect(inList).toHaveAttribute('aria-setsize', String(PEOPLE + 4));
  expect(await rows.count()).toBeLessThan(PEOPLE);
  await page.getByRole('searchbox').fill('person 42');
  await expect(rows).toHaveCount(1);
  await expect(rows).toContainText('Person 42');
  await page.getByRole('searchbox').fill('');
  await page.locator('.conversations').evaluate(list => list.scrollTo({ top: 0 }));
  await expect(rows.filter({ hasText: `Person ${PEOPLE}` })).toBeInViewport();
});
