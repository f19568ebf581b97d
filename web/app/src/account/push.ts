/** Push notifications of this browser: asked for by a click, renewed at each start, ended with the session. */

import type { Jobline, Output } from '@jobline/sdk';
import { onDevice } from '../platform/storage.ts';

export type Preferences = Output<'getPreferences'>;

/** Where this browser keeps that its user was asked, and for whom it subscribed. */
const ASKED = 'jobline-push-asked';

/** Set while notifications are turned on in this browser, even if the subscription has ended. */
const HERE = 'jobline-push-here';

/** `unsupported`: this browser or this page has no notifications, or the server sends none. */
export type PushState = 'unsupported' | 'blocked' | 'off' | 'on';

async function registration(): Promise<ServiceWorkerRegistration | undefined> {
  if (!('PushManager' in window) || !('Notification' in window)) return undefined;
  return navigator.serviceWorker?.getRegistration();
}

/** How notifications stand in this browser. */
export async function pushState(preferences: Preferences): Promise<PushState> {
  const worker = await registration();
  if (!worker || !preferences.pushKey) return 'unsupported';
  if (Notification.permission === 'denied') return 'blocked';
  return (await worker.pushManager.getSubscription()) ? 'on' : 'off';
}

/** Subscribes this browser; to be called by a click. Answers how notifications stand then. */
export async function startPush(client: Jobline, preferences: Preferences): Promise<PushState> {
  const worker = await registration();
  if (!worker || !preferences.pushKey) return 'unsupported';
  if ((await Notification.requestPermission()) !== 'granted') return pushState(preferences);
  const { pushKey: applicationServerKey } = preferences;
  const subscription = await worker.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey });
  await tell(client, subscription);
  onDevice.set(HERE, '1');
  return 'on';
}

/** Ends notifications of this browser, whether or not the server can be told: it learns it from the push service. */
export async function endPush(client: Jobline): Promise<void> {
  onDevice.remove(HERE);
  const subscription = await (await registration())?.pushManager.getSubscription();
  if (!subscription) return;
  const told = client.call('removePush', { endpoint: subscription.endpoint }).catch(() => undefined);
  await subscription.unsubscribe();
  await told;
}

/**
 * The browser may have another subscription by now or none any more, or the server another user: the same again changes
 * nothing. From here on notifications go once the app is seen, which shows what they tell.
 */
export async function renewPush(client: Jobline): Promise<void> {
  document.onvisibilitychange = tidy;
  await tidy();
  const subscription = await (await registration())?.pushManager.getSubscription();
  if (subscription) await tell(client, subscription);
  else if (onDevice.get(HERE)) await startPush(client, await client.call('getPreferences', {}));
}

async function tell(client: Jobline, subscription: PushSubscription): Promise<void> {
  const { endpoint, keys } = subscription.toJSON();
  const { p256dh = '', auth = '' } = keys ?? {};
  await client.call('addPush', { endpoint: endpoint ?? '', keys: { p256dh, auth } });
}

/** Takes away what the app itself shows now. */
async function tidy(): Promise<void> {
  if (document.visibilityState !== 'visible') return;
  for (const shown of (await (await registration())?.getNotifications()) ?? []) shown.close();
}

/** Whether the user of this browser was asked already. */
export const wasAsked = (): boolean => onDevice.get(ASKED) !== undefined;
export const noteAsked = (): void => onDevice.set(ASKED, '1');
