/** Preferences, blocks, mutes, reports, and notifications of the service worker. */

import type { Api } from '../harness/api.ts';
import { contrastOf } from '../harness/contrast.ts';
import { type Person, WITH_JOHN } from '../harness/person.ts';
import { expect, test } from '../harness/test.ts';

/** The parts of a service worker's global scope that are used. */
interface WorkerScope {
  readonly registration: {
    showNotification(...all: unknown[]): Promise<void>;
    getNotifications(): Promise<{ title: string; body: string; tag: string; lang: string }[]>;
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

test('preferences are stored on the server, and persist', async ({ person, api }) => {
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
  // Mail and notifications follow the language of the app, and texts of the app the choice.
  await dialog.getByLabel('Language').selectOption('es');
  await expect(you.page.getByText('Correo sobre mensajes sin leer')).toBeVisible();
  await expect.poll(() => api.preferences('you')).toMatchObject({ language: 'es', mail: false });
  // The choice can be removed, for the app and for mail.
  await you.page.getByLabel('Idioma').selectOption('');
  await expect(mail()).toBeVisible();
  await expect.poll(() => api.preferences('you')).not.toHaveProperty('language');
  await you.page.reload();
  await expect((await settings(you)).getByLabel('Language')).toHaveValue('');
});

test('a blocked person cannot write, and can be unblocked', async ({ person, api }) => {
  const you = await (await person('You')).open('John Smith');
  const dialog = await details(you);
  await dialog.getByRole('button', { name: 'Block John Smith' }).click();
  await expect(dialog.getByText('They cannot write to you', { exact: false })).toBeVisible();
  const ground = (name: string) =>
    dialog.getByRole('button', { name }).evaluate(one => getComputedStyle(one).backgroundColor);
  // As red as the button that deletes.
  expect(await ground('Block John Smith')).toBe('rgb(179, 38, 30)');
  expect(await ground('Cancel')).toBe('rgba(0, 0, 0, 0)');
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

test('a conversation is muted, and reported to the marketplace with a reason', async ({ person, api }) => {
  const you = await (await person('You')).open('John Smith');
  let dialog = await details(you);
  await dialog.getByRole('button', { name: 'Mute this conversation' }).click();
  await expect(dialog.getByRole('button', { name: 'Unmute this conversation' })).toBeVisible();
  // On a phone the list is behind the chat.
  await expect(you.page.locator(`[data-conversation="${WITH_JOHN}"] .name`)).toContainText('Muted');
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
  await dialog.getByRole('button', { name: 'Unmute this conversation' }).click();
  await expect(dialog.getByRole('button', { name: 'Mute this conversation' })).toBeVisible();
  await dialog.getByRole('button', { name: 'Close' }).click();
  await you.toList();
  await expect(you.row('John Smith')).toBeVisible();
  await expect(you.row('John Smith')).not.toContainText('Muted');
});

for (const colorScheme of ['light', 'dark'] as const) {
  test(`a muted conversation has its sign in the list: ${colorScheme}`, async ({ person, api }) => {
    await api.person('john', 'John Smith of the long and winding road to the old mill');
    await api.mute('you', WITH_JOHN, '2999-12-31T00:00:00.000Z');
    await api.mute('you', 'conv_jane_you', new Date(Date.now() + 600_000).toISOString());
    const you = await person('You', { colorScheme });
    const sign = you.row('John Smith').locator('.name .icon');
    await expect(sign).toBeInViewport({ ratio: 1 });
    await expect(you.row('John Smith')).toHaveAccessibleName(/old mill Muted/);
    expect(await contrastOf(sign)).toBeGreaterThanOrEqual(3);
    await you.page.clock.install();
    await you.page.reload();
    await expect(you.row('Jane Doe')).toContainText('Muted');
    // The mute ends by itself.
    await you.page.clock.fastForward('11:00');
    await expect(you.row('Jane Doe')).not.toContainText('Muted');
    await expect(you.row('John Smith')).toContainText('Muted');
  });
}

test('a push becomes a notification, one for each conversation', async ({ person }) => {
  const you = await person('You', { serviceWorkers: 'allow', permissions: ['notifications'] });
  const context = you.page.context();
  const worker = context.serviceWorkers()[0] ?? (await context.waitForEvent('serviceworker'));
  await you.page.evaluate(() => navigator.serviceWorker.ready);
  /** What a push service would deliver, and the notifications that are shown afterwards. */
  const push = (text: string, conversationId = 'conv_john_you') => {
    const said = { text, more: 'Mensajes sin leer: 2', lang: 'es', dir: 'ltr' };
    const told = { user: 'you', conversationId, sender: 'John Smith', ...said };
    return worker.evaluate(async data => {
      const scope = self as unknown as WorkerScope;
      const event = new scope.PushEvent('push', { data });
      const done: Promise<unknown>[] = [];
      let count = 0;
      const { showNotification } = scope.registration;
      scope.registration.showNotification = (...all: unknown[]) => {
        count += 1;
        return showNotification.apply(scope.registration, all);
      };
      // For an event that a script creates, the browser does not wait for `waitUntil`.
      event.waitUntil = what => void done.push(what);
      scope.dispatchEvent(event);
      await Promise.all(done);
      scope.registration.showNotification = showNotification;
      const all = await scope.registration.getNotifications();
      return {
        count,
        left: all.map(({ title, body, tag, lang }) => [tag, title, body, lang].join('|')).sort(),
      };
    }, JSON.stringify(told));
  };
  expect(await push('seen in the app'), 'Safari takes it ill where none is shown').toEqual({
    count: 1,
    left: [],
  });
  // The window is not visible any more.
  await you.page.goto('about:blank');
  await push('When can you come?');
  await push('Are you there?');
  const { left } = await push('Hello', 'conv_jane_you');
  expect(left).toEqual([
    'conv_jane_you|John Smith|Hello\nMensajes sin leer: 2|es',
    'conv_john_you|John Smith|Are you there?\nMensajes sin leer: 2|es',
  ]);
  // The app shows all of it.
  await you.page.goto('/');
  await expect
    .poll(() =>
      worker.evaluate(
        async () => (await (self as unknown as WorkerScope).registration.getNotifications()).length,
      ),
    )
    .toBe(0);
});

test('after the first sent message notifications are offered once, and a click subscribes', async ({
  person,
  api,
}) => {
  const you = await person('You', { serviceWorkers: 'allow', permissions: ['notifications'] });
  await subscribable(you);
  await you.page.reload();
  await you.page.evaluate(() => navigator.serviceWorker.ready);
  await you.open('John Smith');
  const offer = you.page.getByText('Be told of new messages when this app is closed?');
  await expect(you.field).toBeVisible();
  await expect(offer).toHaveCount(0);
  await you.say('When do we begin?');
  await expect(offer).toBeVisible();
  // It is hidden by what is above the field, and comes back.
  const wrong = { name: 'setup.exe', mimeType: 'application/x-msdownload', buffer: Buffer.from('MZ') };
  await you.attach(wrong);
  await expect(you.page.getByText('setup.exe cannot be sent.', { exact: false })).toBeVisible();
  await expect(offer).toBeHidden();
  await you.page.getByRole('button', { name: 'Dismiss' }).click();
  await expect(offer).toBeVisible();
  await you.message('When do we begin?').locator('.bubble').click({ button: 'right' });
  await you.page.getByRole('button', { name: 'Edit', exact: true }).click();
  await expect(you.page.getByText('Editing a message', { exact: true })).toBeVisible();
  await expect(offer).toBeHidden();
  await you.field.press('Escape');
  await expect(offer).toBeVisible();
  const told = you.page.waitForResponse(answer => answer.url().endsWith('/messages/push'));
  await you.page.getByRole('button', { name: 'Turn on notifications' }).click();
  expect((await told).status()).toBe(200);
  await expect(offer).toHaveCount(0);
  await expect(you.field).toBeFocused();
  const dialog = await settings(you);
  await expect(dialog.getByRole('switch', { name: 'Notifications on this device' })).toBeChecked();
  await dialog.getByRole('button', { name: 'Close' }).click();
  await you.open('John Smith');
  await you.say('Tomorrow?');
  await settled(api, 'Tomorrow?');
  await expect(offer).toHaveCount(0);
  // The browser has lost the subscription, as this test simulates: there is another one.
  const renewed = you.page.waitForResponse(answer => answer.url().endsWith('/messages/push'));
  await you.page.reload();
  expect((await renewed).status()).toBe(200);
});

test('a push subscription that the browser ended is renewed by the service worker without a page, until the user signs out', async ({
  person,
}) => {
  const you = await person('You', { serviceWorkers: 'allow', permissions: ['notifications'] });
  const context = you.page.context();
  const worker = context.serviceWorkers()[0] ?? (await context.waitForEvent('serviceworker'));
  await you.page.evaluate(() => navigator.serviceWorker.ready);
  await subscribable(you);
  await you.page.reload();
  const dialog = await settings(you);
  await dialog.getByRole('switch', { name: 'Notifications on this device' }).check();
  await expect(dialog.getByRole('switch', { name: 'Notifications on this device' })).toBeChecked();
  const isKept = () => you.page.evaluate(async () => (await caches.match('/push/renew')) !== undefined);
  await expect.poll(isKept).toBe(true);
  /**
   * Fires the event of a browser that ends a subscription; returns the server's response to the other one.
   */
  const change = (endpoint: string) =>
    worker.evaluate(async endpoint => {
      const scope = self as unknown as WorkerScope & typeof globalThis;
      const base64 = (bytes: number[]) => btoa(String.fromCharCode(...bytes)).replace(/=+$/, '');
      const keys = { p256dh: base64([4, ...Array(64).fill(2)]), auth: base64(Array(16).fill(2)) };
      let options: { applicationServerKey?: string; userVisibleOnly?: boolean } = {};
      PushManager.prototype.subscribe = async asked => {
        options = asked as typeof options;
        return { toJSON: () => ({ endpoint, expirationTime: null, keys }) } as unknown as PushSubscription;
      };
      const answers: number[] = [];
      const { fetch } = scope;
      scope.fetch = async (...asked) => {
        const answer = await fetch(...asked);
        answers.push(answer.status);
        return answer;
      };
      const done: Promise<unknown>[] = [];
      const event = Object.assign(new Event('pushsubscriptionchange'), {
        waitUntil: (what: Promise<unknown>) => void done.push(what),
      });
      scope.dispatchEvent(event);
      await Promise.all(done);
      scope.fetch = fetch;
      return { answers, visible: options.userVisibleOnly, key: options.applicationServerKey?.length };
    }, endpoint);
  const renewed = { answers: [200], visible: true, key: 87 };
  expect(await change('https://fcm.googleapis.com/fcm/send/second')).toEqual(renewed);
  expect(
    await change('https://fcm.googleapis.com/fcm/send/third'),
    'what the server answered is kept',
  ).toEqual(renewed);
  const gone = you.page.waitForRequest(request => request.url().endsWith('/messages/removePush'));
  await dialog.getByRole('button', { name: 'Be someone else' }).click();
  await gone;
  await expect(you.page.getByRole('button', { name: 'You', exact: true })).toBeVisible();
  expect((await change('https://fcm.googleapis.com/fcm/send/fourth')).answers, 'nobody is signed in').toEqual(
    [],
  );
});

test('a user who declines notifications is not asked again', async ({ person, api }) => {
  const you = await person('You', { serviceWorkers: 'allow', permissions: ['notifications'] });
  await subscribable(you);
  await you.page.reload();
  await you.page.evaluate(() => navigator.serviceWorker.ready);
  await you.open('John Smith');
  await you.say('When do we begin?');
  const offer = you.page.getByText('Be told of new messages when this app is closed?');
  await expect(offer).toBeVisible();
  await you.page.getByRole('button', { name: 'Not now' }).click();
  await expect(offer).toHaveCount(0);
  await you.page.reload();
  await you.say('Tomorrow?');
  await settled(api, 'Tomorrow?');
  await expect(offer).toHaveCount(0);
});

test('messages of others can be reported to the marketplace, the user’s own cannot', async ({
  person,
  api,
}) => {
  const you = await (await person('You')).open('John Smith');
  await api.say('john', 'you', 'Pay me first');
  await you.sees('Pay me first');
  const report = you.page.getByRole('button', { name: 'Report this message' });
  await you.say('No');
  await you.message('No').locator('.bubble').dispatchEvent('contextmenu');
  await expect(you.page.getByRole('button', { name: 'Copy' })).toBeVisible();
  await expect(report).toHaveCount(0);
  await you.page.keyboard.press('Escape');
  await you.message('Pay me first').locator('.bubble').dispatchEvent('contextmenu');
  await report.click();
  const dialog = you.page.getByRole('dialog', { name: 'What to do with this message' });
  await dialog.getByRole('radio', { name: 'Fraud or a false offer' }).check();
  await dialog.getByRole('button', { name: 'Send the report' }).click();
  await expect(dialog.getByText('The marketplace has your report.', { exact: false })).toBeVisible();
  const said = (await api.messages('you', 'conv_john_you')).find(({ content }) => content === 'Pay me first');
  expect((await api.reports())[0]).toMatchObject({ messageId: said?.id, reason: 'fraud', reporterId: 'you' });
});

/** Waits until the server has the message from You to John. */
async function settled(api: Api, text: string): Promise<void> {
  await expect.poll(async () => (await api.messages('john', 'conv_john_you')).at(-1)?.content).toBe(text);
}

/** A push service that accepts every browser: the real ones cannot be reached from here. */
async function subscribable(of: Person): Promise<void> {
  await of.page.context().addInitScript(() => {
    const base64 = (bytes: number[]) => btoa(String.fromCharCode(...bytes)).replace(/=+$/, '');
    const keys = { p256dh: base64([4, ...Array(64).fill(1)]), auth: base64(Array(16).fill(1)) };
    const endpoint = 'https://fcm.googleapis.com/fcm/send/test';
    const options = { applicationServerKey: new Uint8Array(65).fill(1).buffer };
    const made = {
      endpoint,
      options,
      unsubscribe: async () => true,
      toJSON: () => ({ endpoint, keys }),
    } as unknown as PushSubscription;
    let kept: PushSubscription | null = null;
    PushManager.prototype.getSubscription = async () => kept;
    PushManager.prototype.subscribe = async () => {
      kept = made;
      return made;
    };
  });
}
