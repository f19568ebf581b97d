/** What somebody prefers, whom they block, what they mute and report; and notifications of the service worker. */

import type { Person } from '../harness/person.ts';
import { expect, test } from '../harness/test.ts';

/** What of a service worker's surroundings is used. */
interface WorkerScope {
  readonly registration: {
    getNotifications(): Promise<{ title: string; body: string; tag: string }[]>;
  };
  readonly PushEvent: new (
    type: 'push',
    init: { data: string },
  ) => Event & { waitUntil: (what: Promise<unknown>) => void };
  dispatchEvent(event: Event): boolean;
}

test.use({ flags: ['--vapid-subject', 'mailto:ops@example.com'] });

async function settings(of: Person) {
  await of.toList();
  await of.page.getByRole('button', { name: 'Settings' }).click();
  return of.page.getByRole('dialog', { name: 'Settings' });
}

async function details(of: Person) {
  await of.page.getByRole('button', { name: 'About this conversation' }).click();
  return of.page.getByRole('dialog', { name: 'About this conversation' });
}

test('preferences are those of the server, and stay', async ({ person, api }) => {
  const you = await person('You');
  let dialog = await settings(you);
  const mail = () => dialog.getByRole('switch', { name: 'E-mail about unread messages' });
  const presence = () => dialog.getByRole('switch', { name: 'Show when I am online' });
  await expect(mail()).toBeChecked();
  await mail().click();
  await presence().click();
  await expect(mail()).not.toBeChecked();
  await expect(presence()).not.toBeChecked();
  await expect
    .poll(() => api.preferences('you'))
    .toMatchObject({ mail: false, showPresence: false, push: true });
  await dialog.getByRole('button', { name: 'Close' }).click();
  await you.page.reload();
  dialog = await settings(you);
  await expect(mail()).not.toBeChecked();
});

test('somebody is blocked, cannot write, and is unblocked again', async ({ person, api }) => {
  const you = await (await person('You')).open('John Smith');
  const dialog = await details(you);
  await dialog.getByRole('button', { name: 'Block John Smith' }).click();
  await expect(dialog.getByText('They cannot write to you', { exact: false })).toBeVisible();
  await dialog.getByRole('button', { name: 'Block John Smith' }).click();
  await expect(dialog.getByRole('button', { name: 'Unblock John Smith' })).toBeVisible();
  await expect(api.say('john', 'you', 'Hello?')).rejects.toThrow(/recipient_unavailable/);
  await dialog.getByRole('button', { name: 'Close' }).click();
  const preferences = await settings(you);
  const blocked = preferences.getByRole('region', { name: 'Blocked people' });
  await blocked.getByRole('button', { name: 'Unblock John Smith' }).click();
  await expect(blocked).toHaveCount(0);
  await api.say('john', 'you', 'Hello again');
});

test('a conversation is muted and shown to the marketplace with a reason', async ({ person, api }) => {
  const you = await (await person('You')).open('John Smith');
  let dialog = await details(you);
  await dialog.getByRole('button', { name: 'Mute this conversation' }).click();
  await expect(dialog.getByRole('button', { name: 'Unmute this conversation' })).toBeVisible();
  await dialog.getByRole('button', { name: 'Report this conversation' }).click();
  const send = dialog.getByRole('button', { name: 'Send the report' });
  await expect(send).toBeDisabled();
  await dialog.getByRole('radio', { name: 'Fraud or a false offer' }).check();
  await dialog.getByLabel('More about it, if you like').fill('He wants money first');
  await send.click();
  await expect(dialog.getByText('The marketplace has your report.', { exact: false })).toBeVisible();
  const [report] = await api.reports();
  expect(report).toMatchObject({ reporterId: 'you', reason: 'fraud', comment: 'He wants money first' });
  await dialog.getByRole('button', { name: 'Close' }).click();
  dialog = await details(you);
  await expect(dialog.getByRole('button', { name: 'Unmute this conversation' })).toBeVisible();
});

test('a message that is pushed becomes a notification, one for each conversation', async ({ person }) => {
  const you = await person('You', { serviceWorkers: 'allow', permissions: ['notifications'] });
  const context = you.page.context();
  const worker = context.serviceWorkers()[0] ?? (await context.waitForEvent('serviceworker'));
  await you.page.evaluate(() => navigator.serviceWorker.ready);
  /** What a push service would deliver, and the notifications that stand after it. */
  const push = (text: string, conversationId = 'conv_john_you') => {
    const told = { user: 'you', conversationId, sender: 'John Smith', job: 'Paint the living room', text };
    return worker.evaluate(async data => {
      const scope = self as unknown as WorkerScope;
      const event = new scope.PushEvent('push', { data });
      const done: Promise<unknown>[] = [];
      // Of an event that a script makes, nothing waits for what it begins.
      event.waitUntil = what => void done.push(what);
      scope.dispatchEvent(event);
      await Promise.all(done);
      const all = await scope.registration.getNotifications();
      return all.map(({ title, body, tag }) => `${tag} ${title}: ${body}`).sort();
    }, JSON.stringify(told));
  };
  expect(await push('seen in the app')).toEqual([]);
  // Nobody looks at it any more.
  await you.page.goto('about:blank');
  await push('When can you come?');
  await push('Are you there?');
  expect(await push('Hello', 'conv_jane_you')).toEqual([
    'conv_jane_you John Smith: Hello',
    'conv_john_you John Smith: Are you there?',
  ]);
});
